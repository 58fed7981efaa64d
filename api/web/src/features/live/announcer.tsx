/**
 * What a screen reader says of its own accord: nudges, troubles of a track, lost stretches, and a connection that breaks or comes back. The
 * transcript is not read out over a meeting that one is listening to; it can be turned on.
 */
import { useEffect, useRef, useState } from "react";
import { speakerName } from "../../format/measure";
import { clock } from "../../format/time";
import { connectionWords } from "./connection-mark";
import type { ConnectionState } from "./connection";
import type { LiveState } from "./live-state";
import { troubleWords } from "./trouble";

export function Announcer({ state, connection, over }: { state: LiveState; connection: ConnectionState; over: boolean }) {
  const [reading, setReading] = useState(false);
  return (
    <>
      <button
        type="button"
        aria-pressed={reading}
        onClick={() => setReading(!reading)}
        className="sr-only focus:not-sr-only focus:fixed focus:bottom-4 focus:left-4 focus:z-40 focus:rounded-md focus:bg-surface focus:px-4 focus:py-2 focus:shadow-float"
      >
        Read new lines aloud
      </button>
      <div role="status" className="sr-only">
        {over ? `The meeting has ended. ${reportWords(connection)}` : <Urgent state={state} connection={connection} />}
      </div>
      <div aria-live="polite" className="sr-only">
        {reading && <LastLine state={state} />}
      </div>
    </>
  );
}

/** The server closes the socket once it has told of the report; an ended meeting alone may still wait for its own. */
function reportWords(connection: ConnectionState): string {
  return connection.kind === "closed" ? "Its report is ready." : "Its report follows within a minute.";
}

function Urgent({ state, connection }: { state: LiveState; connection: ConnectionState }) {
  const nudge = state.nudges.at(-1);
  const gap = state.gaps.at(-1);
  const broken = useRef(false);
  useEffect(() => {
    if (connection.kind === "waiting" || connection.kind === "refused") broken.current = true;
  }, [connection.kind]);
  return (
    <>
      {(connection.kind === "waiting" || connection.kind === "refused" || (broken.current && connection.kind === "open")) && (
        <p>{connectionWords(connection)}</p>
      )}
      {nudge !== undefined && nudge.expires_at_ms >= state.nowMs && <p>{`${nudge.headline}. ${nudge.evidence}`}</p>}
      {state.troubles.map((trouble) => {
        const { title, advice } = troubleWords(trouble);
        return <p key={`${trouble.track}-${trouble.kind}`}>{`${title}. ${advice}`}</p>;
      })}
      {gap !== undefined && <p>{`Not captured from ${clock(gap.t0_ms)} to ${clock(gap.t1_ms)}`}</p>}
    </>
  );
}

function LastLine({ state }: { state: LiveState }) {
  const last = state.finals.at(-1);
  if (last === undefined) return null;
  return <p>{`${speakerName(last.speaker)}: ${last.words.map((word) => word.text).join(" ")}`}</p>;
}

/** One meeting while it happens: what is said, how it is going, and the one thing to do now. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { meetingQuery } from "../../api/meetings";
import type { Meeting, MeetingState } from "../../api/model";
import { clock } from "../../format/time";
import { buttonClass } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { StateMark } from "../../ui/live-mark";
import { Failed, Notice } from "../../ui/notice";
import { useTitle } from "../../ui/title";
import { unheardWords } from "./account";
import { Announcer } from "./announcer";
import { busyWords } from "./busy";
import { ConnectionMark } from "./connection-mark";
import type { ConnectionState } from "./connection";
import { savedToMs, type LiveState } from "./live-state";
import { LiveMeasuresPanel } from "./measures-panel";
import { NudgePanel } from "./nudge-panel";
import { LiveTranscript } from "./transcript";
import { troubleWords } from "./trouble";
import { useLive } from "./use-live";

/** The socket tells what happens; this tells what does not, such as a capture that fell silent. */
const REFRESH_MS = 5_000;

export function LivePage({ id }: { id: string }) {
  const { state, connection } = useLive(id);
  // A report, a first sound, a long silence: each may have changed where the meeting stands.
  const meeting = useQuery({ ...meetingQuery(id), refetchInterval: ({ state: { data } }) => (data?.state === "ended" ? false : REFRESH_MS) });
  useTitle(meeting.data === undefined ? "Live" : `${meeting.data.title}, live`);

  // A loaded page outlives a question in the background that fails.
  if (meeting.isLoadingError) {
    return (
      <div className="mx-auto w-full max-w-xl px-5 py-14">
        <Failed what="This meeting could not be opened" error={meeting.error} onRetry={() => void meeting.refetch()} />
      </div>
    );
  }
  const over = meeting.data?.state === "ended" || connection.kind === "closed";
  return (
    <div className="mx-auto flex h-[calc(100dvh-3.5rem-1px)] w-full max-w-[75rem] flex-col px-5 sm:px-8">
      <Heading meeting={meeting.data} state={state} connection={connection} over={over} />
      <Notices meeting={meeting.data} state={state} connection={connection} over={over} />
      <div className="flex flex-1 flex-col gap-6 pb-5 lg:grid lg:min-h-0 lg:grid-cols-[minmax(0,1fr)_21rem] lg:gap-12 lg:pb-8">
        <aside aria-label="How it is going" className="lg:order-2 lg:overflow-y-auto lg:pb-2">
          <NudgePanel nudges={state.nudges} nowMs={state.nowMs} />
          <LiveMeasuresPanel measures={state.measures} />
        </aside>
        <LiveTranscript state={state} empty={emptyWords(over ? "ended" : meeting.data?.state)} />
      </div>
      <Announcer state={state} connection={connection} over={over} />
    </div>
  );
}

/** What stands where the first words will. */
function emptyWords(state: MeetingState | undefined): string {
  switch (state) {
    case "ended":
      return "No words were heard in this meeting.";
    case "scheduled":
      return "The first words appear here once a device sends sound.";
    default:
      return "Listening. The first words appear here.";
  }
}

interface PartProps {
  meeting: Meeting | undefined;
  state: LiveState;
  connection: ConnectionState;
  over: boolean;
}

function Heading({ meeting, state, connection, over }: PartProps) {
  const saved = savedToMs(state) ?? meeting?.committed_ms ?? 0;
  const meetingState = over ? "ended" : (meeting?.state ?? "live");
  const unheard = unheardWords(state);
  return (
    <div className="flex flex-wrap items-end justify-between gap-x-8 gap-y-2 pt-5 pb-4 lg:pt-8 lg:pb-6">
      <div className="min-w-0">
        <h1 className="said text-xl font-medium break-words lg:text-2xl">{meeting?.title ?? "…"}</h1>
        <p className="tabular mt-1 flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-ink-2">
          <StateMark state={meetingState} />
          {meetingState !== "scheduled" && (
            <>
              <span>{clock(Math.max(state.nowMs, saved))} in</span>
              <span className="inline-flex items-center gap-1.5">
                <span className="text-me">
                  <Icon name="check" size={15} />
                </span>
                Saved to {clock(saved)}
              </span>
              {unheard !== null && <span>{unheard}</span>}
            </>
          )}
        </p>
      </div>
      {over ? (
        <Link to="/meetings/$id/report" params={{ id: meeting?.id ?? "" }} className={buttonClass("primary")}>
          See the report
        </Link>
      ) : (
        <ConnectionMark connection={connection} />
      )}
    </div>
  );
}

function Notices({ meeting, state, connection, over }: PartProps) {
  const lastGap = state.gaps.at(-1);
  const busy = state.status === null ? undefined : busyWords(state.status);
  return (
    <div className="space-y-3 not-empty:pb-5">
      {connection.kind === "refused" && (
        <Notice tone="danger" title="The live view was refused">
          <p className="text-ink-2">{connection.failure.message}</p>
        </Notice>
      )}
      {!over && meeting?.state === "suspended" && (
        <Notice tone="signal" title="Capture is interrupted">
          <p className="text-ink-2">Nothing has come in for a while. When the device that records is back, it goes on where it stopped.</p>
        </Notice>
      )}
      {!over && state.ending && meeting?.state !== "suspended" && (
        <Notice title="The meeting has ended">
          <p>The last words are being decided. The report follows within a minute.</p>
        </Notice>
      )}
      {!over && busy !== undefined && (
        <Notice tone="signal" title={busy.title}>
          <p className="tabular text-ink-2">{busy.advice}</p>
        </Notice>
      )}
      {!over &&
        state.troubles.map((trouble) => {
          const { title, advice } = troubleWords(trouble);
          return (
            <Notice key={`${trouble.track}-${trouble.kind}`} tone="signal" title={title}>
              <p className="tabular text-ink-2">{advice}</p>
            </Notice>
          );
        })}
      {lastGap !== undefined && (
        <Notice tone="signal" title={`${state.gaps.length === 1 ? "A stretch was" : `${state.gaps.length} stretches were`} not captured`}>
          <p className="tabular text-ink-2">
            Last from {clock(lastGap.t0_ms)} to {clock(lastGap.t1_ms)}, on {lastGap.track === "mic" ? "your microphone" : "the others’ side"}.
          </p>
        </Notice>
      )}
    </div>
  );
}

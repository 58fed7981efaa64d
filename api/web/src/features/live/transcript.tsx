/** What is said, as it comes. Follows the newest line until the reader scrolls up, and says how to come back. */
import { memo, useEffect, useMemo, useRef, useState } from "react";
import { clock } from "../../format/time";
import { passages, type Passage, type Said } from "../../transcript/passages";
import { SpeakerLabel } from "../../transcript/speaker-label";
import { Icon } from "../../ui/icon";
import type { LiveEvents } from "./live-event";
import type { LiveState } from "./live-state";
import { quietWords, withQuiet } from "./quiet";

/** This close to the end counts as being there: a line's height and a bit. */
const AT_END_PX = 48;

/** A piece that is still being heard: how many of its characters will not change any more. */
interface Piece extends Said {
  stableLen?: number;
}

export function LiveTranscript({ state, empty }: { state: LiveState; empty: string }) {
  const { finals, partials, participants, suppressed } = state;
  const shown = useMemo(
    () => withQuiet(passages([...finals.map((final) => decided(final, participants)), ...[...partials.values()].map(open)]), suppressed),
    [finals, partials, participants, suppressed],
  );

  const region = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(true);
  useEffect(() => {
    if (following) region.current?.scrollTo({ top: region.current.scrollHeight });
  }, [following, shown]);

  const onScroll = (): void => {
    const { current } = region;
    if (current !== null) setFollowing(current.scrollHeight - current.scrollTop - current.clientHeight < AT_END_PX);
  };

  return (
    // As high as the page leaves it, so that the newest line is on the screen; on a very low one, still a few lines.
    <section aria-label="Transcript" className="relative flex min-h-56 grow basis-0 flex-col border-t border-line lg:min-h-0">
      <div
        ref={region}
        onScroll={onScroll}
        role="log"
        aria-label="What is said"
        aria-live="off"
        tabIndex={0}
        className="fade-top min-h-0 flex-1 overflow-y-auto overscroll-contain pt-2 pr-2"
      >
        {shown.length === 0 && <p className="py-6 text-ink-3">{empty}</p>}
        <ol>
          {shown.map((line) =>
            line.kind === "said" ? <Lines key={line.passage.id} passage={line.passage} /> : <Quiet key={`quiet-${line.at.track}-${line.at.t0_ms}`} at={line.at} />,
          )}
        </ol>
      </div>
      {!following && (
        <button
          type="button"
          onClick={() => setFollowing(true)}
          className="absolute bottom-4 left-1/2 inline-flex h-10 -translate-x-1/2 items-center gap-2 rounded-full bg-ink px-4 text-sm font-medium text-paper shadow-float hover:bg-ink-2"
        >
          <Icon name="down" size={18} />
          Jump to now
        </button>
      )}
    </section>
  );
}

/** Sound that was no speech: a line, so that it is no hole. */
function Quiet({ at }: { at: LiveEvents["suppressed"] }) {
  return (
    <li className="grid gap-x-3 pt-2 sm:grid-cols-[3rem_minmax(0,1fr)]">
      <span className="tabular text-xs text-ink-3 max-sm:hidden">{clock(at.t0_ms)}</span>
      <p className="border-l-2 border-transparent pl-4 text-xs text-ink-3">{quietWords(at)}</p>
    </li>
  );
}

function decided({ segment, speaker, t0_ms, t1_ms, words }: LiveEvents["final"], participants: LiveState["participants"]): Piece {
  return { id: segment, speaker, participant: participants.get(segment) ?? null, t0_ms, t1_ms, text: words.map((word) => word.text).join(" ") };
}

function open({ segment, speaker, t0_ms, t1_ms, text, stable_len }: LiveEvents["partial"]): Piece {
  return { id: segment, speaker, t0_ms, t1_ms, text, stableLen: stable_len };
}

/** Drawn again only when its words changed. */
const Lines = memo(
  function Lines({ passage }: { passage: Passage<Piece> }) {
    return (
      <li className={`grid gap-x-3 sm:grid-cols-[3rem_minmax(0,1fr)] ${passage.named ? "pt-4" : "pt-2"}`}>
        <span className={`tabular text-xs text-ink-3 max-sm:hidden ${passage.named ? "pt-0.5" : "pt-1.5"}`}>{clock(passage.t0_ms)}</span>
        <div className={`border-l-2 pl-4 ${passage.speaker === "me" ? "border-me" : "border-line"}`}>
          {passage.named && <SpeakerLabel speaker={passage.speaker} name={passage.name} atMs={passage.t0_ms} />}
          <p className="said text-base sm:text-lg">
            {passage.pieces.map((piece) => (
              <Words key={piece.id} piece={piece} />
            ))}
          </p>
        </div>
      </li>
    );
  },
  (before, after) => before.passage.named === after.passage.named && words(before.passage) === words(after.passage),
);

function words({ pieces }: Passage<Piece>): string {
  return pieces.map(({ text, stableLen }) => `${text}${stableLen ?? "."}`).join(" ");
}

function Words({ piece: { text, stableLen } }: { piece: Piece }) {
  if (stableLen === undefined) return <>{text} </>;
  return (
    <span className="text-ink-3">
      <span className="text-ink-2">{text.slice(0, stableLen)}</span>
      {text.slice(stableLen)}…
    </span>
  );
}

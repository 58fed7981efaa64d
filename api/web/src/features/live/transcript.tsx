/** What is said, as it comes. Follows the newest line until the reader scrolls up, and says how to come back. */
import { memo, useEffect, useMemo, useRef, useState } from "react";
import { clock } from "../../format/time";
import { passages, type Passage } from "../../transcript/passages";
import { SpeakerLabel } from "../../transcript/speaker-label";
import { Icon } from "../../ui/icon";
import type { LiveState } from "./live-state";

/** This close to the end counts as being there: a line's height and a bit. */
const AT_END_PX = 48;

export function LiveTranscript({ state, over }: { state: LiveState; over: boolean }) {
  const said = useMemo(
    () =>
      state.finals.map(({ segment, speaker, t0_ms, t1_ms, words }) => ({
        id: segment,
        speaker,
        t0_ms,
        t1_ms,
        text: words.map((word) => word.text).join(" "),
      })),
    [state.finals],
  );
  const shown = useMemo(() => passages(said), [said]);
  const partials = [...state.partials.values()].filter((partial) => partial.text !== "");

  const region = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(true);
  useEffect(() => {
    if (following) region.current?.scrollTo({ top: region.current.scrollHeight });
  }, [following, shown, state.partials]);

  const onScroll = (): void => {
    const { current } = region;
    if (current !== null) setFollowing(current.scrollHeight - current.scrollTop - current.clientHeight < AT_END_PX);
  };

  return (
    <section aria-label="Transcript" className="relative flex min-h-[22rem] flex-1 flex-col border-t border-line lg:min-h-0">
      <div
        ref={region}
        onScroll={onScroll}
        role="log"
        aria-label="What is said"
        aria-live="off"
        tabIndex={0}
        className="min-h-0 flex-1 overflow-y-auto overscroll-contain pr-2 max-lg:max-h-[calc(100dvh-11rem)]"
      >
        {shown.length === 0 && partials.length === 0 && (
          <p className="py-6 text-ink-3">{over ? "No words were heard in this meeting." : "Listening. The first words appear here."}</p>
        )}
        <ol>
          {shown.map((passage) => (
            <Line key={passage.id} passage={passage} pieces={passage.pieces.length} />
          ))}
          {partials.map((partial) => (
            <li key={partial.segment} className="grid grid-cols-[3.25rem_1fr] gap-x-3 py-3">
              <span className="tabular pt-0.5 text-right text-xs text-ink-3">{clock(partial.t0_ms)}</span>
              <div>
                <SpeakerLabel speaker={partial.speaker} />
                <p className="said text-lg text-ink-3">
                  <span className="text-ink-2">{partial.text.slice(0, partial.stable_len)}</span>
                  {partial.text.slice(partial.stable_len)}…
                </p>
              </div>
            </li>
          ))}
        </ol>
      </div>
      {!following && (
        <button
          type="button"
          onClick={() => setFollowing(true)}
          className="absolute bottom-4 left-1/2 inline-flex h-10 -translate-x-1/2 animate-arrive items-center gap-2 rounded-full bg-ink px-4 text-sm font-medium text-paper shadow-float hover:bg-ink-2"
        >
          <Icon name="down" size={18} />
          Jump to now
        </button>
      )}
    </section>
  );
}

/** Drawn again only when it grew: `pieces` says so, because a passage grows in place. */
const Line = memo(
  function Line({ passage }: { passage: Passage; pieces: number }) {
    return (
      <li className={`grid grid-cols-[3.25rem_1fr] gap-x-3 ${passage.named ? "pt-4" : "pt-2"}`}>
        <time className={`tabular text-right text-xs text-ink-3 ${passage.named ? "pt-0.5" : "pt-1.5"}`}>{clock(passage.t0_ms)}</time>
        <div className={passage.speaker === "me" ? "border-l-2 border-me pl-4" : "border-l-2 border-line pl-4"}>
          {passage.named && <SpeakerLabel speaker={passage.speaker} />}
          <p className="said text-lg">{passage.pieces.map((piece) => piece.text).join(" ")}</p>
        </div>
      </li>
    );
  },
  (before, after) => before.passage.id === after.passage.id && before.pieces === after.pieces && before.passage.named === after.passage.named,
);

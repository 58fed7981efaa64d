/** Who speaks: a filled mark for you, an open one for everyone else, by name where it is known. On a narrow page, with no column for it, also when. */
import type { Speaker } from "../api/model";
import { speakerName } from "../format/measure";
import { clock } from "../format/time";

export function SpeakerLabel({ speaker, name, atMs }: { speaker: Speaker; name: string | null; atMs: number }) {
  return (
    <p className="flex items-baseline justify-between text-sm">
      <span className={`inline-flex items-center gap-2 font-semibold ${speaker === "me" ? "text-me" : "text-them-ink"}`}>
        <svg viewBox="0 0 10 10" width="9" height="9" aria-hidden="true">
          {speaker === "me" ? (
            <circle cx="5" cy="5" r="4.5" fill="currentColor" />
          ) : (
            <circle cx="5" cy="5" r="3.75" fill="none" stroke="currentColor" strokeWidth="1.5" />
          )}
        </svg>
        {name ?? speakerName(speaker)}
      </span>
      <span className="tabular text-xs text-ink-3 sm:hidden">{clock(atMs)}</span>
    </p>
  );
}

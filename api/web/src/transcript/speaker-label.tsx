/** Who speaks: a filled mark for you, an open one for everyone else. */
import type { Speaker } from "../api/model";
import { speakerName } from "../format/measure";

export function SpeakerLabel({ speaker }: { speaker: Speaker }) {
  return (
    <span className={`inline-flex items-center gap-2 text-sm font-semibold ${speaker === "me" ? "text-me" : "text-them-ink"}`}>
      <svg viewBox="0 0 10 10" width="9" height="9" aria-hidden="true">
        {speaker === "me" ? (
          <circle cx="5" cy="5" r="4.5" fill="currentColor" />
        ) : (
          <circle cx="5" cy="5" r="3.75" fill="none" stroke="currentColor" strokeWidth="1.5" />
        )}
      </svg>
      {speakerName(speaker)}
    </span>
  );
}

/** Marks of a meeting's state: each with its own shape and its word. */
import type { MeetingState } from "../api/model";

const words: Record<MeetingState, string> = { scheduled: "Not started", live: "Live", suspended: "Interrupted", ended: "Ended" };

export function StateMark({ state }: { state: MeetingState }) {
  return (
    <span className={`inline-flex items-center gap-1.5 font-semibold ${state === "live" ? "text-me" : state === "suspended" ? "text-signal" : "text-ink-3"}`}>
      <svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true" className={state === "live" ? "animate-pulse-dot" : ""}>
        {state === "live" && <circle cx="5" cy="5" r="4" fill="currentColor" />}
        {state === "suspended" && <path d="M2.5 1.5v7M7.5 1.5v7" stroke="currentColor" strokeWidth="2" />}
        {state === "scheduled" && <circle cx="5" cy="5" r="3.5" fill="none" stroke="currentColor" strokeWidth="1.5" />}
        {state === "ended" && <rect x="2" y="2" width="6" height="6" fill="currentColor" />}
      </svg>
      {words[state]}
    </span>
  );
}

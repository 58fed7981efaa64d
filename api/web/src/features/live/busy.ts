/** How late words are, and what the server has given up for it, in words for the person. */
import type { LiveEvents } from "./live-event";

type Status = LiveEvents["status"];

/** From this step of the server's overload ladder on, only finished words are shown; and none of the others' before them. */
const NO_PARTIALS = 3;

/** At this one the server takes no sound until it has caught up. */
const DEFERRED = 7;

/** What to tell while the server is busy; nothing while it keeps up. */
export function busyWords({ level, lag_ms: lagMs, step = 0 }: Status): { title: string; advice: string } | undefined {
  if (step >= DEFERRED) {
    return {
      title: "Words are late: the server is busy",
      advice: "The recording device keeps what is said, sealed, and sends it when the server has time again. Nothing is lost.",
    };
  }
  if (level !== "normal") {
    return {
      title: `Words come ${Math.round(lagMs / 1000)} s late`,
      advice: "The server is busy. Nothing is lost: the recording device keeps every second until it is saved.",
    };
  }
  if (step >= NO_PARTIALS) {
    return {
      title: "Words show once a sentence is finished",
      advice: "The server is busy, and leaves out the words that are still being spoken.",
    };
  }
  return undefined;
}

/** Stretches that were taken for speech and are not, as quiet lines between the passages. Pure. */
import type { Passage, Said } from "../../transcript/passages";
import type { LiveEvents } from "./live-event";

type Suppressed = LiveEvents["suppressed"];

export type Line<P extends Said> = { kind: "said"; passage: Passage<P> } | { kind: "quiet"; at: Suppressed };

/** Why, in the reader's words. A later server may know more reasons. */
const reasons: Record<string, string> = {
  noise: "Nothing was said here (noise)",
  repetition: "Nothing certain was heard here",
  echo: "The others, heard again by the microphone",
};

export function quietWords({ reason }: Suppressed): string {
  return reasons[reason] ?? "Nothing was said here";
}

/** Passages and quiet stretches in order of time; of quiet stretches in a row the first stands for all. */
export function withQuiet<P extends Said>(passages: readonly Passage<P>[], suppressed: readonly Suppressed[]): Line<P>[] {
  const waiting = suppressed.toSorted((one, other) => one.t0_ms - other.t0_ms);
  const lines: Line<P>[] = [];
  const quietUntil = (ms: number): void => {
    const [first] = waiting;
    const count = waiting.filter(({ t0_ms }) => t0_ms < ms).length;
    if (first !== undefined && count > 0) lines.push({ kind: "quiet", at: first });
    waiting.splice(0, count);
  };
  for (const passage of passages) {
    quietUntil(passage.t0_ms);
    lines.push({ kind: "said", passage });
  }
  quietUntil(Number.POSITIVE_INFINITY);
  return lines;
}

/** What was not heard so far and why, in one line: only what was withheld or lost is missing from the report. Pure. */
import type { Track } from "../../api/model";
import { length } from "../../format/time";
import { reasonWords } from "../../transcript/unheard";
import type { LiveState } from "./live-state";

const SAMPLES_PER_MS = 16;

/** Less is no news: a frame or two of a device that was slow to start. */
const LEAST_MS = 1000;

const tracks: readonly (readonly [Track, string])[] = [
  ["mic", "you"],
  ["tab", "the others"],
];

export function unheardWords({ status }: LiveState): string | null {
  const parts = tracks.flatMap(([track, who]) => {
    const account = status?.samples?.[track];
    if (account === undefined) return [];
    const missing = (account.withheld + account.gap) / SAMPLES_PER_MS;
    if (missing < LEAST_MS) return [];
    const reasons = Object.entries(account.reasons ?? {}).sort(([, one], [, other]) => other - one);
    const why = reasons.map(([reason]) => reasonWords(reason)).join(", ");
    return [`${who} for ${length(missing)}${why === "" ? "" : ` (${why})`}`];
  });
  return parts.length === 0 ? null : `Not heard: ${parts.join("; ")}`;
}

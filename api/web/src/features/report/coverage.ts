/** How much of the meeting was heard. Every second of a track is in exactly one class; only a gap is a loss. Pure. */
import type { Coverage, MeetingRecord } from "../../api/model";
import { length } from "../../format/time";

/** Seconds of a track that were accounted for, the lost ones included. */
export function total(coverage: Coverage): number {
  return coverage.decoded_s + coverage.non_speech_s + coverage.suppressed_s + coverage.withheld_s + coverage.gap_s;
}

/** The whole in one sentence. */
export function captured(record: MeetingRecord): string {
  if (record.coverage.length === 0) return "";
  const most = (seconds: (coverage: Coverage) => number): number => Math.max(...record.coverage.map(seconds));
  const lost = most(({ gap_s }) => gap_s);
  const withheld = most(({ withheld_s }) => withheld_s);
  if (lost === 0) return withheld === 0 ? "Every second was captured." : `Every second was captured but the ${length(withheld * 1000)} that you withheld.`;
  const longest = most(total);
  // Rounded down: a report never claims more than it has.
  const share = Math.max(0, Math.floor(((longest - lost - withheld) / longest) * 100));
  return `${share} % was captured; ${length(lost * 1000)} were lost${withheld === 0 ? "" : `, and ${length(withheld * 1000)} withheld by you`}.`;
}

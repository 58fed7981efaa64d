/** How much of the meeting was heard. Every second of a track is in exactly one class; only a gap is a loss. Pure. */
import type { Coverage, Report } from "../../api/model";
import { length } from "../../format/time";

/** Seconds of a track that were accounted for, the lost ones included. */
export function total(coverage: Coverage): number {
  return coverage.decoded_s + coverage.non_speech_s + coverage.suppressed_s + coverage.withheld_s + coverage.gap_s;
}

/** The whole in one sentence. */
export function captured(report: Report): string {
  const lost = report.coverage.reduce((most, coverage) => Math.max(most, coverage.gap_s), 0);
  if (report.coverage.length === 0) return "";
  if (lost === 0) return "Every second was captured.";
  const longest = Math.max(...report.coverage.map(total));
  // Rounded down: a report never claims more than it has.
  const share = Math.floor(((longest - lost) / longest) * 100);
  return `${share} % was captured; ${length(lost * 1000)} were lost.`;
}

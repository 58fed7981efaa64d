/** Figures as people read them: rounded to what they mean, with their unit. Pure. */
import type { MeetingType, Speaker, Who } from "../api/model";

/** Shares as whole percents that add up to 100, the largest remainder taking the difference. */
export function percents(shares: readonly number[]): number[] {
  const total = shares.reduce((sum, share) => sum + share, 0);
  if (total <= 0) return shares.map(() => 0);
  const exact = shares.map((share) => (share / total) * 100);
  const rounded = exact.map(Math.floor);
  const byRemainder = exact.map((value, index) => ({ index, remainder: value - Math.floor(value) })).sort((a, b) => b.remainder - a.remainder);
  let left = 100 - rounded.reduce((sum, value) => sum + value, 0);
  for (const { index } of byRemainder) {
    if (left <= 0) break;
    rounded[index] = (rounded[index] ?? 0) + 1;
    left -= 1;
  }
  return rounded;
}

/** A number with at most one decimal, and that one only below ten, where it still says something. */
export function rounded(value: number): string {
  if (Math.abs(value) >= 10 || Number.isInteger(value)) return String(Math.round(value));
  const tenth = Math.round(value * 10) / 10;
  return Number.isInteger(tenth) ? String(tenth) : tenth.toFixed(1);
}

const speakers: Record<Speaker, string> = { me: "You", them: "Others", unknown: "Speaker" };

/** Who spoke, from the reader's side. */
export function speakerName(speaker: Speaker): string {
  return speakers[speaker];
}

/** The same, by name where it is known. */
export function whoName({ speaker, name }: Who): string {
  return name ?? speakerName(speaker);
}

const types: Record<MeetingType, string> = {
  discovery: "Discovery call",
  demo: "Demo",
  interviewer: "Interview, as interviewer",
  candidate: "Interview, as candidate",
  one_on_one_manager: "One-to-one, as manager",
  one_on_one_report: "One-to-one, as report",
  stand_up: "Stand-up",
  presentation: "Presentation",
  internal_update: "Internal update",
  other: "Meeting",
};

export function meetingTypeName(type: MeetingType): string {
  return types[type];
}

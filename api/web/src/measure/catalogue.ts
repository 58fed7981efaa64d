/** How each measure is named, explained, written and drawn. What it is and how it is computed belongs to the engine. */
import type { Band, Measure } from "../api/model";
import { rounded } from "../format/measure";
import { clock, length } from "../format/time";
import type { Scale } from "./standing";

type Parts = Record<string, number | undefined>;

export interface Figure {
  figure: string;
  unit: string;
}

export interface Entry {
  label: string;
  /** One sentence for someone who never read a definition. */
  meaning: string;
  /** A value with its unit: the large figure and the small unit after it. */
  figure: (value: number) => Figure;
  scale: Scale;
  /** What stands behind the value, where that says more. */
  detail?: (parts: Parts) => string | null;
}

const inUnit =
  (unit: string) =>
  (value: number): Figure => ({ figure: rounded(value), unit });

/** A pause, to ten milliseconds: voice activity sees no finer. */
const tens = (ms: number): string => String(Math.round(ms / 10) * 10);

const counted = (count: number | undefined, one: string, many: string): string | null =>
  count === undefined ? null : `${Math.round(count)} ${Math.round(count) === 1 ? one : many}`;

/** Live and in the report, the same scale. */
export const pace: Entry = {
  label: "Pace",
  meaning: "Words a minute while you were speaking.",
  figure: (value) => ({ figure: String(Math.round(value)), unit: "words/min" }),
  scale: { from: 90, to: 220, step: 10 },
  detail: ({ words, speaking_s: seconds }) =>
    words === undefined || seconds === undefined ? null : `${counted(words, "word", "words")} in ${length(seconds * 1000)}`,
};

const entries: Record<string, Entry> = {
  C1: {
    label: "Talk share",
    meaning: "How much of all speech was yours.",
    figure: inUnit("%"),
    scale: { from: 0, to: 100, step: 10 },
  },
  C3: pace,
  C6: {
    label: "Filled pauses",
    meaning: "Um, uh and their kin, in every 100 words.",
    figure: inUnit("per 100 words"),
    scale: { from: 0, to: 8, step: 1 },
    detail: ({ count }) => counted(count, "in all", "in all"),
  },
  C7: {
    label: "Filler words",
    meaning: "“Like”, “you know”, “sort of” where they say nothing, in every 100 words.",
    figure: inUnit("per 100 words"),
    scale: { from: 0, to: 8, step: 1 },
    detail: ({ count }) => counted(count, "in all", "in all"),
  },
  C9: {
    label: "Pausing",
    meaning: "Silences of half a second to two at the end of a clause, in every 100 words: a listener needs them.",
    figure: inUnit("per 100 words"),
    scale: { from: 0, to: 10, step: 1 },
    detail: ({ hesitations }) => (hesitations === undefined ? null : `${rounded(hesitations)} hesitations of over 1.2 s within a clause`),
  },
  C10: {
    label: "Longest monologue",
    meaning: "Your longest turn without anyone taking over.",
    figure: (value) => (value < 180 ? { figure: String(Math.round(value)), unit: "s" } : { figure: clock(value * 1000), unit: "min:s" }),
    scale: { from: 0, to: 180, step: 15 },
    detail: ({ t0_ms: from, t1_ms: to }) => (from === undefined || to === undefined ? null : `From ${clock(from)} to ${clock(to)}`),
  },
  C12: {
    label: "Interactivity",
    meaning: "How often the floor changed hands.",
    figure: inUnit("changes/min"),
    scale: { from: 0, to: 10, step: 1 },
    detail: ({ switches }) => counted(switches, "change in all", "changes in all"),
  },
  C13: {
    label: "Patience",
    meaning: "The pause you left before you answered; half were longer.",
    figure: (value) => ({ figure: tens(value), unit: "ms" }),
    scale: { from: -500, to: 2500, step: 250 },
    detail: ({ p25_ms: quarter }) => (quarter === undefined ? null : `A quarter were under ${tens(quarter)} ms`),
  },
  C14: {
    label: "Interruptions",
    meaning: "Times you began over someone and they stopped.",
    figure: inUnit("per 10 min"),
    scale: { from: 0, to: 5, step: 0.5 },
    detail: ({ made, received }) => (made === undefined || received === undefined ? null : `${Math.round(made)} made, ${Math.round(received)} received`),
  },
  C17: {
    label: "Questions",
    meaning: "Those you asked, at the rate of half an hour.",
    figure: inUnit("per 30 min"),
    scale: { from: 0, to: 24, step: 2 },
    detail: ({ count, open_share: open }) =>
      count === undefined ? null : `${Math.round(count)} asked${open === undefined ? "" : `, ${Math.round(open)} % of them open`}`,
  },
  C24: {
    label: "Pitch range",
    meaning: "How much your voice rises and falls within ten seconds.",
    figure: inUnit("semitones"),
    scale: { from: 0, to: 6, step: 0.5 },
    detail: ({ monotone_share: monotone }) => (monotone === undefined ? null : `${Math.round(monotone)} % of the time under 2 semitones`),
  },
  C25: {
    label: "Level",
    meaning: "How loud your voice came in; compare it with your own meetings at the same microphone.",
    figure: inUnit("LUFS"),
    scale: { from: -50, to: 0, step: 5 },
    detail: ({ snr_db: snr, clipped_share: clipped }) =>
      [
        snr === undefined ? null : `${Math.round(snr)} dB above the room`,
        clipped === undefined || clipped < 0.1 ? null : `${rounded(clipped)} % cut off at full scale`,
      ]
        .filter((said) => said !== null)
        .join(", ") || null,
  },
};

/** The entry of a measure; one that is newer than this page is shown by its own name and unit. */
export function entryOf(measure: Measure): Entry {
  return (
    entries[measure.id] ?? {
      label: measure.name,
      meaning: "",
      figure: inUnit(measure.unit),
      scale: { from: 0, to: Math.max(10, Math.ceil((measure.target?.high ?? measure.value ?? 10) * 1.5)), step: 1 },
    }
  );
}

/** A band in words: `130–170 words/min`, `at most 2 per 100 words`. */
export function bandWords({ low, high }: Band, figure: (value: number) => Figure): string | null {
  const from = low == null ? null : figure(low);
  const to = high == null ? null : figure(high);
  if (from !== null && to !== null) return `${from.figure}–${to.figure} ${to.unit}`;
  if (to !== null) return `at most ${to.figure} ${to.unit}`;
  if (from !== null) return `at least ${from.figure} ${from.unit}`;
  return null;
}

/** A measure's target in words, where it has one. */
export function targetWords(measure: Measure): string | null {
  return measure.target == null ? null : bandWords(measure.target, entryOf(measure).figure);
}

/** What is still missing before a measure says anything: `143 of 200 words`. */
export function missingWords({ exposure: { have, need, unit } }: Measure): string {
  // Rounded down, so that it never reads as enough.
  const floored = have >= 10 ? Math.floor(have) : Math.floor(have * 10) / 10;
  return `${rounded(floored)} of ${rounded(need)} ${unit}`;
}

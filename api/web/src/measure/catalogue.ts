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
  /** No number is made of it: what it found is to be read. */
  examplesOnly?: boolean;
}

const inUnit =
  (unit: string) =>
  (value: number): Figure => ({ figure: rounded(value), unit });

const hundredths =
  (unit: string) =>
  (value: number): Figure => ({ figure: value.toFixed(2), unit });

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
  C2: {
    label: "Balance",
    meaning: "How evenly turns went round among all who spoke; 1 is even.",
    figure: hundredths("of 1"),
    scale: { from: 0, to: 1, step: 0.1 },
    detail: ({ gini }) => (gini === undefined ? null : `Speaking times: Gini ${gini.toFixed(2)}`),
  },
  C3: pace,
  C4: {
    label: "Articulation",
    meaning: "Syllables a second while you made sound, pauses left out.",
    figure: inUnit("syllables/s"),
    scale: { from: 2, to: 7, step: 0.5 },
  },
  C5: {
    label: "Pace variation",
    meaning: "How much your pace moves from stretch to stretch, as a part of its mean.",
    figure: hundredths("of the mean"),
    scale: { from: 0, to: 0.6, step: 0.05 },
  },
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
  C8: {
    label: "Filler clusters",
    meaning: "Stretches with three fillers or more within ten seconds.",
    figure: inUnit("per 10 min of speech"),
    scale: { from: 0, to: 6, step: 1 },
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
  C11: {
    label: "Turn length",
    meaning: "The middle one of your turns; half were longer.",
    figure: inUnit("s"),
    scale: { from: 0, to: 60, step: 5 },
    detail: ({ p90_s: long, median_words: words }) =>
      [long === undefined ? null : `Nine in ten under ${Math.round(long)} s`, words === undefined ? null : `${Math.round(words)} words in the middle one`].filter((said) => said !== null).join(", ") || null,
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
  C15: {
    label: "Failed attempts",
    meaning: "Times someone tried to speak while you went on.",
    figure: (value) => ({ figure: String(Math.round(value)), unit: Math.round(value) === 1 ? "time" : "times" }),
    scale: { from: 0, to: 6, step: 1 },
    detail: ({ mine }) => (mine === undefined ? null : `You tried and gave up ${Math.round(mine)} times`),
  },
  C16: {
    label: "Active listening",
    meaning: "Your “mhm”, “right”, “I see” while others speak.",
    figure: inUnit("per min of others"),
    scale: { from: 0, to: 6, step: 0.5 },
    detail: ({ count }) => counted(count, "in all", "in all"),
  },
  C17: {
    label: "Questions",
    meaning: "Those you asked, at the rate of half an hour.",
    figure: inUnit("per 30 min"),
    scale: { from: 0, to: 24, step: 2 },
    detail: ({ count, open_share: open, follow_up_share: follow }) =>
      count === undefined ? null : `${Math.round(count)} asked${open === undefined ? "" : `, ${Math.round(open)} % of them open`}${follow === undefined ? "" : `, ${Math.round(follow)} % took up an answer`}`,
  },
  C18: {
    label: "Directness",
    meaning: "Words before the point when you were asked.",
    figure: inUnit("words"),
    scale: { from: 0, to: 80, step: 5 },
  },
  C19: {
    label: "Hedges",
    meaning: "“I think”, “maybe”, “just”, in every 100 words; doubt next to a number is none.",
    figure: inUnit("per 100 words"),
    scale: { from: 0, to: 8, step: 1 },
    detail: ({ count }) => counted(count, "in all", "in all"),
  },
  C20: {
    label: "Conciseness",
    meaning: "What your long turns could have spared.",
    figure: inUnit("% to spare"),
    scale: { from: 0, to: 80, step: 5 },
    detail: ({ restarts }) => (restarts === undefined ? null : `${rounded(restarts)} restarts per 100 words`),
  },
  C21: {
    label: "Sentence length",
    meaning: "Words in your sentences, on average.",
    figure: inUnit("words"),
    scale: { from: 0, to: 30, step: 2 },
    detail: ({ long_share: long }) => (long === undefined ? null : `${Math.round(long)} % have more than 30`),
  },
  C22: {
    label: "Repetition",
    meaning: "How much of what you said stands in phrases that you used three times or more.",
    figure: inUnit("%"),
    scale: { from: 0, to: 16, step: 1 },
  },
  C23: {
    label: "Vocabulary",
    meaning: "Different words in every 50; compare it with your own meetings.",
    figure: hundredths("of 1"),
    scale: { from: 0.4, to: 1, step: 0.05 },
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
  C26: {
    label: "Vocal dynamics",
    meaning: "How much your voice moved against your own last ten meetings of this kind. Movement, and no feeling.",
    figure: (value) => ({ figure: value.toFixed(1), unit: "standard deviations" }),
    scale: { from: -3, to: 3, step: 0.5 },
  },
  C27: {
    label: "Wording about people",
    meaning: "Phrases of yours about people, for and against: to be read, and no number is made of them.",
    figure: inUnit("% of turns"),
    scale: { from: 0, to: 100, step: 10 },
    examplesOnly: true,
  },
  C28: {
    label: "Inclusive wording",
    meaning: "Words that leave some people out, each with another that does its job; keep what you meant.",
    figure: inUnit("per 1000 words"),
    scale: { from: 0, to: 10, step: 1 },
    detail: ({ count }) => counted(count, "in all", "in all"),
  },
  C29: {
    label: "Clear commitments",
    meaning: "Of what you said will be done: how much says who and by when.",
    figure: inUnit("%"),
    scale: { from: 0, to: 100, step: 10 },
    detail: ({ count, clear }) => (count === undefined || clear === undefined ? null : `${Math.round(clear)} of ${Math.round(count)}`),
  },
  C30: {
    label: "Meeting hygiene",
    meaning: "The purpose said within three minutes, and something settled, by anyone.",
    figure: (value) => ({ figure: String(Math.round(value)), unit: "of 2" }),
    scale: { from: 0, to: 2, step: 1 },
    detail: ({ purpose, settled, silence_share: silence }) =>
      [
        purpose === undefined ? null : purpose > 0 ? "Purpose said" : "No purpose said",
        settled === undefined ? null : settled > 0 ? "something settled" : "nothing settled",
        silence === undefined ? null : `${Math.round(silence)}\u00a0% silence`,
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

/** Where the value may as well lie: `90 %: 38–46 %`. */
export function intervalWords(measure: Measure): string | null {
  if (measure.interval == null || measure.value == null) return null;
  const { figure } = entryOf(measure);
  const [low, high] = [figure(measure.interval.low), figure(measure.interval.high)];
  // Where one end turns to minutes, both are said whole.
  return low.unit === high.unit || low.figure === high.figure ? `90 %: ${low.figure}–${high.figure} ${high.unit}` : `90 %: ${low.figure} ${low.unit}–${high.figure} ${high.unit}`;
}

/** What is still missing before a measure says anything: `143 of 200 words`. */
export function missingWords({ exposure: { have, need, unit } }: Measure): string {
  // Rounded down, so that it never reads as enough.
  const floored = have >= 10 ? Math.floor(have) : Math.floor(have * 10) / 10;
  return `${rounded(floored)} of ${rounded(need)} ${unit}`;
}

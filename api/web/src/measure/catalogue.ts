/** How each measure is named, explained, written and drawn. What it is and how it is computed belongs to the engine. */
import type { Measure } from "../api/model";
import { rounded } from "../format/measure";
import { clock, length } from "../format/time";
import type { Scale } from "./standing";

export interface Entry {
  label: string;
  /** One sentence for someone who never read a definition. */
  meaning: string;
  /** A value with its unit, as the large figure and the small unit after it. */
  figure: (value: number) => { figure: string; unit: string };
  scale: Scale;
}

const plain = (unit: string) => (value: number) => ({ figure: rounded(value), unit });

const entries: Record<string, Entry> = {
  C1: {
    label: "Talk share",
    meaning: "How much of all speech was yours.",
    figure: plain("%"),
    scale: { from: 0, to: 100, step: 10 },
  },
  C3: {
    label: "Pace",
    meaning: "Words a minute while you were speaking.",
    figure: (value) => ({ figure: String(Math.round(value)), unit: "words/min" }),
    scale: { from: 90, to: 220, step: 10 },
  },
  C6: {
    label: "Filled pauses",
    meaning: "Um, uh and their kin, in every 100 words.",
    figure: plain("per 100 words"),
    scale: { from: 0, to: 8, step: 1 },
  },
  C7: {
    label: "Filler words",
    meaning: "“Like”, “you know”, “sort of”, in every 100 words.",
    figure: plain("per 100 words"),
    scale: { from: 0, to: 8, step: 1 },
  },
  C10: {
    label: "Longest monologue",
    meaning: "Your longest turn without anyone taking over.",
    figure: (value) => (value < 60 ? { figure: String(Math.round(value)), unit: "s" } : { figure: clock(value * 1000), unit: "min" }),
    scale: { from: 0, to: 180, step: 15 },
  },
  C12: {
    label: "Interactivity",
    meaning: "How often the floor changed hands.",
    figure: plain("turns/min"),
    scale: { from: 0, to: 10, step: 1 },
  },
  C13: {
    label: "Patience",
    meaning: "The pause you leave before you answer, in the middle case.",
    figure: (value) => ({ figure: (Math.round(value / 50) / 20).toFixed(1), unit: "s" }),
    scale: { from: -500, to: 2500, step: 250 },
  },
  C14: {
    label: "Interruptions made",
    meaning: "Times you started over someone and they stopped.",
    figure: plain("per 10 min"),
    scale: { from: 0, to: 5, step: 0.5 },
  },
  C17: {
    label: "Questions asked",
    meaning: "Your questions, at the rate of half an hour.",
    figure: plain("per 30 min"),
    scale: { from: 0, to: 24, step: 2 },
  },
};

/** The entry of a measure; one that is newer than this page is shown by its own name and unit. */
export function entryOf(measure: Measure): Entry {
  return (
    entries[measure.id] ?? {
      label: measure.name,
      meaning: "",
      figure: plain(measure.unit),
      scale: { from: 0, to: Math.max(10, Math.ceil((measure.target?.max ?? measure.value ?? 10) * 1.5)), step: 1 },
    }
  );
}

/** The target in words: `130–170 words/min`, `at most 2 per 100 words`. */
export function targetWords(measure: Measure): string | null {
  const { target } = measure;
  if (target == null) return null;
  const { figure } = entryOf(measure);
  const min = target.min == null ? null : figure(target.min);
  const max = target.max == null ? null : figure(target.max);
  if (min !== null && max !== null) {
    return min.unit === max.unit ? `${min.figure}–${max.figure} ${max.unit}` : `${min.figure} ${min.unit}–${max.figure} ${max.unit}`;
  }
  if (max !== null) return `at most ${max.figure} ${max.unit}`;
  if (min !== null) return `at least ${min.figure} ${min.unit}`;
  return null;
}

/** What is still missing before a measure says anything: `143 of 200 words`. */
export function missingWords(measure: Measure): string {
  const { have, need, unit } = measure.exposure;
  if (unit === "s" || unit === "seconds") return `${length(have * 1000)} of ${length(need * 1000)} of speech`;
  return `${rounded(have)} of ${rounded(need)} ${unit}`;
}

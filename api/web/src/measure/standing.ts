/** Where a value stands against its target band. Pure. */
import type { Band } from "../api/model";

export type Standing = "in" | "below" | "above";

export function standing(value: number, { low, high }: Band): Standing {
  if (low != null && value < low) return "below";
  if (high != null && value > high) return "above";
  return "in";
}

export const standingWords: Record<Standing, string> = { in: "In range", below: "Below range", above: "Above range" };

export interface Scale {
  from: number;
  to: number;
  /** Distance between ticks. */
  step: number;
}

/** Where on the scale a value lies, from 0 to 1; what lies beyond it stays at its end. */
export function place(value: number, { from, to }: Scale): number {
  return Math.min(1, Math.max(0, (value - from) / (to - from)));
}

/** The scale, widened in whole steps so that `value` is on it. */
export function widened(scale: Scale, value: number): Scale {
  const { from, to, step } = scale;
  if (value > to) return { from, to: Math.ceil(value / step) * step, step };
  if (value < from) return { from: Math.floor(value / step) * step, to, step };
  return scale;
}

/** Where a number stands between two others. Pure. */

/** 0 at `from`, 1 at `to`, and never beyond either. */
export function place(value: number, from: number, to: number): number {
  return Math.min(1, Math.max(0, (value - from) / Math.max(to - from, Number.EPSILON)));
}

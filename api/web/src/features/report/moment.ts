/** Finds what was being said at a moment. Pure. */
import type { Utterance } from "../../api/model";

/** The utterance that holds the moment, or the last one before it. */
export function utteranceAt(utterances: readonly Utterance[], atMs: number): Utterance | undefined {
  return utterances.findLast((utterance) => utterance.t0_ms <= atMs && atMs < utterance.t1_ms) ?? utterances.findLast((utterance) => utterance.t0_ms <= atMs);
}

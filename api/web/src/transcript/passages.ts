/** Groups what was said into passages: one speaker's words until another speaks or a silence falls. Pure. */
import type { Participant, Speaker } from "../api/model";

export interface Said {
  id: string;
  speaker: Speaker;
  /** Who of the others it is, where that is known. */
  participant?: Participant | null;
  t0_ms: number;
  t1_ms: number;
  text: string;
}

export interface Passage<P extends Said = Said> {
  /** The id of its first piece. */
  id: string;
  speaker: Speaker;
  /** Who of the others it is, where that is known. */
  name: string | null;
  t0_ms: number;
  t1_ms: number;
  pieces: P[];
  /** The speaker changed: name them. A passage after a silence of the same speaker is not named again. */
  named: boolean;
}

/** A silence this long reads as a new paragraph. */
const PARAGRAPH_PAUSE_MS = 3_000;

/** `said` in order of time. Pieces without words are left out. */
export function passages<P extends Said>(said: readonly P[]): Passage<P>[] {
  const result: Passage<P>[] = [];
  for (const piece of said) {
    if (piece.text === "") continue;
    const open = result.at(-1);
    const name = piece.participant?.name ?? null;
    const same = open !== undefined && open.speaker === piece.speaker && open.name === name;
    if (same && piece.t0_ms - open.t1_ms < PARAGRAPH_PAUSE_MS) {
      open.pieces.push(piece);
      open.t1_ms = Math.max(open.t1_ms, piece.t1_ms);
    } else {
      result.push({
        id: piece.id,
        speaker: piece.speaker,
        name,
        t0_ms: piece.t0_ms,
        t1_ms: piece.t1_ms,
        pieces: [piece],
        named: !same,
      });
    }
  }
  return result;
}

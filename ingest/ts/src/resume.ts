/** Where a session goes on after a `welcome`, and what of it is lost. */

import type { FrameBuffer } from "./buffer.ts";
import { isTrack, STREAMS, type Track } from "./frame.ts";
import { type Skip, skipClass, type SkipReason, type Welcome } from "./messages.ts";

/** Samples that will not be sent. */
export function skipOf(track: Track, fromSample: number, toSample: number, reason: SkipReason): Skip {
  return {
    type: "skip",
    track,
    from_sample: fromSample,
    to_sample: toSample,
    class: skipClass(reason),
    reason,
  };
}

/** What a session has to mend after a `welcome`. */
export interface Mending {
  /** Skips to send before any audio: what neither side has any more. */
  readonly skips: readonly Skip[];
  /** Tracks whose capture goes on at another sample than it would have. */
  readonly nextSample: ReadonlyMap<Track, number>;
  /** Control frames were lost, an `end` among them if there was one: say it again. */
  readonly lostControl: boolean;
}

/**
 * Brings the buffer in line with `welcome`. Where the buffer has the frame that a stream goes on with, there is nothing
 * to do but to move a cursor. Where it does not, the stream goes on at the server's number, and what lies between the
 * server's sample and the client's (`nextSample`, the sample that the next frame of each track would begin at) is a gap.
 */
export async function mend(
  buffer: FrameBuffer,
  welcome: Welcome,
  nextSample: ReadonlyMap<Track, number>,
): Promise<Mending> {
  const skips: Skip[] = [];
  const moved = new Map<Track, number>();
  let lostControl = false;
  for (const stream of STREAMS) {
    const { resume_seq: resumeSeq = 0, resume_sample: resumeSample = 0 } = welcome.streams[stream] ?? {};
    if (buffer.firstSeq(stream) <= resumeSeq && resumeSeq <= buffer.nextSeq(stream)) {
      continue;
    }
    await buffer.restartAt(stream, resumeSeq);
    lostControl ||= stream === "control";
    if (isTrack(stream)) {
      const captured = nextSample.get(stream) ?? 0;
      if (captured > resumeSample) {
        skips.push(skipOf(stream, resumeSample, captured, "buffer_lost"));
      }
      moved.set(stream, Math.max(captured, resumeSample));
    }
  }
  return { skips, nextSample: moved, lostControl };
}

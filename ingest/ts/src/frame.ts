/** The outside of a frame: a clear prefix of 23 bytes, then SFrame. The prefix is authenticated with the frame. */

import type { Bytes } from "./bytes.ts";
import { Malformed } from "./malformed.ts";

/** The streams of a session, in order of their number on the wire. */
export const STREAMS = ["control", "mic", "tab", "insights", "captions"] as const;
export type Stream = (typeof STREAMS)[number];
export type Track = "mic" | "tab";

export const PREFIX_BYTES = 23;

/** The largest whole number on the wire. */
export const MAX_WHOLE = Number.MAX_SAFE_INTEGER;

const KIND_AUDIO = 1;
const KIND_JSON = 2;

export interface Prefix {
  readonly stream: Stream;
  /** The frame's place in its stream, from zero. */
  readonly seq: number;
  /** Audio: its first sample at the track's declared rate, from the session's start. Else zero. */
  readonly firstSample: number;
  /** Milliseconds from the session's start to its capture, on a monotonic clock. */
  readonly captureMs: number;
}

export function isTrack(stream: Stream): stream is Track {
  return stream === "mic" || stream === "tab";
}

export function streamByte(stream: Stream): number {
  return STREAMS.indexOf(stream);
}

function isWhole(value: number, most = MAX_WHOLE): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= most;
}

export function encodePrefix(prefix: Prefix): Bytes {
  const { stream, seq, firstSample, captureMs } = prefix;
  if (!isWhole(seq) || !isWhole(firstSample) || !isWhole(captureMs, 0xffff_ffff)) {
    throw new Malformed("range", "a prefix holds whole numbers");
  }
  if (!isTrack(stream) && firstSample !== 0) {
    throw new Malformed("range", "only audio has a first sample");
  }
  const bytes = new Uint8Array(PREFIX_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, isTrack(stream) ? KIND_AUDIO : KIND_JSON);
  view.setUint8(2, streamByte(stream));
  view.setBigUint64(3, BigInt(seq));
  view.setBigUint64(11, BigInt(firstSample));
  view.setUint32(19, captureMs);
  return bytes;
}

export function parsePrefix(bytes: Uint8Array): Prefix {
  if (bytes.length < PREFIX_BYTES) {
    throw new Malformed("truncated", "a frame is shorter than its prefix");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, PREFIX_BYTES);
  const stream = STREAMS[view.getUint8(2)];
  if (stream === undefined) {
    throw new Malformed("stream", "unknown");
  }
  if (view.getUint8(0) !== (isTrack(stream) ? KIND_AUDIO : KIND_JSON)) {
    throw new Malformed("type", "not the stream's");
  }
  if (view.getUint8(1) !== 0) {
    throw new Malformed("flags", "unknown");
  }
  const [seq, firstSample] = [view.getBigUint64(3), view.getBigUint64(11)];
  if (seq > BigInt(MAX_WHOLE) || firstSample > BigInt(MAX_WHOLE) || (firstSample !== 0n && !isTrack(stream))) {
    throw new Malformed("range", "a number is out of range");
  }
  return { stream, seq: Number(seq), firstSample: Number(firstSample), captureMs: view.getUint32(19) };
}

/**
 * What may leave next on a connection: a cursor per stream over the buffer, held back by credit, by the server's rate
 * limits and by the order that control must keep. Without a socket, and on the clock of its caller.
 */

import { FRAME_MS, samplesOf } from "./audio.ts";
import { Bucket } from "./bucket.ts";
import { isTrack, type Prefix, type Stream, STREAMS, type Track } from "./frame.ts";
import { type ClientControl, DEFERRED_STEP, type Status, type TrackDeclaration, type Welcome } from "./messages.ts";
import { MAX_OVERHEAD_BYTES } from "./seal.ts";

/** Share of the server's limits that a client uses: its clock and the server's do not agree on when a second begins. */
const SHARE = 0.9;

/** What an outbox asks of a buffer. */
export interface Frames {
  peek(stream: Stream, seq: number): { readonly ordinal: number; readonly prefix: Prefix } | undefined;
}

interface Sent {
  readonly seq: number;
  /** The 16 kHz sample after its last. */
  readonly end16k: number;
  readonly ms: number;
}

interface TrackWindow {
  /** The 16 kHz sample before which everything is decided: what is sent below it only warms up. */
  decided16k: number;
  /** Frames sent that are not decided, oldest first. */
  undecided: Sent[];
  receivedSeq: number;
  windowMs: number;
}

function sumMs(frames: readonly Sent[]): number {
  return frames.reduce((sum, frame) => sum + frame.ms, 0);
}

/** Whether a control frame has no place among the audio: it says by itself when it holds. */
export function isUrgent(control: ClientControl): boolean {
  switch (control.type) {
    case "mark":
    case "trouble":
    case "coaching":
    case "consent_changed":
      return true;
    case "off_the_record":
      return control.on;
    case "track":
    case "skip":
    case "pause":
    case "end":
      return false;
  }
}

/** The way out of one connection. */
export class Outbox {
  readonly #cursor: Map<Stream, number>;
  readonly #windows = new Map<Track, TrackWindow>();
  readonly #tracks: readonly TrackDeclaration[];
  readonly #frames: Bucket;
  readonly #bytes: Bucket;
  #deferred = false;

  /** What leaves on a connection that began with `welcome` at `nowMs`. */
  constructor(welcome: Welcome, tracks: readonly TrackDeclaration[], nowMs: number) {
    const { streams, limits } = welcome;
    const bytesPerS = limits.bytes_per_s * SHARE;
    this.#frames = new Bucket(limits.frames_per_s * SHARE, limits.burst_frames * SHARE, nowMs);
    this.#bytes = new Bucket(bytesPerS, bytesPerS, nowMs);
    this.#cursor = new Map(STREAMS.map((stream) => [stream, streams[stream]?.resume_seq ?? 0]));
    this.#tracks = tracks;
    for (const track of ["mic", "tab"] as const) {
      this.#windows.set(track, {
        decided16k: streams[track]?.decided_sample ?? 0,
        undecided: [],
        receivedSeq: -1,
        windowMs: welcome.credit_ms,
      });
    }
  }

  /** The frame of `stream` that is next to leave. */
  nextSeq(stream: Stream): number {
    return this.#cursor.get(stream) ?? 0;
  }

  /**
   * The frame to send next, if one may be sent: the oldest of those that may. Audio waits for credit, for a server that defers,
   * and for control made before it. Control that audio made before it gives its place waits for that audio; what is `urgent` waits for nothing.
   */
  next(frames: Frames, urgent: ReadonlySet<number>): Prefix | undefined {
    const heads = STREAMS.flatMap((stream) => frames.peek(stream, this.nextSeq(stream)) ?? []);
    const ordinals = (of: (stream: Stream) => boolean) =>
      heads.filter((head) => of(head.prefix.stream)).map((head) => head.ordinal);
    const oldestAudio = Math.min(...ordinals(isTrack));
    const oldestControl = Math.min(...ordinals((stream) => stream === "control"));
    const mayLeave = ({ ordinal, prefix: { stream, seq } }: (typeof heads)[number]): boolean => {
      if (stream === "control") {
        return urgent.has(seq) || oldestAudio > ordinal;
      }
      return isTrack(stream) ? oldestControl > ordinal && this.#takes(stream) : true;
    };
    const sendable = heads.filter(mayLeave).sort((one, other) => one.ordinal - other.ordinal);
    return sendable[0]?.prefix;
  }

  /** The server is too far behind to take audio: what is captured waits here, sealed, until a `status` says otherwise. */
  get deferred(): boolean {
    return this.#deferred;
  }

  /** When the server's rate limits let the next frame leave. */
  readyAtMs(): number {
    return Math.max(this.#frames.readyAtMs(), this.#bytes.readyAtMs());
  }

  /** A frame has left. */
  sent(prefix: Prefix, payload: Uint8Array, nowMs: number): void {
    const { stream, seq, firstSample } = prefix;
    this.#cursor.set(stream, seq + 1);
    this.#frames.take(1, nowMs);
    this.#bytes.take(payload.length + MAX_OVERHEAD_BYTES, nowMs);
    const declared = this.#tracks.find((track) => track.track === stream);
    const window = isTrack(stream) ? this.#windows.get(stream) : undefined;
    if (declared === undefined || window === undefined) {
      return;
    }
    const samples = samplesOf(declared.codec, payload, declared.rate_hz);
    const end16k = Math.floor(((firstSample + samples) * 16_000) / declared.rate_hz);
    if (end16k > window.decided16k) {
      window.undecided.push({ seq, end16k, ms: Math.floor((samples * 1000) / declared.rate_hz) });
    }
  }

  /** The frames of `stream` up to `seq` have arrived. */
  received(stream: Stream, seq: number): void {
    const window = isTrack(stream) ? this.#windows.get(stream) : undefined;
    if (window !== undefined) {
      window.receivedSeq = Math.max(window.receivedSeq, seq);
    }
  }

  /** Everything of `stream` before the 16 kHz sample `sample` is decided. */
  committed(stream: Stream, sample: number): void {
    const window = isTrack(stream) ? this.#windows.get(stream) : undefined;
    if (window !== undefined) {
      window.decided16k = Math.max(window.decided16k, sample);
      window.undecided = window.undecided.filter((frame) => frame.end16k > window.decided16k);
    }
  }

  /** How the server keeps up: what it takes beyond the last frame that it has acknowledged, and whether it defers. */
  status({ credit_ms: creditMs, step = 0 }: Pick<Status, "credit_ms" | "step">): void {
    this.#deferred = step >= DEFERRED_STEP;
    for (const window of this.#windows.values()) {
      const arrived = window.undecided.filter((frame) => frame.seq <= window.receivedSeq);
      window.windowMs = sumMs(arrived) + creditMs;
    }
  }

  #takes(track: Track): boolean {
    const window = this.#windows.get(track);
    return !this.#deferred && window !== undefined && sumMs(window.undecided) + FRAME_MS <= window.windowMs;
  }
}

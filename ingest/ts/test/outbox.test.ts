import { describe, expect, test } from "vitest";
import { encodePcmFrame } from "../src/audio.ts";
import { afterClose, CLOSE_CODES, retryInMs } from "../src/close.ts";
import type { Prefix, Stream } from "../src/frame.ts";
import { DEFERRED_STEP, type TrackDeclaration, type Welcome } from "../src/messages.ts";
import { isUrgent, Outbox } from "../src/outbox.ts";

const tracks: TrackDeclaration[] = [
  { track: "mic", codec: "pcm_s16le", rate_hz: 16_000 },
  { track: "tab", codec: "pcm_s16le", rate_hz: 16_000 },
];
const frame = encodePcmFrame(new Int16Array(3840));

function welcome(creditMs: number, streams: Welcome["streams"] = {}): Welcome {
  const limits = {
    message_bytes: 262_144,
    frames_per_s: 100,
    bytes_per_s: 1_048_576,
    burst_frames: 2000,
    undecided_ms: 60_000,
    over_credit_ms: 2000,
  };
  return { type: "welcome", streams, credit_ms: creditMs, limits };
}

/** Frames in the order in which they were made. */
class Made {
  readonly #made: Prefix[] = [];
  readonly urgent = new Set<number>();

  add(stream: Stream, urgent = false): void {
    const seq = this.#made.filter((prefix) => prefix.stream === stream).length;
    const isAudio = stream === "mic" || stream === "tab";
    this.#made.push({ stream, seq, firstSample: isAudio ? seq * 3840 : 0, captureMs: 0 });
    if (urgent) {
      this.urgent.add(seq);
    }
  }

  peek(stream: Stream, seq: number) {
    const ordinal = this.#made.findIndex((prefix) => prefix.stream === stream && prefix.seq === seq);
    const prefix = this.#made[ordinal];
    return prefix === undefined ? undefined : { ordinal, prefix };
  }

  drain(outbox: Outbox): Stream[] {
    const left: Stream[] = [];
    for (let next = outbox.next(this, this.urgent); next !== undefined; next = outbox.next(this, this.urgent)) {
      outbox.sent(next, next.firstSample > 0 || next.stream !== "control" ? frame : new Uint8Array(2), 0);
      left.push(next.stream);
    }
    return left;
  }
}

function made(...streams: Stream[]): Made {
  const made = new Made();
  streams.forEach((stream) => made.add(stream));
  return made;
}

describe("the outbox", () => {
  test("sends frames in the order in which they were made", () => {
    const frames = made("mic", "tab", "control", "mic");
    expect(frames.drain(new Outbox(welcome(60_000), tracks, 0))).toEqual(["mic", "tab", "control", "mic"]);
  });

  test("sends no audio without credit, but control that waits for no audio", () => {
    const frames = made("mic");
    frames.add("control", true);
    frames.add("control");
    expect(frames.drain(new Outbox(welcome(0), tracks, 0))).toEqual(["control"]);
  });

  test("lets no audio overtake a skip that was made before it", () => {
    const frames = made("mic", "mic", "control", "tab");
    expect(frames.drain(new Outbox(welcome(240), tracks, 0))).toEqual(["mic"]);
  });

  test("counts decisions, not acks, as room", () => {
    const frames = made(...Array<Stream>(20).fill("mic"));
    const outbox = new Outbox(welcome(2400), tracks, 0);
    expect(frames.drain(outbox)).toHaveLength(10);
    outbox.received("mic", 9);
    expect(frames.drain(outbox)).toHaveLength(0);
    outbox.committed("mic", 4 * 3840);
    expect(frames.drain(outbox)).toHaveLength(4);
  });

  test("counts a new credit from what is acknowledged", () => {
    const frames = made(...Array<Stream>(20).fill("mic"));
    const outbox = new Outbox(welcome(2400), tracks, 0);
    frames.drain(outbox);
    outbox.received("mic", 4);
    outbox.status({ credit_ms: 1440 });
    expect(frames.drain(outbox)).toHaveLength(1);
  });

  test("keeps all audio while the server defers, and sends it when it does no longer", () => {
    const frames = made("mic");
    frames.add("control", true);
    frames.add("mic");
    const outbox = new Outbox(welcome(60_000), tracks, 0);
    outbox.status({ credit_ms: 60_000, step: DEFERRED_STEP });
    expect(outbox.deferred).toBe(true);
    expect(frames.drain(outbox)).toEqual(["control"]);
    outbox.status({ credit_ms: 60_000, step: DEFERRED_STEP - 1 });
    expect(outbox.deferred).toBe(false);
    expect(frames.drain(outbox)).toEqual(["mic", "mic"]);
  });

  test("goes on where the server wants to, and warms up without credit", () => {
    const frames = made(...Array<Stream>(10).fill("mic"));
    const outbox = new Outbox(welcome(240, { mic: { resume_seq: 2, decided_sample: 6 * 3840 } }), tracks, 0);
    expect(outbox.nextSeq("mic")).toBe(2);
    expect(frames.drain(outbox)).toHaveLength(5);
  });

  test("does not exceed the server's rate", () => {
    const outbox = new Outbox(welcome(60_000), tracks, 0);
    const frames = made(...Array<Stream>(1890).fill("control"));
    expect(outbox.readyAtMs()).toBe(0);
    frames.drain(outbox);
    // Nine tenths of 2,000 left at once; the 90 after them take a second.
    expect(outbox.readyAtMs()).toBeCloseTo(1000);
    outbox.sent({ stream: "control", seq: 1890, firstSample: 0, captureMs: 0 }, new Uint8Array(2), 2000);
    expect(outbox.readyAtMs()).toBe(2000);
  });

  test("does not exceed the server's bytes", () => {
    const outbox = new Outbox(welcome(60_000), tracks, 0);
    const large = new Uint8Array(200 * 1024);
    for (let seq = 0; seq < 5; seq += 1) {
      outbox.sent({ stream: "captions", seq, firstSample: 0, captureMs: 0 }, large, 0);
    }
    expect(outbox.readyAtMs()).toBeGreaterThan(50);
  });

  test("knows which control has no place among the audio", () => {
    expect(isUrgent({ type: "mark", at_ms: 1 })).toBe(true);
    expect(isUrgent({ type: "off_the_record", on: true, from_sample: { mic: 1 } })).toBe(true);
    expect(isUrgent({ type: "off_the_record", on: false })).toBe(false);
    expect(isUrgent({ type: "pause", on: true })).toBe(false);
    expect(isUrgent({ type: "end" })).toBe(false);
  });
});

describe("after a close", () => {
  test("each code means one thing", () => {
    expect(Object.entries(CLOSE_CODES).map(([name, code]) => [name, afterClose(code)])).toEqual([
      ["ended", "finish"],
      ["resume", "resume"],
      ["overloaded", "resume"],
      ["malformed", "stop"],
      ["not_authenticated", "ask_again"],
      ["consent", "forget"],
      ["hello_late", "resume"],
      ["taken_over", "stop"],
      ["too_large", "stop"],
      ["raw_biometrics_refused", "stop"],
    ]);
    expect(afterClose(1006)).toBe("resume");
  });

  test("waits grow to a limit, and the server may ask for longer", () => {
    expect([0, 1, 2].map((attempt) => retryInMs(attempt, 0, 1))).toEqual([250, 500, 1000]);
    expect(retryInMs(0, 0, 0)).toBe(125);
    expect(retryInMs(50, 0, 1)).toBe(10_000);
    expect(retryInMs(0, 30_000, 0.5)).toBe(30_000);
    expect(retryInMs(0, 9_000_000, 0.5)).toBe(120_000);
  });
});

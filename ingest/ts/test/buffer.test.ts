import { IDBFactory } from "fake-indexeddb";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { FrameBuffer } from "../src/buffer.ts";
import type { Bytes } from "../src/bytes.ts";
import type { Prefix, Stream } from "../src/frame.ts";
import { mend, skipOf } from "../src/resume.ts";
import type { Welcome } from "../src/messages.ts";
import "fake-indexeddb/auto";

const session = "01923c5e-9a00-7000-8000-000000000005";
let indexedDB = new IDBFactory();

beforeEach(() => {
  indexedDB = new IDBFactory();
});

function open(found?: (prefix: Prefix, payload: Bytes) => void, capBytes = 1 << 20): Promise<FrameBuffer> {
  return FrameBuffer.open(session, { indexedDB, capBytes, ...(found === undefined ? {} : { found }) });
}

function prefix(stream: Stream, seq: number): Prefix {
  const isAudio = stream === "mic" || stream === "tab";
  return { stream, seq, firstSample: isAudio ? seq * 3840 : 0, captureMs: seq * 240 };
}

/** The number of the frame at `at`, if `streams` are the streams of all frames. */
function seqOf(streams: readonly Stream[], at: number): number {
  return streams.slice(0, at).filter((stream) => stream === streams[at]).length;
}

async function push(buffer: FrameBuffer, stream: Stream, payload: Bytes): Promise<"kept" | "full"> {
  return buffer.push(prefix(stream, buffer.nextSeq(stream)), payload);
}

function finished(target: EventTarget, event: "success" | "complete"): Promise<unknown> {
  return new Promise((resolve) => target.addEventListener(event, resolve));
}

async function rawDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open("attune-frames");
  await finished(request, "success");
  return request.result;
}

async function rows(): Promise<unknown[]> {
  const database = await rawDatabase();
  const all = (store: string) =>
    new Promise<unknown[]>((resolve) => {
      const request = database.transaction(store).objectStore(store).getAll();
      request.addEventListener("success", () => resolve(request.result));
    });
  const found = [...(await all("keys")), ...(await all("frames"))];
  database.close();
  return found;
}

/** Loses a frame, as no browser should. */
async function lose(stream: Stream, seq: number): Promise<void> {
  const database = await rawDatabase();
  const transaction = database.transaction("frames", "readwrite");
  transaction.objectStore("frames").delete([session, stream, seq]);
  await finished(transaction, "complete");
  database.close();
}

describe("the buffer", () => {
  test("gives back what is kept, in order, after a restart", async () => {
    const first = await open();
    for (const stream of ["mic", "tab", "control", "mic"] as const) {
      expect(await push(first, stream, Uint8Array.of(1, 2, 3))).toBe("kept");
    }
    first.close();
    const found: string[] = [];
    const second = await open(({ stream, seq }, payload) => found.push(`${stream} ${seq} ${payload.length}`));
    expect(found).toEqual(["mic 0 3", "tab 0 3", "control 0 3", "mic 1 3"]);
    expect(await second.read("mic", 1)).toEqual(Uint8Array.of(1, 2, 3));
    expect(second.nextSeq("mic")).toBe(2);
    expect(await second.read("mic", 2)).toBeUndefined();
  });

  test("holds nothing in the clear, under a key that cannot be read", async () => {
    const buffer = await open();
    await push(buffer, "mic", new TextEncoder().encode("the quick brown fox"));
    buffer.close();
    const [key, frame] = await rows();
    expect(key).toBeInstanceOf(CryptoKey);
    expect(key instanceof CryptoKey && key.extractable).toBe(false);
    expect(new TextDecoder("latin1").decode(Object(frame).sealed)).not.toContain("quick");
  });

  test("seals a number that is used again under another key", async () => {
    const sealed: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      const buffer = await open();
      await push(buffer, "mic", new Uint8Array(32));
      const [, frame] = await rows();
      sealed.push(String(Object(frame).sealed));
      await buffer.restartAt("mic", 0);
      buffer.close();
    }
    expect(sealed[0]).not.toBe(sealed[1]);
  });

  test("lets go of what is released and of nothing else", async () => {
    const buffer = await open();
    for (let seq = 0; seq < 6; seq += 1) {
      await push(buffer, seq % 2 === 0 ? "mic" : "tab", new Uint8Array(10));
    }
    await buffer.release("mic", 2);
    expect(buffer.firstSeq("mic")).toBe(2);
    expect(await buffer.read("mic", 1)).toBeUndefined();
    expect(await buffer.read("tab", 0)).toEqual(new Uint8Array(10));
    expect(await rows()).toHaveLength(1 + 4);
    expect(buffer.bytes).toBe(4 * 26);
  });

  test("refuses audio at its cap, and never control", async () => {
    const buffer = await open(undefined, 100);
    expect(await push(buffer, "mic", new Uint8Array(80))).toBe("kept");
    expect(await push(buffer, "mic", new Uint8Array(80))).toBe("full");
    expect(buffer.nextSeq("mic")).toBe(1);
    expect(await push(buffer, "control", new Uint8Array(80))).toBe("kept");
  });

  test("takes frames in turn", async () => {
    const buffer = await open();
    await expect(buffer.push(prefix("mic", 1), new Uint8Array(1))).rejects.toThrow("out of turn");
    const both = [1, 2].map((byte) => buffer.push(prefix("mic", 0), Uint8Array.of(byte)));
    expect((await Promise.allSettled(both)).map((pushed) => pushed.status)).toEqual(["fulfilled", "rejected"]);
    const next = [1, 2].map((seq) => buffer.push(prefix("mic", seq), Uint8Array.of(seq)));
    expect(await Promise.all(next)).toEqual(["kept", "kept"]);
    expect(await Promise.all([0, 1, 2].map((seq) => buffer.read("mic", seq)))).toEqual([1, 1, 2].map((byte) => Uint8Array.of(byte)));
  });

  test("loses a frame for which the browser has no room, and goes on with the next", async () => {
    const buffer = await open();
    const { put } = IDBObjectStore.prototype;
    vi.spyOn(IDBObjectStore.prototype, "put").mockImplementationOnce(function (this: IDBObjectStore, value: unknown) {
      const request = put.call(this, value);
      const { transaction } = this;
      // As in a browser, the request fails first, and the transaction says why only when it has ended.
      request.addEventListener("error", () => {
        queueMicrotask(() => Object.assign(transaction, { error: new DOMException("full", "QuotaExceededError") }));
      });
      transaction.abort();
      return request;
    });
    expect(await push(buffer, "mic", Uint8Array.of(1))).toBe("full");
    expect(await push(buffer, "mic", Uint8Array.of(2))).toBe("kept");
    expect(await buffer.read("mic", 0)).toEqual(Uint8Array.of(2));
  });

  test("goes on with its numbers after a restart though all is released", async () => {
    const first = await open();
    for (const stream of ["control", "control", "mic"] as const) {
      await push(first, stream, new Uint8Array(10));
    }
    await first.release("control", 2);
    await first.release("mic", 1);
    expect([first.firstSeq("control"), first.bytes]).toEqual([2, 0]);
    expect(await first.read("control", 1)).toBeUndefined();
    first.close();
    const second = await open();
    expect([second.nextSeq("control"), second.nextSeq("mic")]).toEqual([2, 1]);
    expect(await push(second, "control", new Uint8Array(10))).toBe("kept");
    await second.release("control", 3);
    expect(await rows()).toHaveLength(1 + 2);
  });

  test("finds more than it reads at once, in order", async () => {
    const first = await open();
    const streams = Array.from({ length: 1100 }, (_, at): Stream => (at % 3 === 0 ? "tab" : "mic"));
    await Promise.all(streams.map((stream, at) => first.push(prefix(stream, seqOf(streams, at)), Uint8Array.of(at % 256))));
    first.close();
    const found: Stream[] = [];
    const second = await open(({ stream }) => found.push(stream));
    expect(found).toEqual(streams);
    expect(second.nextSeq("tab")).toBe(367);
  });

  test("keeps nothing of a stream before a hole", async () => {
    const first = await open();
    for (let seq = 0; seq < 5; seq += 1) {
      await push(first, "mic", new Uint8Array(10));
    }
    first.close();
    await lose("mic", 2);
    const second = await open();
    expect([second.firstSeq("mic"), second.nextSeq("mic"), second.bytes]).toEqual([3, 5, 2 * 26]);
    expect(await rows()).toHaveLength(1 + 2);
  });

  test("makes changes in the order in which they are asked for", async () => {
    const buffer = await open();
    const pushed = buffer.push(prefix("mic", 0), new Uint8Array(10));
    await buffer.restartAt("mic", 9);
    expect(await pushed).toBe("kept");
    expect([buffer.nextSeq("mic"), buffer.bytes]).toEqual([9, 0]);
    expect(await rows()).toHaveLength(1);

    const other = buffer.push(prefix("mic", 9), new Uint8Array(10));
    await buffer.release("mic", 10);
    expect(await other).toBe("kept");
    expect([buffer.firstSeq("mic"), buffer.bytes]).toEqual([10, 0]);

    const last = buffer.push(prefix("mic", 10), new Uint8Array(10));
    await buffer.destroy();
    expect(await last).toBe("kept");
    expect(await rows()).toEqual([]);
  });

  test("leaves nothing behind when it is destroyed", async () => {
    const buffer = await open();
    await push(buffer, "mic", new Uint8Array(10));
    await buffer.destroy();
    expect(await rows()).toEqual([]);
  });
});

describe("a resume", () => {
  const limits = {
    message_bytes: 262_144,
    frames_per_s: 100,
    bytes_per_s: 1_048_576,
    burst_frames: 2000,
    undecided_ms: 60_000,
    over_credit_ms: 2000,
  };
  const welcome = (streams: Welcome["streams"]): Welcome => ({ type: "welcome", streams, credit_ms: 60_000, limits });

  test("only moves a cursor where the buffer has what the server asks for", async () => {
    const buffer = await open();
    for (let seq = 0; seq < 5; seq += 1) {
      await push(buffer, "mic", new Uint8Array(10));
    }
    const captured = new Map([["mic", 5 * 3840] as const]);
    for (const resume of [0, 3, 5]) {
      const mended = await mend(buffer, welcome({ mic: { resume_seq: resume, resume_sample: resume * 3840 } }), captured);
      expect(mended).toEqual({ skips: [], nextSample: new Map(), lostControl: false });
    }
    expect(buffer.firstSeq("mic")).toBe(0);
  });

  test("declares what neither side has as a gap, and goes on at the server's number", async () => {
    const buffer = await open();
    const captured = new Map([["mic", 100_000] as const, ["tab", 0] as const]);
    const asked = welcome({ control: { resume_seq: 4 }, mic: { resume_seq: 9, resume_sample: 34_560 } });
    const mended = await mend(buffer, asked, captured);
    expect(mended.skips).toEqual([skipOf("mic", 34_560, 100_000, "buffer_lost")]);
    expect(mended.nextSample).toEqual(new Map([["mic", 100_000]]));
    expect(mended.lostControl).toBe(true);
    expect([buffer.nextSeq("mic"), buffer.nextSeq("control"), buffer.nextSeq("tab")]).toEqual([9, 4, 0]);
  });

  test("does not send again what the server has and this client never kept", async () => {
    const buffer = await open();
    const mended = await mend(buffer, welcome({ tab: { resume_seq: 9, resume_sample: 34_560 } }), new Map());
    expect(mended.skips).toEqual([]);
    expect(mended.nextSample).toEqual(new Map([["tab", 34_560]]));
  });
});

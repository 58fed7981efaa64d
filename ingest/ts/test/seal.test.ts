import { describe, expect, test } from "vitest";
import { encodePrefix, parsePrefix, type Prefix, STREAMS } from "../src/frame.ts";
import { Malformed } from "../src/malformed.ts";
import { NotOpened, Opener, Sealer } from "../src/seal.ts";
import { bytes, each, load, number, part, text, type Vector } from "./vectors.ts";

const vectors = load("seal");
const session = text(vectors, "session");
const baseKey = bytes(vectors, "base_key");

function prefixOf(vector: Vector): Prefix {
  const stream = STREAMS.find((known) => known === text(vector, "stream"));
  if (stream === undefined) {
    throw new TypeError("unknown stream");
  }
  const [seq, firstSample, captureMs] = ["seq", "first_sample", "capture_ms"].map((field) => number(vector, field));
  return { stream, seq: seq ?? 0, firstSample: firstSample ?? 0, captureMs: captureMs ?? 0 };
}

function why(error: unknown): string {
  return error instanceof Malformed || error instanceof NotOpened ? error.why : String(error);
}

async function refusal(opened: Promise<unknown>): Promise<string> {
  return opened.then(() => "opened", why);
}

describe("prefixes", () => {
  test("are written and read as committed", () => {
    for (const vector of each(vectors, "prefixes")) {
      const prefix = prefixOf(part(vector, "prefix"));
      expect(encodePrefix(prefix)).toEqual(bytes(vector, "hex"));
      expect(parsePrefix(bytes(vector, "hex"))).toEqual(prefix);
    }
  });

  test("are refused as committed", () => {
    for (const vector of each(vectors, "refused_prefixes")) {
      let refused = "accepted";
      try {
        parsePrefix(bytes(vector, "hex"));
      } catch (error) {
        refused = why(error);
      }
      expect(refused).toBe(text(vector, "why"));
    }
  });
});

describe("frames", () => {
  test("are sealed and opened as committed, and by no other connection", async () => {
    for (const vector of each(vectors, "sealed")) {
      const epoch = number(vector, "epoch");
      const prefix = prefixOf(part(vector, "prefix"));
      const [payload, message] = [bytes(vector, "payload"), bytes(vector, "message")];
      const sealer = await Sealer.create(baseKey, epoch, session);
      expect(await sealer.seal(prefix, payload)).toEqual(message);
      const opener = async (key: typeof baseKey, at: number, of: string) => {
        const opener = await Opener.create(key, at, of);
        opener.expect(prefix.stream, prefix.seq);
        return opener.open(message);
      };
      expect(await opener(baseKey, epoch, session)).toEqual({ prefix, payload });
      expect(await refusal(opener(baseKey, epoch, session.replace(/5$/, "4")))).toBe("forged");
      expect(await refusal(opener(new Uint8Array(32), epoch, session))).toBe("forged");
      expect(await refusal(opener(baseKey, epoch - 1, session))).toBe("header");
    }
  });

  const mic = (seq: number): Prefix => ({ stream: "mic", seq, firstSample: seq * 3840, captureMs: seq * 240 });

  test("open once and in order, even when all are handed over at once", async () => {
    const [sealer, opener] = await Promise.all([Sealer.create(baseKey, 7, session), Opener.create(baseKey, 7, session)]);
    const messages = [];
    for (let seq = 0; seq < 5; seq += 1) {
      messages.push(await sealer.seal(mic(seq), Uint8Array.of(seq)));
    }
    const attempts = [...messages, ...messages].map((message) => refusal(opener.open(message)));
    expect(await Promise.all(attempts)).toEqual([...Array(5).fill("opened"), ...Array(5).fill("seen")]);
    expect(opener.expected("mic")).toBe(5);
  });

  test("that are forged or changed change nothing", async () => {
    const [sealer, opener] = await Promise.all([Sealer.create(baseKey, 7, session), Opener.create(baseKey, 7, session)]);
    await opener.open(await sealer.seal(mic(0), Uint8Array.of(0)));
    const genuine = await sealer.seal(mic(1), Uint8Array.of(1));
    const stranger = await Sealer.create(new Uint8Array(32), 7, session);
    expect(await refusal(opener.open(await stranger.seal({ ...mic(1), seq: 2 ** 40 }, Uint8Array.of(9))))).toBe("ahead");
    for (let at = 0; at < genuine.length; at += 1) {
      const changed = genuine.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x40;
      expect(await refusal(opener.open(changed))).not.toBe("opened");
      expect(await refusal(opener.open(genuine.slice(0, at)))).not.toBe("opened");
    }
    expect(opener.expected("mic")).toBe(1);
    expect(await refusal(opener.open(genuine))).toBe("opened");
  });

  test("never use a number twice, not even at the same time", async () => {
    const sealer = await Sealer.create(baseKey, 7, session);
    const both = await Promise.allSettled([sealer.seal(mic(3), Uint8Array.of(1)), sealer.seal(mic(3), Uint8Array.of(2))]);
    expect(both.map((result) => result.status)).toEqual(["fulfilled", "rejected"]);
    await expect(sealer.seal(mic(2), Uint8Array.of(1))).rejects.toThrow("sealed before");
  });
});

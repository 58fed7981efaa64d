import { describe, expect, test } from "vitest";
import { encodeOpusFrame, encodePcmFrame, parseOpusFrame, parsePcmFrame, samplesOf } from "../src/audio.ts";
import { parsePrefix } from "../src/frame.ts";
import { parseOffer } from "../src/keys.ts";
import { Malformed } from "../src/malformed.ts";
import {
  parseCaption,
  parseControl,
  parseEnvelope,
  parseHello,
  parseInsight,
  type SkipReason,
  skipClass,
  write,
} from "../src/messages.ts";
import { bytes, each, load, number, part, text, texts, unhex } from "./vectors.ts";

const json = load("json");
const audio = load("audio");

function why(parse: () => unknown): string {
  try {
    parse();
    return "accepted";
  } catch (error) {
    return error instanceof Malformed ? error.why : String(error);
  }
}

function holds<T>(kind: string, parse: (text: string) => T, rewrite: (value: T) => string, refusals: string[]): void {
  for (const valid of texts(part(json, kind), "valid")) {
    expect(JSON.parse(rewrite(parse(valid)))).toEqual(JSON.parse(valid));
    expect(parse(rewrite(parse(valid)))).toEqual(parse(valid));
  }
  for (const refused of texts(part(json, kind), "refused")) {
    expect(refusals, refused).toContain(why(() => parse(refused)));
  }
}

describe("JSON is read, written and refused as committed", () => {
  test("hello", () => holds("hello", parseHello, write.hello, ["json", "invalid"]));
  test("control", () => holds("control", parseControl, write.control, ["json", "invalid"]));
  test("captions", () => holds("caption", parseCaption, write.caption, ["json", "invalid"]));
  test("insights, where everything else is raw biometrics", () =>
    holds("insight", parseInsight, write.insight, ["raw_biometrics"]));
  test("events", () => holds("event", parseEnvelope, (value) => JSON.stringify(value), ["json", "invalid"]));

  test("events of a later version are let through", () => {
    const [unknown, grown] = texts(part(json, "event"), "later").map((later) => parseEnvelope(later).event);
    expect(unknown).toEqual({ type: "unknown" });
    expect(grown).toEqual({ type: "ending", left_ms: 1 });
  });

  test("nothing is read beyond its limit", () => {
    const long = `{"type":"end"}${" ".repeat(5000)}`;
    expect(why(() => parseControl(long))).toBe("too_large");
    expect(why(() => parseInsight(long))).toBe("raw_biometrics");
  });

  test("nothing is written that the server would not read", () => {
    const names = Array<string>(100).fill("\u00e9".repeat(120));
    expect(why(() => write.caption({ type: "participants", at_ms: 1, names }))).toBe("too_large");
    for (const half of ["\ud83d", "\udcb6 \ud83d"]) {
      expect(why(() => write.control({ type: "mark", at_ms: 1, note: half }))).toBe("invalid");
      expect(why(() => write.caption({ type: "speaking", at_ms: 1, names: [half] }))).toBe("invalid");
    }
  });

  test("each reason to skip has its class", () => {
    const classes = (["muted", "paused", "buffer_full", "device_slept"] satisfies SkipReason[]).map(skipClass);
    expect(classes).toEqual(["withheld", "withheld", "gap", "gap"]);
  });
});

describe("audio payloads are written, read and refused as committed", () => {
  test("Opus", () => {
    for (const vector of each(audio, "opus")) {
      const packets = texts(vector, "packets").map(unhex);
      const payload = encodeOpusFrame(packets, number(vector, "padded_bytes"));
      expect(payload).toEqual(bytes(vector, "hex"));
      expect(parseOpusFrame(payload)).toEqual(packets);
      expect(samplesOf("opus", payload, 48_000)).toBe(960 * packets.length);
    }
    for (const vector of each(audio, "refused_opus")) {
      expect(why(() => parseOpusFrame(bytes(vector, "hex")))).toBe(text(vector, "why"));
    }
  });

  test("plain samples", () => {
    for (const vector of each(audio, "pcm")) {
      const samples = Int16Array.from(texts(vector, "samples").map(Number));
      expect(encodePcmFrame(samples)).toEqual(bytes(vector, "hex"));
      expect(parsePcmFrame(bytes(vector, "hex"), 16_000)).toEqual(samples);
    }
    for (const vector of each(audio, "refused_pcm_at_16_khz")) {
      expect(why(() => parsePcmFrame(bytes(vector, "hex"), 16_000))).toBe(text(vector, "why"));
    }
  });
});

test("no bytes make a parser do anything but refuse", () => {
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  };
  for (let round = 0; round < 2000; round += 1) {
    const noise = Uint8Array.from({ length: random() * 3 }, random);
    const json = [parseControl, parseInsight, parseCaption, parseHello, parseEnvelope];
    for (const parse of [...json, parseOpusFrame, parsePrefix, parseOffer]) {
      expect(() => parse(noise)).toThrow(Malformed);
    }
    // All that has the size of samples is samples.
    const samples = () => parsePcmFrame(noise, 16_000).length;
    if (noise.length > 0 && noise.length % 2 === 0) {
      expect(samples()).toBe(noise.length / 2);
    } else {
      expect(samples).toThrow(Malformed);
    }
  }
});

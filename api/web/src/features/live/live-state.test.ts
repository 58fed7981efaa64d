import { describe, expect, it } from "vitest";
import { parseFrame, type LiveEvent, type LiveEvents } from "./live-event";
import { emptyLive, fold, savedToMs, type LiveState } from "./live-state";

const final = (segment: string, t0_ms: number, t1_ms: number): LiveEvents["final"] => ({
  type: "final",
  segment,
  track: segment.startsWith("mic") ? "mic" : "tab",
  speaker: segment.startsWith("mic") ? "me" : "them",
  t0_ms,
  t1_ms,
  words: [{ text: segment, t0_ms, t1_ms, confidence: 1 }],
  voiced: [{ t0_ms, t1_ms }],
  model: "a model",
});

const partial = (segment: string, revision: number, text: string): LiveEvents["partial"] => ({ type: "partial", segment, speaker: "me", revision, t0_ms: 0, t1_ms: 100, text, stable_len: 0 });

function folded(...events: [number | null, LiveEvent, epoch?: number][]): LiveState {
  return events.reduce((state, [number, event, epoch = 1]) => fold(state, { number, epoch, event }), emptyLive);
}

describe("the live fold", () => {
  it("shows segments in order of their start, though they come in order of their end", () => {
    const { finals } = folded([1, final("tab-2", 2_000, 3_000)], [2, final("mic-1", 1_000, 4_000)]);
    expect(finals.map(({ segment }) => segment)).toEqual(["mic-1", "tab-2"]);
  });

  it("learns who of the others spoke after their words, and keeps what it learned", () => {
    const told = (...attributed: { segment: string; name: string; confidence: number }[]): LiveEvent => ({
      type: "measures",
      at_ms: 5_000,
      measures: { at_ms: 5_000, pace_target: {}, current_turn_ms: 0, filled_pauses_covered: true, words: 1, questions: 0, attributed },
    });
    const known = folded([1, final("tab-1", 0, 1_000)], [null, told({ segment: "tab-1", name: "Ana", confidence: 0.9 })], [null, told()]);
    expect(known.participants.get("tab-1")?.name).toBe("Ana");
  });

  it("takes an event that is replayed after a reconnection only once", () => {
    const { finals } = folded([1, final("mic-1", 0, 1_000)], [1, final("mic-1", 0, 1_000)], [2, final("mic-2", 2_000, 3_000)]);
    expect(finals).toHaveLength(2);
  });

  it("replaces what was being heard by what was decided", () => {
    const before = folded([null, partial("mic-1", 1, "so")], [null, partial("mic-1", 2, "so what")]);
    expect(before.partials.get("mic-1")?.text).toBe("so what");
    expect(fold(before, { number: 1, epoch: 1, event: final("mic-1", 0, 1_000) }).partials.size).toBe(0);
  });

  it("drops a stale revision, and what an older connection still says", () => {
    const state = folded([null, partial("mic-1", 2, "so what"), 2], [null, partial("mic-1", 1, "so"), 2], [null, partial("mic-9", 9, "old"), 1]);
    expect([...state.partials.values()].map(({ text }) => text)).toEqual(["so what"]);
  });

  it("shows nothing of a stretch any more once it is decided, whatever its segments were named then", () => {
    const open = folded([null, partial("mic-1", 1, "so")], [null, partial("mic-2", 1, "what")], [null, { ...partial("mic-3", 1, "now"), t0_ms: 2_000 }]);
    expect([...fold(open, { number: 1, epoch: 1, event: final("mic-1", 0, 2_000) }).partials.keys()]).toEqual(["mic-3"]);
    const gap: LiveEvent = { type: "gap", track: "mic", t0_ms: 0, t1_ms: 2_000, reason: "recognizer_failed" };
    expect([...fold(open, { number: 1, epoch: 1, event: gap }).partials.keys()]).toEqual(["mic-3"]);
  });

  it("drops what is taken back", () => {
    const state = folded([null, partial("mic-1", 1, "so")], [null, partial("tab-1", 1, "what")], [null, partial("mic-1", 2 ** 32 - 1, "")]);
    expect([...state.partials.keys()]).toEqual(["tab-1"]);
  });

  it("takes nothing back into the open that is decided", () => {
    const state = folded([1, final("mic-1", 0, 1_000)], [null, partial("mic-1", 3, "so what now")]);
    expect(state.partials.size).toBe(0);
  });

  it("shows nothing any more of what was suppressed, and keeps where that was", () => {
    const open = folded([null, partial("mic-1", 1, "thank you")], [null, partial("tab-1", 1, "so")]);
    const state = fold(open, { number: 1, epoch: 1, event: { type: "suppressed", track: "mic", t0_ms: 0, t1_ms: 600, reason: "noise" } });
    expect([...state.partials.keys()]).toEqual(["tab-1"]);
    expect(state.suppressed.map(({ t0_ms }) => t0_ms)).toEqual([0]);
  });

  it("forgets what an older connection was hearing", () => {
    const state = folded([null, partial("mic-1", 1, "so"), 1], [null, { type: "status", level: "normal", lag_ms: 0, credit_ms: 0 }, 2]);
    expect(state.partials.size).toBe(0);
  });

  it("forgets what was said off the record", () => {
    const state = folded(
      [1, final("mic-1", 0, 1_000)],
      [2, { type: "nudge", id: "n1", rule: "N1", headline: "Slow down", evidence: "", at_ms: 900, expires_at_ms: 9_000 }],
      [3, { type: "retracted", ids: ["mic-1", "n1"] }],
    );
    expect(state.finals).toEqual([]);
    expect(state.nudges).toEqual([]);
  });

  it("is saved only as far as its slowest track, once both are known, and other streams hold no time", () => {
    const committed = (stream: LiveEvents["committed"]["stream"], seconds: number): [null, LiveEvent] => [
      null,
      { type: "committed", stream, sample: 16_000 * seconds, release_seq: 1 },
    ];
    expect(savedToMs(emptyLive)).toBeNull();
    expect(savedToMs(folded(committed("mic", 12)))).toBeNull();
    expect(savedToMs(folded(committed("mic", 12), committed("tab", 9), committed("insights", 0)))).toBe(9_000);
  });

  it("does not end by a report alone: an interrupted meeting has one too", () => {
    expect(folded([4, { type: "report_ready", version: 1 }]).ending).toBe(false);
  });
});

describe("a message", () => {
  it.each([
    ["binary", new ArrayBuffer(2)],
    ["no JSON", "{"],
    ["no event", '{"number":1,"epoch":1}'],
    ["an event of a newer server", '{"number":1,"epoch":1,"event":{"type":"whiteboard"}}'],
    ["a type from the prototype", '{"number":1,"epoch":1,"event":{"type":"constructor"}}'],
    ["a number that is none", '{"number":"1","epoch":1,"event":{"type":"final"}}'],
  ])("that is %s is ignored", (_, message) => expect(parseFrame(message)).toBeUndefined());

  it("with a known event is read", () => {
    expect(parseFrame('{"number":null,"epoch":3,"event":{"type":"ending","left_ms":10}}')).toEqual({ number: null, epoch: 3, event: { type: "ending", left_ms: 10 } });
  });
});

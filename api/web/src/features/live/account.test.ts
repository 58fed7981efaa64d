import { expect, test } from "vitest";
import { unheardWords } from "./account";
import { emptyLive, type LiveState } from "./live-state";

const heard = { decoded: 16_000, non_speech: 0, suppressed: 0, withheld: 0, gap: 0 };

function withSamples(samples: NonNullable<NonNullable<LiveState["status"]>["samples"]>): LiveState {
  return { ...emptyLive, status: { type: "status", level: "normal", lag_ms: 0, credit_ms: 60_000, samples } };
}

test("nothing is said while everything is heard, or by an older server", () => {
  expect(unheardWords(emptyLive)).toBeNull();
  expect(unheardWords(withSamples({ mic: heard }))).toBeNull();
  expect(unheardWords(withSamples({ mic: { ...heard, gap: 8_000 } }))).toBeNull();
});

test("what is withheld or lost is told with its reasons, the longest first", () => {
  const mic = { ...heard, withheld: 16_000 * 90, gap: 16_000 * 30, reasons: { device_slept: 16_000 * 30, muted: 16_000 * 90 } };
  expect(unheardWords(withSamples({ mic, tab: heard }))).toBe("Not heard: you for 2 min (muted, the device slept)");
});

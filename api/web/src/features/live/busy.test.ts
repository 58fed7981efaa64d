import { describe, expect, test } from "vitest";
import { busyWords } from "./busy";

const status = { type: "status", level: "normal", lag_ms: 0, credit_ms: 60_000 } as const;

describe("what is told of a busy server", () => {
  test("is nothing while it keeps up, also where it does not say its step", () => {
    expect(busyWords(status)).toBeUndefined();
    expect(busyWords({ ...status, step: 2 })).toBeUndefined();
  });

  test("is what is left out while words are still in time", () => {
    expect(busyWords({ ...status, step: 3 })?.title).toBe("Words show once a sentence is finished");
  });

  test("is how late words are", () => {
    expect(busyWords({ ...status, level: "lagging", lag_ms: 4_600, step: 5 })?.title).toBe("Words come 5 s late");
    expect(busyWords({ ...status, level: "lagging", lag_ms: 4_600 })?.title).toBe("Words come 5 s late");
  });

  test("is that what is said is kept, where the server takes no sound", () => {
    const told = busyWords({ ...status, level: "overloaded", lag_ms: 12_000, credit_ms: 0, step: 7 });
    expect(told?.title).toBe("Words are late: the server is busy");
    expect(told?.advice).toContain("Nothing is lost");
  });
});

import { describe, expect, it } from "vitest";
import { clock, dayHeading, fullDay, length, spokenLength, timeOfDay } from "./time";

const london = { locale: "en-GB", timeZone: "Europe/London" };

describe("clock", () => {
  it.each([
    [0, "0:00"],
    [59_999, "0:59"],
    [247_000, "4:07"],
    [3_729_000, "1:02:09"],
    [-5, "0:00"],
  ])("shows %i ms as %s", (ms, shown) => expect(clock(ms)).toBe(shown));
});

describe("length", () => {
  it.each([
    [0, "0 s"],
    [48_400, "48 s"],
    [59_600, "1 min"],
    [402_000, "6 min 42 s"],
    [600_000, "10 min"],
    [2_489_000, "41 min"],
    [3_599_000, "1 h"],
    [4_320_000, "1 h 12 min"],
  ])("rounds %i ms to %s", (ms, shown) => expect(length(ms)).toBe(shown));

  it("is spoken in full words", () => {
    expect(spokenLength(82_000)).toBe("1 minute 22 seconds");
    expect(spokenLength(3_601_000)).toBe("1 hour 1 second");
    expect(spokenLength(200)).toBe("0 seconds");
  });
});

describe("days", () => {
  const now = new Date("2026-11-21T00:30:00Z");

  it("are counted in the reader's zone, not in UTC", () => {
    expect(dayHeading("2026-11-20T23:59:00Z", now, london)).toBe("Yesterday");
    expect(dayHeading("2026-11-20T23:59:00Z", now, { locale: "en-GB", timeZone: "America/New_York" })).toBe("Today");
  });

  it("carry the year only when it is another one", () => {
    // Whether a comma follows the weekday differs between the browsers' tables.
    expect(dayHeading("2026-11-13T14:00:00Z", now, london)).toMatch(/^Friday,? 13 November$/);
    expect(dayHeading("2025-11-13T14:00:00Z", now, london)).toMatch(/^Thursday,? 13 November 2025$/);
  });

  it("are written as the reader's English writes them", () => {
    expect(fullDay("2026-11-20T14:00:00Z", { locale: "en-US", timeZone: "UTC" })).toBe("Friday, November 20, 2026");
    expect(timeOfDay("2026-11-20T14:02:00Z", london)).toBe("14:02");
  });
});

import { describe, expect, it } from "vitest";
import type { Measure } from "../api/model";
import { percents, rounded } from "../format/measure";
import { entryOf, missingWords, targetWords } from "./catalogue";
import { place, standing, widened } from "./standing";

const measure = (rest: Partial<Measure>): Measure => ({
  id: "C3",
  name: "Speaking rate",
  value: 150,
  unit: "words/min",
  state: "ok",
  exposure: { have: 100, need: 60, unit: "words" },
  target: { low: 130, high: 170 },
  ...rest,
});

describe("standing", () => {
  it.each([
    [129.9, "below"],
    [130, "in"],
    [170, "in"],
    [170.1, "above"],
  ] as const)("of %d against 130 to 170 is %s", (value, expected) => expect(standing(value, { low: 130, high: 170 })).toBe(expected));

  it("has no side where the band has none", () => {
    expect(standing(-5, { low: null, high: 2 })).toBe("in");
    expect(standing(500, { low: 3 })).toBe("in");
  });
});

describe("a scale", () => {
  const scale = { from: 0, to: 10, step: 2 };
  it("places values, and holds at its ends what lies beyond", () => {
    expect([place(5, scale), place(-3, scale), place(30, scale)]).toEqual([0.5, 0, 1]);
  });
  it("widens in whole steps until a value is on it", () => {
    expect(widened(scale, 13)).toEqual({ from: 0, to: 14, step: 2 });
    expect(widened(scale, -1)).toEqual({ from: -2, to: 10, step: 2 });
    expect(widened(scale, 10)).toBe(scale);
  });
});

describe("figures", () => {
  it.each([
    [0, "0"],
    [1.24, "1.2"],
    [1.96, "2"],
    [9.96, "10"],
    [12.6, "13"],
    [-0.04, "0"],
  ])("%d is written %s", (value, written) => expect(rounded(value)).toBe(written));

  it("shares add up to a hundred", () => {
    expect(percents([1, 1, 1])).toEqual([34, 33, 33]);
    expect(percents([0.435, 0.565])).toEqual([44, 56]);
    expect(percents([0, 0])).toEqual([0, 0]);
  });

  it.each([
    ["C10", 82.4, "82 s"],
    ["C10", 215, "3:35 min:s"],
    ["C13", 383.9, "380 ms"],
    ["C3", 162.6, "163 words/min"],
    ["C24", 2.84, "2.8 semitones"],
    ["C25", -23.46, "-23 LUFS"],
    ["C99", 3.14, "3.1 furlongs"],
  ])("%s of %d is shown as %s", (id, value, shown) => {
    const { figure, unit } = entryOf(measure({ id, unit: "furlongs" })).figure(value);
    expect(`${figure} ${unit}`).toBe(shown);
  });
});

describe("a target", () => {
  it.each([
    ["C3", { low: 130, high: 170 }, "130–170 words/min"],
    ["C7", { low: null, high: 2 }, "at most 2 per 100 words"],
    ["C17", { low: 3, high: null }, "at least 3 per 30 min"],
    ["C13", { low: 300, high: 1200 }, "300–1200 ms"],
    ["C24", { low: 2.5, high: null }, "at least 2.5 semitones"],
    ["C1", null, null],
  ])("of %s is said in words", (id, target, words) => expect(targetWords(measure({ id, target }))).toBe(words));
});

describe("what is missing", () => {
  it.each([
    [{ have: 143, need: 200, unit: "words" }, "143 of 200 words"],
    [{ have: 4.98, need: 5, unit: "minutes of speech" }, "4.9 of 5 minutes of speech"],
    [{ have: 199.9, need: 200, unit: "words" }, "199 of 200 words"],
  ])("never reads as enough", (exposure, words) => expect(missingWords(measure({ exposure }))).toBe(words));
});

import { describe, expect, it } from "vitest";
import { passages, type Said } from "./passages";
import { occurs, split } from "./search";

const said = (id: string, speaker: Said["speaker"], t0_ms: number, t1_ms: number, text = id): Said => ({ id, speaker, t0_ms, t1_ms, text });

describe("passages", () => {
  it("join one speaker's words until another speaks", () => {
    const made = passages([said("a", "me", 0, 1_000), said("b", "me", 1_500, 2_000), said("c", "them", 2_100, 3_000), said("d", "me", 3_100, 4_000)]);
    expect(made.map(({ id, pieces, named }) => [id, pieces.length, named])).toEqual([
      ["a", 2, true],
      ["c", 1, true],
      ["d", 1, true],
    ]);
  });

  it("begin anew after a silence, without naming the same speaker again", () => {
    const made = passages([said("a", "me", 0, 1_000), said("b", "me", 4_000, 5_000)]);
    expect(made.map(({ named }) => named)).toEqual([true, false]);
  });

  it("are each of one of the others, where it is known who that is", () => {
    const theirs = (id: string, t0_ms: number, name?: string): Said => ({
      ...said(id, "them", t0_ms, t0_ms + 900),
      participant: name === undefined ? null : { name, confidence: 0.9 },
    });
    const made = passages([theirs("a", 0, "Ana"), theirs("b", 1_000, "Ana"), theirs("c", 2_000, "Ben"), theirs("d", 3_000)]);
    expect(made.map(({ name, pieces, named }) => [name, pieces.length, named])).toEqual([
      ["Ana", 2, true],
      ["Ben", 1, true],
      [null, 1, true],
    ]);
  });

  it("leave out what held no words", () => {
    expect(passages([said("a", "me", 0, 1_000, "")])).toEqual([]);
  });

  it("end where the longest of their pieces ends", () => {
    expect(passages([said("a", "me", 0, 5_000), said("b", "me", 1_000, 2_000)])[0]?.t1_ms).toBe(5_000);
  });
});

describe("search", () => {
  it.each([
    ["Tomás spoke to tomas", "tomas", ["[Tomás]", " spoke to ", "[tomas]"]],
    ["Ist das groß?", "GROSS", ["Ist das groß?"]],
    ["e\u0301clair", "eclair", ["[e\u0301clair]"]],
    ["aaa", "aa", ["[aa]", "a"]],
    ["a (b) c", "(b)", ["a ", "[(b)]", " c"]],
    ["nothing", "  ", ["nothing"]],
    ["end", "end", ["[end]"]],
  ])("in %j for %j marks %j", (text, sought, marked) => {
    expect(split(text, sought).map((piece) => (piece.found ? `[${piece.text}]` : piece.text))).toEqual(marked);
    expect(split(text, sought).map((piece) => piece.text).join("")).toBe(text);
  });

  it("finds what it marks", () => {
    expect(occurs("Tomás spoke", "TOMAS ")).toBe(true);
    expect(occurs("Tomás spoke", "thomas")).toBe(false);
  });
});

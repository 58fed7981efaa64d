import { describe, expect, it } from "vitest";
import { passages } from "../../transcript/passages";
import type { LiveEvents } from "./live-event";
import { quietWords, withQuiet, type Line } from "./quiet";

const suppressed = (t0_ms: number, reason = "noise"): LiveEvents["suppressed"] => ({ type: "suppressed", track: "mic", t0_ms, t1_ms: t0_ms + 500, reason });
const said = (t0_ms: number) => ({ id: `mic-${t0_ms}`, speaker: "me" as const, t0_ms, t1_ms: t0_ms + 500, text: "so" });

const starts = (lines: readonly Line<ReturnType<typeof said>>[]): (string | number)[][] =>
  lines.map((line) => (line.kind === "quiet" ? ["quiet", line.at.t0_ms] : ["said", line.passage.t0_ms]));

describe("quiet lines", () => {
  it("stand between passages, one for all in a row", () => {
    const shown = passages([said(1_000), said(9_000)]);
    expect(starts(withQuiet(shown, [suppressed(6_000), suppressed(4_000), suppressed(20_000)]))).toEqual([
      ["said", 1_000],
      ["quiet", 4_000],
      ["said", 9_000],
      ["quiet", 20_000],
    ]);
  });

  it("stand alone where nothing was said", () => {
    expect(starts(withQuiet([], [suppressed(0)]))).toEqual([["quiet", 0]]);
  });

  it("say why, as far as this page knows", () => {
    expect(quietWords(suppressed(0))).toBe("Nothing was said here (noise)");
    expect(quietWords(suppressed(0, "weather"))).toBe("Nothing was said here");
  });
});

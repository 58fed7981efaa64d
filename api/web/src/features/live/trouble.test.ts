import { expect, test } from "vitest";
import { troubleWords } from "./trouble";

test("a silent microphone is told with what to look at", () => {
  const { title, advice } = troubleWords({ track: "mic", kind: "silent", since_ms: 65_000 });
  expect(title).toBe("Your microphone has been silent for a minute");
  expect(advice).toBe("Nothing has come from it since 1:05. Is it muted in the system, or is another one chosen?");
});

test("every trouble of either track says what to do", () => {
  for (const track of ["mic", "tab"] as const) {
    for (const kind of ["silent", "changed", "denied", "ended"] as const) {
      const { title, advice } = troubleWords({ track, kind, since_ms: 0 });
      expect(title).not.toBe("");
      expect(advice).toMatch(/choose|share|muted|Allow|allow/i);
    }
  }
});

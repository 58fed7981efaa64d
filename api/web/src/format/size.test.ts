import { describe, expect, it } from "vitest";
import { bytes } from "./size";

describe("bytes", () => {
  it("are written in the unit that a person would use", () => {
    expect([0, 999, 1_000, 640_499, 999_600, 1_240_000, 12_400_000, 3_000_000_000].map(bytes)).toEqual(["0 bytes", "999 bytes", "1 kB", "640 kB", "1.0 MB", "1.2 MB", "12 MB", "3.0 GB"]);
  });
});

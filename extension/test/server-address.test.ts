import { beforeEach, describe, expect, it } from "vitest";
import { judgeAddress, keepServer, keptServer, LOCAL_SERVER } from "../src/server-address";
import { fakeChrome, type FakeChrome } from "./chrome";

describe("an address", () => {
  it.each([
    ["https://attune.example", "https://attune.example"],
    ["https://attune.example:8443/meetings?x=1#y", "https://attune.example:8443"],
    [" attune.example ", "https://attune.example"],
    ["http://127.0.0.1:4680/", "http://127.0.0.1:4680"],
    ["http://localhost:4680", "http://localhost:4680"],
    ["127.0.0.1:4680", "http://127.0.0.1:4680"],
    ["localhost", "http://localhost"],
    ["https://localhost:8443", "https://localhost:8443"],
    ["localhost.attune.example", "https://localhost.attune.example"],
  ])("%s means the server %s", (typed, origin) => expect(judgeAddress(typed)).toEqual({ ok: true, origin }));

  it.each(["", "  ", "http://attune.example", "http://127.0.0.1.attune.example", "ftp://attune.example", "javascript://x", "https://", "https://me:secret@attune.example"])(
    "%j is refused with a reason",
    (typed) => {
      const judged = judgeAddress(typed);
      expect(judged.ok).toBe(false);
      expect(judged.ok ? "" : judged.problem).toMatch(/\.$/);
    },
  );
});

describe("the kept server", () => {
  let chrome: FakeChrome;
  beforeEach(() => {
    chrome = fakeChrome();
  });

  it("is the one on this machine until another is kept", async () => {
    expect(await keptServer()).toBe(LOCAL_SERVER);
    await keepServer("https://attune.example");
    expect(await keptServer()).toBe("https://attune.example");
  });

  it("falls back where storage holds what no one could have kept", async () => {
    chrome.stored["server"] = "javascript:alert(1)";
    expect(await keptServer()).toBe(LOCAL_SERVER);
    chrome.stored["server"] = 7;
    expect(await keptServer()).toBe(LOCAL_SERVER);
  });
});

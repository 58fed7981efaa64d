import { beforeEach, expect, it, vi } from "vitest";
import { fakeChrome, type FakeChrome } from "./chrome";

let chrome: FakeChrome;
beforeEach(async () => {
  vi.resetModules();
  chrome = fakeChrome();
  await import("../src/service-worker");
});

it("the toolbar button opens the meetings of the kept server", async () => {
  chrome.stored["server"] = "https://attune.example";
  chrome.clickAction();
  await vi.waitFor(() => expect(chrome.opened).toEqual(["https://attune.example/"]));
});

it("the first installation shows the options, an update does not", () => {
  chrome.install("update");
  expect(chrome.optionsOpened).toBe(0);
  chrome.install("install");
  expect(chrome.optionsOpened).toBe(1);
});

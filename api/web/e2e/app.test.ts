/**
 * The built app in a browser: signs in, and goes through the list, the live view and the report.
 *
 *   ATTUNE_URL=http://127.0.0.1:4680 ATTUNE_SIGN_IN='http://127.0.0.1:4680/sign-in#…' npm run e2e -w api/web
 *
 * Without ATTUNE_URL it starts the mock server on the app in `dist/`. A server of one's own needs one meeting with a report.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startMockServer } from "../test/mock-server.mjs";
import { accessibilityViolations, CHROMIUM, launch, visit, type Visit } from "./browser";

const missing = [CHROMIUM, ...(process.env["ATTUNE_URL"] === undefined ? [join(import.meta.dirname, "../dist/index.html")] : [])].filter((path) => !existsSync(path));
if (missing.length > 0) console.warn(`skipped: the app in a browser, because there is no ${missing.join(" and no ")}`);

describe.runIf(missing.length === 0)("the app in a browser", () => {
  let browser: Browser;
  let context: BrowserContext;
  let current: Visit;
  let url: string;
  let signIn: string;
  let close = async (): Promise<void> => undefined;

  beforeAll(async () => {
    const given = process.env["ATTUNE_URL"];
    if (given === undefined) {
      const mock = await startMockServer();
      ({ url, close } = mock);
      signIn = `${url}/sign-in#good`;
    } else {
      url = given.replace(/\/$/, "");
      signIn = process.env["ATTUNE_SIGN_IN"] ?? `${url}/sign-in`;
    }
    browser = await launch();
    // Contrasts are of colours at rest, not of what a transition passes through.
    context = await browser.newContext({ viewport: { width: 1280, height: 820 }, reducedMotion: "reduce" });
    current = await visit(context);
  });

  afterEach(() => {
    // A browser reports answers of 4xx as console errors; those the app expects are named here, and nothing else is.
    const unexpected = current.complaints.filter((complaint) => !/status of (401|410)/.test(complaint));
    current.complaints.length = 0;
    expect(unexpected).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    await close();
  });

  it("asks a stranger to sign in", async () => {
    const { page } = current;
    await page.goto(`${url}/`);
    await page.getByRole("heading", { name: /^Sign in/ }).waitFor();
    expect(await accessibilityViolations(page)).toEqual([]);
  });

  it("refuses a link that is no good, and says how to get another", async () => {
    const { page } = current;
    await page.goto(`${url}/sign-in#this-is-no-link`);
    await page.getByRole("heading", { name: "This link no longer works" }).waitFor();
    expect(new URL(page.url()).hash).toBe("");
    expect(await accessibilityViolations(page)).toEqual([]);
  });

  it("signs in by a link, leaves no token in the address, and lists the meetings", async () => {
    const { page } = current;
    await page.goto(signIn);
    await page.getByRole("heading", { level: 1, name: "Meetings" }).waitFor();
    await page.getByRole("button", { name: /^Actions for / }).first().waitFor();
    expect(new URL(page.url()).hash).toBe("");
    expect(await accessibilityViolations(page)).toEqual([]);
  });

  it("is used by keyboard alone: the first stop skips to the content, and a menu opens and closes", async () => {
    const { page } = current;
    await page.goto(`${url}/`);
    const menu = page.getByRole("button", { name: /^Actions for / }).first();
    await menu.waitFor();
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to content");
    await menu.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("menuitem", { name: "Rename" }).waitFor();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Rename meeting" });
    await dialog.waitFor();
    expect(await accessibilityViolations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    // The focus goes back with the next frame.
    await expect.poll(() => menu.evaluate((button) => button === button.ownerDocument.activeElement)).toBe(true);
  });

  it("shows a report with its chart, its words and its recognizer", async () => {
    const { page } = current;
    await page.goto(`${url}/`);
    const reports = page.getByRole("listitem").filter({ has: page.getByRole("img", { name: /^Talk share/ }) });
    await reports.first().getByRole("link").click();
    await page.getByRole("heading", { name: "Who spoke" }).waitFor();
    await page.getByRole("img", { name: /^Turns over/ }).waitFor();
    await page.getByText(/Heard by/).waitFor();
    expect(await page.locator("canvas").count()).toBe(1);
    expect(await page.getByRole("region", { name: "Transcript" }).getByRole("listitem").count()).toBeGreaterThan(5);
    expect(await page.evaluate("document.activeElement.id")).toBe("content");
    expect(await accessibilityViolations(page)).toEqual([]);
  });

  it("leads from a nudge to the words that it was about", async () => {
    const { page } = current;
    const moment = page.getByRole("region", { name: "Nudges" }).getByRole("link").first();
    if ((await moment.count()) === 0) return console.warn("skipped: this meeting had no nudge");
    await moment.click();
    const target = page.locator(":target");
    await target.waitFor();
    expect(await target.evaluate((words) => words.getBoundingClientRect().top >= 0 && words.getBoundingClientRect().top < words.ownerDocument.documentElement.clientHeight)).toBe(true);
  });

  it.each(["light", "dark"] as const)("has words put right by keyboard alone, in the %s theme", async (colorScheme) => {
    const { page } = current;
    await page.emulateMedia({ colorScheme });
    const transcript = page.getByRole("region", { name: "Transcript" });
    const edit = transcript.getByRole("button", { name: /^Correct the words at/ }).first();
    await edit.focus();
    await page.keyboard.press("Enter");
    const field = transcript.getByRole("textbox", { name: /^Words at/ }).first();
    await expect.poll(() => field.evaluate((words) => words === words.ownerDocument.activeElement)).toBe(true);
    expect(await accessibilityViolations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await field.waitFor({ state: "hidden" });
    await expect.poll(() => edit.evaluate((button) => button === button.ownerDocument.activeElement)).toBe(true);
    await page.keyboard.press("Enter");
    await field.waitFor();
    await field.fill(`Put right in the ${colorScheme}.`);
    await page.keyboard.press("Enter");
    await field.waitFor({ state: "hidden" });
    await transcript.getByText(`Put right in the ${colorScheme}.`).waitFor();
    await transcript.getByText(/^corrected; heard: /).first().waitFor();
    expect(await accessibilityViolations(page)).toEqual([]);
    await page.reload();
    await transcript.getByText(`Put right in the ${colorScheme}.`).waitFor();
    await page.emulateMedia({ colorScheme: null });
  });

  it.each(["light", "dark"] as const)("keeps its contrasts in the %s theme, on a telephone too", async (colorScheme) => {
    const { page } = current;
    await page.emulateMedia({ colorScheme });
    await page.locator(`html[data-theme="${colorScheme}"]`).waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await accessibilityViolations(page)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    await page.setViewportSize({ width: 1280, height: 820 });
    await page.emulateMedia({ colorScheme: null });
  });

  it("follows a meeting live, over its socket", async () => {
    const { page } = current;
    await page.goto(`${url}/`);
    const live = page.getByRole("listitem").filter({ hasText: "Live" });
    // A server that is asked after its meeting still shows what was said, from the same socket.
    const link = (await live.count()) > 0 ? live.first() : page.getByRole("listitem").filter({ has: page.getByRole("img", { name: /^Talk share/ }) }).first();
    const path = await link.getByRole("link").getAttribute("href");
    await page.goto(`${url}${(path ?? "").replace(/\/report$/, "/live")}`);
    const log = page.getByRole("log", { name: "What is said" });
    await log.getByRole("listitem").first().waitFor();
    await page.getByText(/^Saved to \d/).waitFor();
    expect(await accessibilityViolations(page)).toEqual([]);
  });

  it.each(["light", "dark"] as const)("shows the cards of attention in the %s theme, on a telephone too", async (colorScheme) => {
    const { page } = current;
    await page.emulateMedia({ colorScheme });
    const alertness = page.getByRole("region", { name: "Alertness" });
    // A meeting without a device that looks has none.
    if ((await alertness.count()) > 0) {
      for (const viewport of [{ width: 1280, height: 820 }, { width: 390, height: 844 }]) {
        await page.setViewportSize(viewport);
        for (const name of ["Alertness", "Environment", "Steadiness"]) expect(await page.getByRole("region", { name }).isVisible()).toBe(true);
        expect(await accessibilityViolations(page)).toEqual([]);
        expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
      }
      await page.setViewportSize({ width: 1280, height: 820 });
    }
    await page.emulateMedia({ colorScheme: null });
  });

  it("says in the settings where speech is recognized", async () => {
    const { page } = current;
    await page.goto(`${url}/`);
    await page.getByRole("link", { name: "Settings" }).click();
    await page.getByRole("switch").first().waitFor();
    expect(await accessibilityViolations(page)).toEqual([]);
  });

  it.each(["light", "dark"] as const)("takes a recording of the heart and shows it, in the %s theme, on a telephone too", async (colorScheme) => {
    const { page } = current;
    await page.emulateMedia({ colorScheme });
    const list = page.getByRole("list", { name: "Recordings of your heart" });
    // Eighty seconds of a heart that swings by 30 ms, each time on another day.
    const day = colorScheme === "light" ? "01" : "02";
    const rows = Array.from({ length: 100 }, (_, beat) => `2025-03-${day}T08:${String(Math.floor((beat * 0.8) / 60)).padStart(2, "0")}:${((beat * 0.8) % 60).toFixed(3).padStart(6, "0")}Z,${beat % 2 === 0 ? 815 : 785}`);
    await page.getByLabel("Upload a recording").setInputFiles({ name: "morning.csv", mimeType: "text/csv", buffer: Buffer.from(["time,rr_ms", ...rows].join("\n")) });
    await list.getByText(/ms RMSSD/).first().waitFor();
    for (const viewport of [{ width: 1280, height: 820 }, { width: 390, height: 844 }]) {
      await page.setViewportSize(viewport);
      expect(await accessibilityViolations(page)).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    }
    await page.setViewportSize({ width: 1280, height: 820 });
    await page.emulateMedia({ colorScheme: null });
  });

  it("signs out", async () => {
    const { page } = current;
    await page.goto(`${url}/`);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: /^Sign in/ }).waitFor();
    await page.goto(`${url}/`);
    await page.getByRole("heading", { name: /^Sign in/ }).waitFor();
  });
});

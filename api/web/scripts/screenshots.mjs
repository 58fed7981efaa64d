/**
 * Pictures of every page at 1280 and 390 pixels in both themes, against the mock server, into `test/shots/`.
 *
 *   npm run build -w api/web && npm run screenshots -w api/web [-- name-part]
 */
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { startMockServer } from "../test/mock-server.mjs";

const OUT = fileURLToPath(new URL("../test/shots", import.meta.url));
const LIVE = "/meetings/01936f00-0000-7000-8000-000000000009/live";
const REPORT = "/meetings/01936f00-0000-7000-8000-000000000008/report";
const BROKEN = "/meetings/01936f00-0000-7000-8000-000000000007/report";

/** @typedef {{ name: string, path: string, server?: import("../test/mock-server.mjs").Options, full?: boolean, act?: (page: import("playwright-core").Page) => Promise<void> }} Shot */

/** @type {Shot[]} */
const shots = [
  { name: "sign-in", path: "/sign-in", server: { signedIn: false } },
  {
    name: "sign-in-wrong",
    path: "/sign-in",
    server: { signedIn: false },
    act: async (page) => {
      await page.getByLabel("E-mail address").fill("maria.kowalczyk@example.com");
      await page.getByLabel("Password").fill("wrong, but long enough");
      await page.keyboard.press("Enter");
      await page.getByRole("alert").waitFor();
    },
  },
  { name: "sign-up", path: "/sign-up", server: { signedIn: false } },
  { name: "reset-password", path: "/reset-password#good", server: { signedIn: false } },
  { name: "confirm-address", path: "/confirm-address#good", server: { signedIn: false } },
  { name: "sign-in-gone", path: "/sign-in#gone", server: { signedIn: false } },
  { name: "meetings", path: "/", full: true },
  { name: "meetings-empty", path: "/", server: { empty: true } },
  { name: "meetings-menu", path: "/", act: async (page) => page.getByRole("button", { name: /^Actions for One-to-one/ }).click() },
  {
    name: "meetings-rename",
    path: "/",
    act: async (page) => {
      await page.getByRole("button", { name: /^Actions for One-to-one/ }).click();
      await page.getByRole("menuitem", { name: "Rename" }).click();
    },
  },
  {
    name: "meetings-delete",
    path: "/",
    act: async (page) => {
      await page.getByRole("button", { name: /^Actions for One-to-one/ }).click();
      await page.getByRole("menuitem", { name: "Delete" }).click();
    },
  },
  { name: "live-start", path: LIVE, server: { liveMs: 6_000 } },
  { name: "live-nudge", path: LIVE, server: { liveMs: 118_000 } },
  { name: "live-attention", path: LIVE, server: { liveMs: 205_000 }, full: true },
  {
    name: "live-troubles",
    path: LIVE,
    server: {
      liveMs: 118_000,
      troubles: [
        { track: "mic", kind: "silent", since_ms: 52_000 },
        { track: "tab", kind: "ended", since_ms: 96_000 },
      ],
      samples: { mic: { decoded: 800_000, non_speech: 600_000, suppressed: 0, withheld: 320_000, gap: 64_000, reasons: { muted: 320_000, device_slept: 64_000 } } },
    },
  },
  {
    name: "live-scrolled",
    path: LIVE,
    server: { liveMs: 240_000 },
    act: async (page) => {
      await page.getByRole("log").evaluate((log) => log.scrollTo({ top: 60 }));
      await page.getByRole("button", { name: "Jump to now" }).waitFor();
    },
  },
  { name: "report-first", path: REPORT },
  { name: "report", path: REPORT, full: true },
  {
    name: "report-measures",
    path: REPORT,
    full: true,
    act: async (page) => {
      await page.getByText(/more measures$/).click();
      await page.getByText("Communication score").click();
    },
  },
  { name: "report-incomplete", path: BROKEN },
  {
    name: "report-search",
    path: REPORT,
    act: async (page) => {
      const field = page.getByRole("searchbox");
      await field.fill("portuguese");
      await field.scrollIntoViewIfNeeded();
    },
  },
  {
    name: "report-correct",
    path: REPORT,
    act: async (page) => {
      const edit = page.getByRole("button", { name: /^Correct the words at/ });
      await edit.nth(1).focus();
      await page.keyboard.press("Enter");
      await page.getByRole("textbox", { name: /^Words at/ }).first().fill("Words that were put right.");
      await page.keyboard.press("Enter");
      await page.getByText(/^corrected; heard: /).waitFor();
      await edit.nth(1).click();
      await page.getByRole("button", { name: "Save words" }).scrollIntoViewIfNeeded();
    },
  },
  { name: "settings", path: "/settings", full: true },
  { name: "settings-heart", path: "/settings", full: true },
  {
    name: "settings-destroy",
    path: "/settings",
    act: async (page) => {
      await page.getByRole("switch", { name: /^Keep the audio/ }).click();
      await page.getByRole("switch", { name: /^Keep the audio/, checked: true }).click();
    },
  },
  {
    name: "settings-on",
    path: "/settings",
    act: async (page) => {
      await page.getByRole("switch", { name: "Send my speech to the recognizer elsewhere" }).click();
      await page.getByText(/Your speech is recognized by/).waitFor();
    },
  },
  {
    name: "settings-proof",
    path: "/settings",
    act: async (page) => {
      await page.getByRole("button", { name: "Set up" }).click();
      await page.getByRole("dialog").getByLabel("Password").waitFor();
    },
  },
  {
    name: "settings-codes",
    path: "/settings",
    full: true,
    act: async (page) => {
      await page.getByRole("button", { name: "Set up" }).click();
      await page.getByRole("dialog").getByLabel("Password").fill("right");
      await page.keyboard.press("Enter");
      await page.getByRole("img", { name: /QR code/ }).waitFor();
    },
  },
  {
    name: "settings-recovery",
    path: "/settings",
    full: true,
    act: async (page) => {
      await page.getByRole("button", { name: "Set up" }).click();
      await page.getByRole("dialog").getByLabel("Password").fill("right");
      await page.keyboard.press("Enter");
      await page.getByLabel("Code", { exact: true }).fill("123456");
      await page.keyboard.press("Enter");
      await page.getByRole("list", { name: "Recovery codes" }).waitFor();
    },
  },
  { name: "not-found", path: "/nowhere" },
];

const only = process.argv[2] ?? "";
await mkdir(OUT, { recursive: true });
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
let problems = 0;
for (const { name, path, server, full = false, act } of shots.filter((shot) => shot.name.includes(only))) {
  for (const width of [1280, 390]) {
    for (const theme of /** @type {const} */ (["light", "dark"])) {
      const mock = await startMockServer({ signedIn: true, ...server });
      const context = await browser.newContext({ viewport: { width, height: width === 390 ? 844 : 820 }, colorScheme: theme, deviceScaleFactor: 1, reducedMotion: "reduce", timezoneId: "UTC", locale: "en-GB" });
      const page = await context.newPage();
      page.on("console", (message) => {
        if (message.type() !== "error" || message.text().includes("status of 4")) return;
        problems += 1;
        console.error(`${name} ${width} ${theme}: ${message.text()}`);
      });
      page.on("pageerror", (error) => {
        problems += 1;
        console.error(`${name} ${width} ${theme}: ${error.message}`);
      });
      await page.goto(`${mock.url}${path}`);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.evaluate(() => document.fonts.ready);
      if (path === LIVE) await page.getByText(/Connected/).waitFor();
      await act?.(page);
      await page.waitForTimeout(350);
      await page.screenshot({ path: `${OUT}/${name}-${width}-${theme}.png`, fullPage: full });
      await context.close();
      await mock.close();
    }
  }
}
await browser.close();
process.exitCode = problems === 0 ? 0 : 1;

// @vitest-environment node
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

const CHROMIUM = "/usr/bin/chromium";
const root = join(import.meta.dirname, "..");
if (!existsSync(CHROMIUM)) console.warn(`skipped: the extension in a browser, because ${CHROMIUM} is not installed`);

describe.runIf(existsSync(CHROMIUM))("in a browser, the extension", () => {
  const profile = mkdtempSync(join(tmpdir(), "attune-extension-"));
  let browser: BrowserContext;
  let server: Server;
  let origin: string;

  beforeAll(async () => {
    execFileSync(process.execPath, [join(root, "scripts/build.mjs")]);
    server = createServer((request, response) => {
      const health = request.url === "/v1/health";
      response.writeHead(health ? 200 : 404, { "content-type": "application/json", "cross-origin-resource-policy": "same-origin" });
      response.end(JSON.stringify(health ? { status: "ok", version: "9.9.9" } : {}));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const dist = join(root, "dist");
    browser = await chromium.launchPersistentContext(profile, {
      executablePath: CHROMIUM,
      chromiumSandbox: false,
      headless: false,
      args: [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        `--disable-extensions-except=${dist}`,
        `--load-extension=${dist}`,
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
      ],
    });
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    server?.close();
    rmSync(profile, { recursive: true, force: true });
  });

  it("opens its options once installed, checks a server on this machine from them and keeps it", { timeout: 60_000 }, async () => {
    const worker = browser.serviceWorkers()[0] ?? (await browser.waitForEvent("serviceworker"));
    const options = new URL("/options.html", worker.url()).href;
    // The extension opens them itself, in the browser's empty first tab or in one of their own: a second navigation would meet that one.
    const opened = () => browser.pages().find((page) => page.url() === options);
    await vi.waitUntil(opened, { timeout: 30_000 });
    const page = opened();
    if (page === undefined) throw new Error("its options were closed");
    const problems: string[] = [];
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    await page.reload();
    await page.getByLabel("Address of your server").fill(`${origin}/`);
    await page.getByRole("button", { name: "Check and save" }).click();
    await page.getByText("Saved. The server answers; it runs version 9.9.9.").waitFor();
    expect(await worker.evaluate(async () => chrome.storage.local.get("server"))).toEqual({ server: origin });
    expect(problems).toEqual([]);
  });
});

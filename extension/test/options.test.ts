import { readFileSync } from "node:fs";
import { findByText, getByLabelText, getByRole } from "@testing-library/dom";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { wireOptions } from "../src/options";
import { fakeChrome, type FakeChrome } from "./chrome";

const html = readFileSync(new URL("../src/options.html", `file://${import.meta.dirname}/`), "utf8");

describe("the options page", () => {
  let chrome: FakeChrome;
  let page: AbortController;
  const answer = vi.fn<typeof fetch>();

  beforeEach(async () => {
    chrome = fakeChrome();
    answer.mockReset();
    vi.stubGlobal("fetch", answer);
    document.body.innerHTML = new DOMParser().parseFromString(html, "text/html").body.innerHTML;
    page = new AbortController();
    await wireOptions(document, page.signal);
  });
  afterEach(() => page.abort());

  const check = async (address: string): Promise<void> => {
    const user = userEvent.setup();
    const field = getByLabelText(document.body, "Address of your server");
    await user.clear(field);
    if (address !== "") await user.type(field, address);
    await user.click(getByRole(document.body, "button", { name: "Check and save" }));
  };

  it("begins with the server on this machine", () => {
    expect(getByRole<HTMLInputElement>(document.body, "textbox").value).toBe("http://127.0.0.1:4680");
  });

  it("keeps a server that answers, and says its version", async () => {
    answer.mockResolvedValue(Response.json({ status: "ok", version: "0.1.0" }));
    await check("https://attune.example/meetings");
    await findByText(document.body, "Saved. The server answers; it runs version 0.1.0.");
    expect(chrome.stored).toEqual({ server: "https://attune.example" });
    expect([...chrome.granted]).toEqual(["https://attune.example/*"]);
    expect(answer.mock.calls[0]?.[0]).toBe("https://attune.example/v1/health");
  });

  it("sends no cookie and follows no redirect when it asks", async () => {
    answer.mockResolvedValue(Response.json({ status: "ok", version: "0.1.0" }));
    await check("https://attune.example");
    await findByText(document.body, /^Saved/);
    expect(answer.mock.calls[0]?.[1]).toMatchObject({ credentials: "omit", redirect: "error" });
  });

  it.each<[string, () => Promise<Response>, RegExp]>([
    ["a server that is away", async () => Promise.reject(new TypeError("failed to fetch")), /^Nothing answers there/],
    ["somebody else’s server", async () => new Response("<h1>Welcome</h1>"), /not an Attune server/],
    ["a server without its database", async () => Response.json({ error: { code: "unavailable", request_id: "r" } }, { status: 503 }), /not well \(503\)/],
  ])("keeps nothing of %s", async (_, responds, said) => {
    answer.mockImplementation(responds);
    await check("https://attune.example");
    await findByText(document.body, said);
    expect(chrome.stored).toEqual({});
    expect(chrome.asked).toEqual(["https://attune.example/*"]);
    await vi.waitFor(() => expect(chrome.granted.size).toBe(0));
  });

  it("leaves the permission of the kept server alone when it is away for a while", async () => {
    chrome.granted.add("https://attune.example/*");
    answer.mockRejectedValue(new TypeError("failed to fetch"));
    await check("https://attune.example");
    await findByText(document.body, /^Nothing answers there/);
    await vi.waitFor(() => expect(getByRole<HTMLButtonElement>(document.body, "button").disabled).toBe(false));
    expect([...chrome.granted]).toEqual(["https://attune.example/*"]);
  });

  it("marks the field as wrong only while it is", async () => {
    const field = getByLabelText(document.body, "Address of your server");
    await check("http://attune.example");
    expect(field.getAttribute("aria-invalid")).toBe("true");
    answer.mockResolvedValue(Response.json({ status: "ok", version: "0.1.0" }));
    await check("https://attune.example");
    await findByText(document.body, /^Saved/);
    expect(field.getAttribute("aria-invalid")).toBe("false");
  });

  it("asks nobody when permission is refused", async () => {
    chrome.grants = false;
    await check("https://attune.example");
    await findByText(document.body, /Without your permission/);
    expect(answer).not.toHaveBeenCalled();
    expect(chrome.stored).toEqual({});
  });

  it("asks for no permission for an address that cannot be one", async () => {
    await check("http://attune.example");
    await findByText(document.body, /^Use https/);
    expect(chrome.asked).toEqual([]);
  });

  it("says that it does not capture", () => {
    expect(getByRole(document.body, "heading", { name: "What this version does not do" })).toBeTruthy();
    expect(document.body.textContent).toMatch(/Capture from Google Meet is not in this version/);
  });
});

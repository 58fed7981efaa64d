import { screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { openApp, refusal } from "../../../test/app";
import { meeting } from "../../../test/fixtures/meeting.mjs";

const list = { "GET /v1/meetings": () => ({ status: 200, body: { meetings: [meeting(1, { title: "Roadmap" })], next_cursor: null } }) };

describe("the sign-in page", () => {
  afterEach(() => window.history.replaceState(null, "", "/"));

  it("says how to get a link when it has none", async () => {
    const { requests } = openApp("/sign-in", {});
    expect(await screen.findByRole("heading", { name: "Sign in with a link" })).toBeTruthy();
    expect(screen.getByText("attune login-link")).toBeTruthy();
    expect(requests).toEqual([]);
  });

  it("exchanges the link's token once, takes it out of the address, and goes on", async () => {
    window.history.replaceState(null, "", "/sign-in#s3cret");
    const bodies: unknown[] = [];
    const { path } = openApp("/sign-in", {
      ...list,
      "POST /v1/auth/login-links/redeem": async (request) => {
        bodies.push(await request.json());
        return { status: 200, body: { user: { id: "u", tenant_id: "t", role: "owner" } } };
      },
    });
    expect(await screen.findByRole("link", { name: "Roadmap" })).toBeTruthy();
    expect(bodies).toEqual([{ token: "s3cret" }]);
    expect(window.location.hash).toBe("");
    expect(path()).toBe("/");
  });

  it("says that a link was used or is too old", async () => {
    window.history.replaceState(null, "", "/sign-in#old");
    openApp("/sign-in", { "POST /v1/auth/login-links/redeem": () => refusal(410, "login_link_gone") });
    expect(await screen.findByRole("heading", { name: "This link no longer works" })).toBeTruthy();
    expect(screen.getByText("attune login-link")).toBeTruthy();
  });

  it("keeps the link when only the server is away, and promises nothing about it", async () => {
    window.history.replaceState(null, "", "/sign-in#s3cret");
    let away = true;
    const { user } = openApp("/sign-in", {
      ...list,
      "POST /v1/auth/login-links/redeem": async () => {
        if (away) throw new TypeError("failed to fetch");
        return { status: 200, body: { user: { id: "u", tenant_id: "t", role: "owner" } } };
      },
    });
    expect(await screen.findByRole("heading", { name: "The server did not answer" })).toBeTruthy();
    // Whether the answer or the question was lost is not known here, so the link may be used.
    expect(screen.getByText(/Try again; if the link was used meanwhile, ask for another/)).toBeTruthy();
    away = false;
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("link", { name: "Roadmap" })).toBeTruthy();
  });

  it("leads nowhere but to this app", async () => {
    window.history.replaceState(null, "", "/sign-in#s3cret");
    const { path } = openApp("/sign-in?next=%2F%2Felsewhere.example", {
      ...list,
      "POST /v1/auth/login-links/redeem": () => ({ status: 200, body: { user: { id: "u", tenant_id: "t", role: "owner" } } }),
    });
    expect(await screen.findByRole("link", { name: "Roadmap" })).toBeTruthy();
    expect(path()).toBe("/");
  });
});

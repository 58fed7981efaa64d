import { screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { leaveFor } from "../../api/leave";
import { openApp, refusal } from "../../../test/app";
import { meeting } from "../../../test/fixtures/meeting.mjs";

vi.mock("../../api/leave");

const offered = { "GET /v1/auth/providers": () => ({ status: 200, body: { providers: [{ provider: "google", name: "Google" }, { provider: "oidc", name: "Northwind" }] } }) };
const list = { "GET /v1/meetings": () => ({ status: 200, body: { meetings: [meeting(1, { title: "Roadmap" })], next_cursor: null } }) };

describe("the sign-in page", () => {
  afterEach(() => window.history.replaceState(null, "", "/"));

  it("says how to get a link when it has none", async () => {
    const { requests } = openApp("/sign-in", {});
    expect(await screen.findByRole("heading", { name: "Sign in with a link" })).toBeTruthy();
    expect(screen.getByText("attune login-link")).toBeTruthy();
    // Which accounts elsewhere there are is all that it asks for.
    expect(requests.toSorted()).toEqual(["GET /v1/auth/providers", "GET /v1/auth/ways"]);
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

  it("offers the accounts that the server was set up with, and goes where one of them is", async () => {
    const { user, requests } = openApp("/sign-in", {
      ...offered,
      "POST /v1/auth/external/oidc": () => ({ status: 200, body: { url: "https://idp.example/authorize?state=s" } }),
    });
    expect(await screen.findByRole("button", { name: "Continue with Google" })).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Continue with Northwind" }));
    await vi.waitFor(() => expect(leaveFor).toHaveBeenCalledExactlyOnceWith("https://idp.example/authorize?state=s"));
    expect(requests).toContain("POST /v1/auth/external/oidc");
  });

  it("says that an account's provider is away, and stays", async () => {
    vi.mocked(leaveFor).mockClear();
    const { user } = openApp("/sign-in", { ...offered, "POST /v1/auth/external/google": () => refusal(503, "unavailable", "not available just now") });
    await user.click(await screen.findByRole("button", { name: "Continue with Google" }));
    expect((await screen.findByRole("alert")).textContent).toBe("Not available just now.");
    expect(leaveFor).not.toHaveBeenCalled();
  });

  it("asks somebody who comes back for their one-time code", async () => {
    window.history.replaceState(null, "", "/sign-in/code#half");
    const bodies: unknown[] = [];
    const { user, path } = openApp("/sign-in/code", {
      ...list,
      "POST /v1/auth/code": async (request) => {
        bodies.push(await request.json());
        return { status: 200, body: { user: { id: "u", tenant_id: "t", role: "owner" } } };
      },
    });
    await user.type(await screen.findByLabelText("Code"), "123456{Enter}");
    expect(await screen.findByRole("link", { name: "Roadmap" })).toBeTruthy();
    expect(window.location.hash).toBe("");
    expect(path()).toBe("/");
    expect(bodies).toEqual([{ code_token: "half", code: "123456" }]);
    window.history.replaceState(null, "", "/");
  });

  it("says why somebody comes back in vain, in words of its own alone", async () => {
    openApp("/sign-in?problem=another_browser", offered);
    expect((await screen.findByRole("alert")).textContent).toContain("another browser or tab");
  });

  it("repeats nothing that somebody else wrote into its address", async () => {
    openApp("/sign-in?problem=call+0800+evil", offered);
    expect(await screen.findByRole("button", { name: "Continue with Google" })).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
    expect(document.body.textContent).not.toContain("evil");
  });
});

describe("signing in with a password", () => {
  const ways = { "GET /v1/auth/ways": () => ({ status: 200, body: { password: true, sign_up: true } }) };
  const user_ = { user: { id: "u", tenant_id: "t", role: "owner" } };

  it("takes an address and a password, and a code where one is asked for", async () => {
    const bodies: unknown[] = [];
    const { user, path } = openApp("/sign-in", {
      ...list,
      ...ways,
      "POST /v1/auth/sign-in": async (request) => {
        bodies.push(await request.json());
        return { status: 202, body: { code_token: "half" } };
      },
      "POST /v1/auth/code": async (request) => {
        const body = (await request.json()) as { code: string };
        bodies.push(body);
        return body.code === "123456" ? { status: 200, body: user_ } : refusal(401, "not_proved", "the code is not right, or was used: wait for the next");
      },
    });
    await user.type(await screen.findByLabelText("E-mail address"), "maria@example.com");
    await user.type(screen.getByLabelText("Password"), "correct horse{Enter}");
    const code = await screen.findByLabelText("Code");
    expect(document.activeElement).toBe(code);
    await user.type(code, "000000{Enter}");
    expect((await screen.findByRole("alert")).textContent).toContain("The code is not right");
    await user.type(code, "123456{Enter}");
    expect(await screen.findByRole("link", { name: "Roadmap" })).toBeTruthy();
    expect(path()).toBe("/");
    expect(bodies).toEqual([{ address: "maria@example.com", password: "correct horse" }, { code_token: "half", code: "000000" }, { code_token: "half", code: "123456" }]);
  });

  it("says that one of the two is not right, and stays", async () => {
    const { user, path } = openApp("/sign-in", { ...ways, "POST /v1/auth/sign-in": () => refusal(401, "not_proved", "the address or the password is not right") });
    await user.type(await screen.findByLabelText("E-mail address"), "maria@example.com");
    await user.type(screen.getByLabelText("Password"), "wrong{Enter}");
    expect((await screen.findByRole("alert")).textContent).toBe("You were not signed in. The address or the password is not right.");
    expect(path()).toBe("/sign-in");
  });

  it("asks for a link by mail without saying whether there is such an account", async () => {
    const bodies: unknown[] = [];
    const { user } = openApp("/sign-in", {
      ...ways,
      "POST /v1/auth/password-resets": async (request) => {
        bodies.push(await request.json());
        return { status: 202 };
      },
    });
    await user.click(await screen.findByRole("link", { name: "Forgot your password?" }));
    await user.type(await screen.findByLabelText("E-mail address"), "maria@example.com{Enter}");
    expect(await screen.findByText(/If there is an account with this address, there is a link for you/)).toBeTruthy();
    expect(bodies).toEqual([{ address: "maria@example.com" }]);
  });

  it.each([
    ["/sign-up", "POST /v1/auth/sign-ups/redeem"],
    ["/reset-password", "POST /v1/auth/password-resets/redeem"],
  ])("chooses a password with the link that was mailed to %s", async (page, route) => {
    window.history.replaceState(null, "", `${page}#s3cret`);
    const bodies: unknown[] = [];
    const { user } = openApp(page, {
      ...list,
      [route]: async (request) => {
        bodies.push(await request.json());
        const problem = { field: "password", problem: "this is among the first that somebody would try: take another" };
        if (bodies.length === 1) return { status: 422, body: { error: { code: "invalid", message: "some fields are not right", details: { fields: [problem] }, timestamp: "", request_id: "r", retryable: false } } };
        return { status: 200, body: user_ };
      },
    });
    const password = await screen.findByLabelText("Password");
    expect(window.location.hash).toBe("");
    await user.type(password, "password123{Enter}");
    expect((await screen.findByRole("alert")).textContent).toContain("This is among the first that somebody would try");
    await user.clear(password);
    await user.type(password, "correct horse battery{Enter}");
    expect(await screen.findByRole("link", { name: "Roadmap" })).toBeTruthy();
    expect(bodies).toEqual([{ token: "s3cret", password: "password123" }, { token: "s3cret", password: "correct horse battery" }]);
    window.history.replaceState(null, "", "/");
  });

  it("confirms an address with the link that was mailed to it, once", async () => {
    window.history.replaceState(null, "", "/confirm-address#s3cret");
    const { requests } = openApp("/confirm-address", { "POST /v1/auth/addresses/redeem": () => ({ status: 204 }) });
    expect(await screen.findByRole("heading", { name: "That is your address now" })).toBeTruthy();
    expect(requests).toEqual(["POST /v1/auth/addresses/redeem"]);
    window.history.replaceState(null, "", "/");
  });
});

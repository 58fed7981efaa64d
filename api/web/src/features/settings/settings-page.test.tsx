import { screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { openApp, refusal, type Answers } from "../../../test/app";

interface Stands {
  role?: string;
  host?: string | null;
  allowed?: boolean;
  consents?: boolean;
}

/** A server where things stand so, and where what is sent changes them. */
function standing({ role = "owner", host = "stt.example", allowed = false, consents = false }: Stands): Answers {
  const organisation = { id: "t", kind: "organisation", remote_recognition: allowed, recognizer_elsewhere: host };
  let granted = consents;
  return {
    "GET /v1/me": () => ({ status: 200, body: { id: "u", tenant_id: "t", role } }),
    "GET /v1/organisation": () => ({ status: 200, body: organisation }),
    "GET /v1/consents": () => ({ status: 200, body: { consents: [{ kind: "remote_recognition", granted, created_at: "2026-11-20T00:00:00Z" }] } }),
    "PATCH /v1/organisation": async (request) => {
      organisation.remote_recognition = ((await request.json()) as { remote_recognition: boolean }).remote_recognition;
      return { status: 200, body: organisation };
    },
    "POST /v1/consents": async (request) => {
      granted = ((await request.json()) as { granted: boolean }).granted;
      return { status: 201, body: { kind: "remote_recognition", granted, created_at: "2026-11-20T00:00:00Z" } };
    },
  };
}

const MINE = { name: "Send my speech to the recognizer elsewhere" };
const OURS = { name: "Allow it in your organisation" };

/** A server that says of each kind of consent what was sent last. */
function consenting(answers: Answers = {}): Answers {
  const granted = new Map<string, boolean>();
  return {
    ...standing({}),
    "GET /v1/consents": () => ({
      status: 200,
      body: { consents: [...granted].map(([kind, given]) => ({ kind, granted: given, created_at: "2026-11-20T00:00:00Z" })), audio_days: 30 },
    }),
    "POST /v1/consents": async (request) => {
      const body = (await request.json()) as { kind: string; granted: boolean };
      granted.set(body.kind, body.granted);
      return { status: 201, body: { ...body, created_at: "2026-11-20T00:00:00Z" } };
    },
    ...answers,
  };
}

const KEEP = { name: "Keep the audio of my meetings" };

describe("the settings of audio", () => {
  it("keep it once a person says so, and destroy it after asking", async () => {
    const { user } = openApp("/settings", consenting());
    await user.click(await screen.findByRole("switch", KEEP));
    await waitFor(() => expect(screen.getByRole("switch", KEEP).getAttribute("aria-checked")).toBe("true"));
    expect(screen.getByText(/For 30 days, encrypted/)).toBeTruthy();

    await user.click(screen.getByRole("switch", KEEP));
    await user.click(await screen.findByRole("button", { name: "Keep it" }));
    expect(screen.getByRole("switch", KEEP).getAttribute("aria-checked")).toBe("true");
    await user.click(screen.getByRole("switch", KEEP));
    await user.click(await screen.findByRole("button", { name: "Destroy it" }));
    await waitFor(() => expect(screen.getByRole("switch", KEEP).getAttribute("aria-checked")).toBe("false"));
  });

  it("say that nothing was changed where the server does not answer", async () => {
    const { user } = openApp("/settings", consenting({ "POST /v1/consents": () => refusal(503, "unavailable", "try again later") }));
    await user.click(await screen.findByRole("switch", KEEP));
    expect((await screen.findByRole("alert")).textContent).toBe("Nothing was changed. Try again later.");
    await waitFor(() => expect(screen.getByRole("switch", KEEP).getAttribute("aria-checked")).toBe("false"));
  });
});

describe("the settings", () => {
  it("are reached from every page", async () => {
    const { user, path } = openApp("/", { ...standing({}), "GET /v1/meetings": () => ({ status: 200, body: { meetings: [], next_cursor: null } }) });
    await user.click(await screen.findByRole("link", { name: "Settings" }));
    expect(await screen.findByRole("heading", { level: 1, name: "Settings" })).toBeTruthy();
    expect(path()).toBe("/settings");
  });

  it("say where speech is recognized, and what it takes for that to change", async () => {
    const { user } = openApp("/settings", standing({}));
    await screen.findByText(/recognized on this server. stt.example could do it too; that takes your consent and permission/);
    await user.click(screen.getByRole("switch", MINE));
    await screen.findByText(/that takes permission/);
    await user.click(screen.getByRole("switch", OURS));
    await screen.findByText(/Your speech is recognized by stt.example/);
    await user.click(screen.getByRole("switch", MINE));
    await screen.findByText(/that takes your consent\./);
  });

  it("let a member decide for themselves alone", async () => {
    openApp("/settings", standing({ role: "member", allowed: true }));
    expect(await screen.findByRole("switch", OURS)).toHaveProperty("disabled", true);
    expect(screen.getByRole("switch", MINE)).toHaveProperty("disabled", false);
    expect(screen.getByText("Only an owner or an administrator can change this.")).toBeTruthy();
  });

  it("say that nothing leaves a server without a recognizer elsewhere", async () => {
    openApp("/settings", standing({ host: null, allowed: true, consents: true }));
    expect(await screen.findByText(/your audio stays on it/)).toBeTruthy();
  });

  it("go back to how things stand when a change fails", async () => {
    const { user } = openApp("/settings", { ...standing({}), "PATCH /v1/organisation": () => refusal(403, "not_an_administrator", "only an owner may") });
    await user.click(await screen.findByRole("switch", OURS));
    expect((await screen.findByRole("alert")).textContent).toBe("Nothing was changed. Only an owner may.");
    await waitFor(() => expect(screen.getByRole("switch", OURS).getAttribute("aria-checked")).toBe("false"));
  });
});

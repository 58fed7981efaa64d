import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { leaveFor } from "../../api/leave";
import { openApp, refusal, type Answers } from "../../../test/app";
import { heartRecording } from "../../../test/fixtures/meeting.mjs";

vi.mock("../../api/leave");

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
    "GET /v1/heart-recordings": () => ({ status: 200, body: { recordings: [] } }),
    "GET /v1/devices": () => ({ status: 200, body: { devices: [] } }),
    "GET /v1/sign-ins": () => ({ status: 200, body: { sign_ins: [] } }),
    "GET /v1/auth/ways": () => ({ status: 200, body: { password: false, sign_up: false } }),
    "GET /v1/me/sign-in": () => ({ status: 200, body: { address: null, password: false, codes: false, recovery_codes: 0 } }),
    "GET /v1/me/identities": () => ({ status: 200, body: { identities: [] } }),
    "GET /v1/auth/providers": () => ({ status: 200, body: { providers: [] } }),
    "GET /v1/exports": () => ({ status: 200, body: { exports: [] } }),
    "GET /v1/me/acts": () => ({ status: 200, body: { acts: [], next_cursor: null } }),
    "GET /v1/me/retention": () => ({ status: 200, body: { kinds: [{ kind: "transcript", days: 90, chosen: false, ceiling_days: 180, default_days: 90 }, { kind: "reports", days: null, chosen: false, ceiling_days: null, default_days: null }] } }),
    "GET /v1/me/retention/runs": () => ({ status: 200, body: { runs: [{ night: "2026-11-20", kind: "transcript", days: 90, meetings: 2, records: 40, oldest_left: "2026-08-22T10:00:00Z", finished_at: "2026-11-20T03:00:00Z" }] } }),
    "GET /v1/me/speech": () => ({ status: 200, body: { second_language: false, accent: false, stutter: false, keep: [] } }),
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

describe("what a person says of their speech", () => {
  /** A server that keeps what was said last. */
  const listening = (): Answers => {
    let said: unknown = { second_language: false, accent: false, stutter: true, keep: ["folks"] };
    return {
      ...standing({}),
      "GET /v1/me/speech": () => ({ status: 200, body: said }),
      "PUT /v1/me/speech": async (request) => {
        said = await request.json();
        return { status: 200, body: said };
      },
    };
  };
  const checked = (name: string): string | null => screen.getByRole("switch", { name }).getAttribute("aria-checked");
  const kept = (): (string | null)[] => within(screen.getByRole("list", { name: "Words that I keep" })).getAllByRole("listitem").map((item) => item.firstChild?.textContent ?? null);

  it("is read, and changed one thing at a time", async () => {
    const { user } = openApp("/settings", listening());
    await user.click(await screen.findByRole("switch", { name: "I speak in a second language" }));
    await waitFor(() => expect(checked("I speak in a second language")).toBe("true"));
    expect([checked("I stutter"), checked("I have an accent that is heard badly")]).toEqual(["true", "false"]);

    await user.type(screen.getByRole("textbox", { name: "Words that I keep" }), "  you know {Enter}");
    await waitFor(() => expect(kept()).toEqual(["folks", "you know"]));
    await user.click(screen.getByRole("button", { name: "Remove folks" }));
    await waitFor(() => expect(kept()).toEqual(["you know"]));
    expect(checked("I stutter")).toBe("true");
  });

  it("stays as it was where the server does not take it", async () => {
    const { user } = openApp("/settings", { ...listening(), "PUT /v1/me/speech": () => refusal(503, "unavailable", "try again later") });
    await user.click(await screen.findByRole("switch", { name: "I stutter" }));
    expect((await screen.findByRole("alert")).textContent).toBe("Nothing was changed. Try again later.");
    await waitFor(() => expect(checked("I stutter")).toBe("true"));
  });
});

describe("how long it is kept", () => {
  it("is chosen by kind, and what is chosen of the others stays", async () => {
    const kinds = [
      { kind: "audio", days: 30, chosen: false, ceiling_days: 30, default_days: 30 },
      { kind: "transcript", days: 90, chosen: false, ceiling_days: null, default_days: 90 },
      { kind: "insights", days: 7, chosen: true, ceiling_days: null, default_days: 30 },
    ];
    let sent: unknown;
    const { user } = openApp("/settings", {
      ...standing({}),
      "GET /v1/me/retention": () => ({ status: 200, body: { kinds } }),
      "PUT /v1/me/retention": async (request) => {
        sent = await request.json();
        return { status: 200, body: { kinds: kinds.map((kept) => (kept.kind === "transcript" ? { ...kept, days: null, chosen: true } : kept)) } };
      },
    });
    const transcripts = await screen.findByRole("combobox", { name: "Transcripts" });
    expect(transcripts).toHaveProperty("value", "90");
    // No longer than is let here.
    const audio = within(screen.getByRole("combobox", { name: "Audio" })).getAllByRole("option");
    expect(audio.map((option) => option.textContent)).toEqual(["7 days", "30 days"]);
    await user.selectOptions(transcripts, "Until I delete it");
    await waitFor(() => expect(sent).toEqual({ choices: [{ kind: "insights", days: 7 }, { kind: "transcript", days: null }] }));
    await waitFor(() => expect(screen.getByRole("combobox", { name: "Transcripts" })).toHaveProperty("value", "for-ever"));
  });

  it("says what the nights destroyed", async () => {
    openApp("/settings", standing({}));
    const nights = await screen.findByRole("list", { name: "What was destroyed" });
    expect(within(nights).getByRole("listitem").textContent).toBe("2026-11-20: transcripts of 2 meetings, 40 recordsThe oldest that is left is of 2026-08-22");
  });

  it("stays as it was where the server does not take it", async () => {
    const { user } = openApp("/settings", { ...standing({}), "PUT /v1/me/retention": () => refusal(503, "unavailable", "try again later") });
    await user.selectOptions(await screen.findByRole("combobox", { name: "Transcripts" }), "30 days");
    expect((await screen.findByRole("alert")).textContent).toBe("Nothing was changed. Try again later.");
    expect(screen.getByRole("combobox", { name: "Transcripts" })).toHaveProperty("value", "90");
  });
});

describe("who saw my data", () => {
  const act = (id: string, action: string, by: string) => ({ id, action, object_id: "o", by, at: "2026-11-20T10:00:00Z" });

  it("is listed page by page, with who did what", async () => {
    const { user } = openApp("/settings", {
      ...standing({}),
      "GET /v1/me/acts": (request) =>
        new URL(request.url).searchParams.get("cursor") === "c1"
          ? { status: 200, body: { acts: [act("1", "meeting.deleted", "u"), act("0", "codes.turned_off", "u")], next_cursor: null } }
          : { status: 200, body: { acts: [act("2", "export.taken", "other"), act("3", "thing.new", "u")], next_cursor: "c1" } },
    });
    const list = await screen.findByRole("list", { name: "What was done with my data" });
    const rows = (): (string | null)[] => within(list).getAllByRole("listitem").map((row) => row.firstElementChild?.textContent ?? null);
    expect(rows()).toEqual(["An archive was downloaded, by somebody else", "thing.new, by me"]);
    await user.click(screen.getByRole("button", { name: "Show earlier" }));
    await waitFor(() => expect(rows()).toHaveLength(4));
    expect(rows().slice(2)).toEqual(["A meeting was deleted, by me", "Codes at sign-in were turned off, by me"]);
    expect(screen.queryByRole("button", { name: "Show earlier" })).toBeNull();
  });
});

describe("the heart", () => {
  const first = heartRecording(1, "2026-11-18T07:05:00Z", 41.3, null);
  const second = heartRecording(2, "2026-11-24T07:05:00Z", 31, { recordings: 5, from_ms: 36.2, to_ms: 47.9, standing: "below" });
  /** A server that takes any file and says the same of it; what was sent ends up in `sent`. */
  const taking = (sent: { type: string | null; text: string }[], answers: Answers = {}): Answers => {
    let kept = [first];
    return {
      ...standing({}),
      "GET /v1/heart-recordings": () => ({ status: 200, body: { recordings: kept } }),
      "POST /v1/heart-recordings": async (request) => {
        sent.push({ type: request.headers.get("content-type"), text: await request.text() });
        kept = [second, ...kept];
        return { status: 201, body: second };
      },
      [`DELETE /v1/heart-recordings/${first.id}`]: () => {
        kept = kept.filter(({ id }) => id !== first.id);
        return { status: 204 };
      },
      ...answers,
    };
  };
  const choose = async (app: ReturnType<typeof openApp>, file: File): Promise<void> => app.user.upload(await screen.findByLabelText("Upload a recording"), file);

  it("is computed from a file, and shown beside what is usual", async () => {
    const sent: { type: string | null; text: string }[] = [];
    const app = openApp("/settings", taking(sent));
    const table = "time,rr_ms\n2026-11-24T07:05:00Z,812\n";
    await choose(app, new File([table], "morning.csv", { type: "text/csv" }));
    expect(await screen.findByText(/ms RMSSD, lower than your usual 36 to 48/)).toBeTruthy();
    await choose(app, new File(["{}"], "Morning.JSON", { type: "application/json" }));
    await waitFor(() => expect(sent).toEqual([{ type: "text/csv", text: table }, { type: "application/json", text: "{}" }]));
    const one = (await screen.findByText(/fewer than five others of the 14 days before/)).closest("li");
    expect(one?.textContent).toMatch(/November.*2026.*41ms RMSSD.*SDNN 54 ms.*pNN50 21 %.*214 intervals.*0.9 % artefacts/);
    expect(document.body.textContent).not.toMatch(/stress|mood|recovery|readiness/i);
  });

  it("says what was wrong with a file", async () => {
    const details = { fields: [{ field: "intervals", problem: "56000 ms of intervals are not enough: 60000 are needed" }] };
    const refused = () => ({ status: 422, body: { error: { code: "invalid", message: "some fields are not right", details, timestamp: "2026-11-20T00:00:00Z", request_id: "r", retryable: false } } });
    const app = openApp("/settings", taking([], { "POST /v1/heart-recordings": refused }));
    await choose(app, new File(["time,rr_ms"], "short.csv"));
    expect((await screen.findByRole("alert")).textContent).toBe("Nothing was kept. 56000 ms of intervals are not enough: 60000 are needed.");
    await choose(app, new File([new Uint8Array(2 * 1024 * 1024 + 1)], "night.csv"));
    await waitFor(() => expect(screen.getByRole("alert").textContent).toBe("Nothing was kept. The file is larger than 2 MB."));
    expect(app.requests.filter((request) => request === "POST /v1/heart-recordings")).toHaveLength(1);
  });

  it("is deleted after asking", async () => {
    const { user } = openApp("/settings", taking([]));
    await user.click(await screen.findByRole("button", { name: /^Delete the recording of Wednesday.*November.*2026$/ }));
    await user.click(await screen.findByRole("button", { name: "Delete it" }));
    await waitFor(() => expect(screen.queryByRole("list", { name: "Recordings of your heart" })).toBeNull());
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

describe("what a person signs in with", () => {
  /** A server that asks for proof before anything is changed. */
  const guarded = (): { answers: Answers; sent: unknown[] } => {
    const sent: unknown[] = [];
    let [proved, codes] = [false, false];
    const dangerous = (answer: { status: number; body?: unknown }) => async (request: Request) => {
      if (!proved) return refusal(403, "proof_needed", "show first that it is you");
      const text = await request.text();
      sent.push(text === "" ? request.method : JSON.parse(text));
      return answer;
    };
    const answers: Answers = {
      ...standing({}),
      "GET /v1/auth/ways": () => ({ status: 200, body: { password: true, sign_up: false } }),
      "GET /v1/me/sign-in": () => ({ status: 200, body: { address: "maria@example.com", password: true, codes, recovery_codes: codes ? 10 : 0 } }),
      "POST /v1/auth/proof": async (request) => {
        proved = ((await request.json()) as { password: string }).password === "right";
        return proved ? { status: 204 } : refusal(401, "not_proved", "that is not right");
      },
      "PUT /v1/me/password": dangerous({ status: 204 }),
      "POST /v1/me/codes": dangerous({ status: 200, body: { secret: "GEZDGNBVGY3TQOJQ", url: "otpauth://totp/Attune:maria?secret=GEZDGNBVGY3TQOJQ" } }),
      "POST /v1/me/codes/confirm": async (request) => {
        codes = ((await request.json()) as { code: string }).code === "123456";
        return codes ? { status: 200, body: { recovery_codes: ["11111-22222-33333-44444"] } } : refusal(401, "not_proved", "the code is not right");
      },
    };
    return { answers, sent };
  };
  const part = async (name: string): Promise<HTMLElement> => {
    const heading = await screen.findByRole("heading", { level: 3, name });
    return heading.parentElement?.parentElement as HTMLElement;
  };

  it("is changed once a person has shown that it is them", async () => {
    const { answers, sent } = guarded();
    const { user } = openApp("/settings", answers);
    await user.click(within(await part("Password")).getByRole("button", { name: "Change it" }));
    await user.type(screen.getByLabelText("New password"), "correct horse battery{Enter}");
    const dialog = await screen.findByRole("dialog", { name: "Is it you?" });
    await user.type(await within(dialog).findByLabelText("Password"), "wrong{Enter}");
    expect((await within(dialog).findByRole("alert")).textContent).toBe("That is not right.");
    expect(sent).toEqual([]);
    await user.type(within(dialog).getByLabelText("Password"), "right{Enter}");
    expect(await screen.findByText(/That is your password now/)).toBeTruthy();
    expect(sent).toEqual([{ password: "correct horse battery" }]);
  });

  it("stays as it is when a person does not show it", async () => {
    const { answers, sent } = guarded();
    const { user } = openApp("/settings", answers);
    await user.click(within(await part("One-time codes")).getByRole("button", { name: "Set up" }));
    await user.click(await screen.findByRole("button", { name: "Not now" }));
    expect((await within(await part("One-time codes")).findByRole("alert")).textContent).toContain("Nothing was changed.");
    expect(sent).toEqual([]);
  });

  it("has one-time codes once a first was shown, and recovery codes with them", async () => {
    const { answers } = guarded();
    const { user } = openApp("/settings", answers);
    await user.click(within(await part("One-time codes")).getByRole("button", { name: "Set up" }));
    await user.type(await screen.findByLabelText("Password"), "right{Enter}");
    expect(await screen.findByRole("img", { name: /QR code/ })).toBeTruthy();
    expect(screen.getByText("GEZDGNBVGY3TQOJQ")).toBeTruthy();
    await user.type(screen.getByLabelText("Code"), "000000{Enter}");
    expect((await within(await part("One-time codes")).findByRole("alert")).textContent).toContain("The code is not right");
    await user.clear(screen.getByLabelText("Code"));
    await user.type(screen.getByLabelText("Code"), "123456{Enter}");
    expect((await screen.findByRole("list", { name: "Recovery codes" })).textContent).toBe("11111-22222-33333-44444");
    expect(await screen.findByText(/Asked for at each sign-in. 10 recovery codes are left./)).toBeTruthy();
  });
});

describe("access", () => {
  const at = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();
  /** A server with two devices and three sign-ins, from which what is ended goes. */
  const granting = (answers: Answers = {}): Answers => {
    let devices = [
      { id: "d1", kind: "extension", name: "Work Chrome", enrolled_at: at(9), recorded_at: at(0) },
      { id: "d2", kind: "native", name: "Laptop", enrolled_at: at(1), recorded_at: null },
    ];
    let signIns = [
      { id: "s1", client: "web", signed_in_at: at(5), used_at: at(0), expires_at: at(-25), current: true },
      { id: "s2", client: "native", signed_in_at: at(9), used_at: at(1), expires_at: at(-81), current: false },
      { id: "s3", client: "web", signed_in_at: at(9), used_at: at(3), expires_at: at(-21), current: false },
    ];
    return {
      ...standing({}),
      "GET /v1/devices": () => ({ status: 200, body: { devices } }),
      "DELETE /v1/devices/d1": () => {
        devices = devices.filter(({ id }) => id !== "d1");
        return { status: 204 };
      },
      "GET /v1/sign-ins": () => ({ status: 200, body: { sign_ins: signIns } }),
      "DELETE /v1/sign-ins/s2": () => {
        signIns = signIns.filter(({ id }) => id !== "s2");
        return { status: 204 };
      },
      "DELETE /v1/sign-ins": () => {
        signIns = signIns.filter(({ current }) => current);
        return { status: 204 };
      },
      ...answers,
    };
  };

  it("is taken from a device after asking", async () => {
    const { user, requests } = openApp("/settings", granting());
    await user.click(await screen.findByRole("button", { name: "Remove Work Chrome" }));
    await user.click(await screen.findByRole("button", { name: "Keep it" }));
    expect(requests.filter((request) => request.startsWith("DELETE"))).toEqual([]);
    await user.click(screen.getByRole("button", { name: "Remove Work Chrome" }));
    await user.click(await screen.findByRole("button", { name: "Remove it" }));
    await waitFor(() => expect(screen.queryByText("Work Chrome")).toBeNull());
    expect(screen.getByText("Laptop").parentElement?.textContent).toMatch(/Program.*enrolled yesterday.*has not recorded yet/);
  });

  it("ends where a person is signed in elsewhere, one by one or all but here", async () => {
    const { user } = openApp("/settings", granting());
    await user.click(await screen.findByRole("button", { name: "Sign out the program that was last used yesterday" }));
    await waitFor(() => expect(screen.queryByRole("button", { name: /^Sign out the program/ })).toBeNull());
    await user.click(screen.getByRole("button", { name: "Sign out everywhere else" }));
    await user.click(await screen.findByRole("button", { name: "Sign out" }));
    await waitFor(() => expect(screen.queryByRole("button", { name: /^Sign out (the|everywhere)/ })).toBeNull());
    expect(screen.getByText("This browser")).toBeTruthy();
  });

  it("says that nothing was changed where the server does not answer", async () => {
    const { user } = openApp("/settings", granting({ "DELETE /v1/sign-ins/s2": () => refusal(503, "unavailable", "try again later") }));
    await user.click(await screen.findByRole("button", { name: /^Sign out the program/ }));
    expect((await screen.findByRole("alert")).textContent).toBe("Nothing was changed. Try again later.");
  });
});

describe("an archive", () => {
  const at = new Date().toISOString();
  const one = { id: "e1", state: "ready", meetings: 3, meetings_done: 3, bytes: 1_234_567, created_at: at, expires_at: at };

  it("is asked for, watched while it is made, and taken away", async () => {
    let exports: (typeof one)[] = [];
    const { user, refresh } = openApp("/settings", {
      ...standing({}),
      "GET /v1/exports": () => ({ status: 200, body: { exports } }),
      "POST /v1/exports": () => {
        exports = [{ ...one, state: "running", meetings_done: 1 }];
        return { status: 202, body: exports[0] };
      },
    });
    await user.click(await screen.findByRole("button", { name: "Make an archive" }));
    expect(await screen.findByText("1 of 3 meetings")).toBeTruthy();
    expect(screen.getByRole("progressbar").getAttribute("value")).toBe("1");
    expect(screen.getByRole("button", { name: "Being made…" }).hasAttribute("disabled")).toBe(true);
    exports = [one];
    await refresh();
    expect((await screen.findByRole("link", { name: "Download" })).getAttribute("href")).toBe("/v1/exports/e1/file");
    expect(screen.getByText("1.2 MB")).toBeTruthy();
  });

  it("is deleted, or says that it is not", async () => {
    let refuses = true;
    let exports = [one];
    const { user } = openApp("/settings", {
      ...standing({}),
      "GET /v1/exports": () => ({ status: 200, body: { exports } }),
      "DELETE /v1/exports/e1": () => {
        if (refuses) return refusal(503, "unavailable", "try again later");
        exports = [];
        return { status: 204 };
      },
    });
    await user.click(await screen.findByRole("button", { name: /^Delete the archive/ }));
    expect((await screen.findByRole("alert")).textContent).toBe("Nothing was changed. Try again later.");
    refuses = false;
    await user.click(screen.getByRole("button", { name: /^Delete the archive/ }));
    await waitFor(() => expect(screen.queryByText(/^Archive of/)).toBeNull());
  });
});

describe("erasing everything", () => {
  it("takes the very words, hands over a receipt and ends at the sign-in", async () => {
    const files: Blob[] = [];
    vi.stubGlobal("URL", Object.assign(URL, { createObjectURL: (file: Blob) => `blob:${files.push(file)}`, revokeObjectURL: () => undefined }));
    const sent: unknown[] = [];
    const { user, path } = openApp("/settings", {
      ...standing({}),
      "POST /v1/me/erasure": async (request) => {
        sent.push(await request.json());
        return { status: 200, body: { receipt: "{}", signature: "c2ln", key_id: 1, public: "a2V5" } };
      },
    });
    await user.click(await screen.findByRole("button", { name: "Erase everything…" }));
    const really = await screen.findByRole("button", { name: "Erase everything" });
    const field = screen.getByLabelText(/^Type/);
    await user.type(field, "erase everythin{Enter}");
    expect(really.hasAttribute("disabled")).toBe(true);
    expect(sent).toEqual([]);
    await user.type(field, "g");
    await user.click(really);
    await waitFor(() => expect(path()).toBe("/sign-in"));
    expect(sent).toEqual([{ confirm: "erase everything" }]);
    expect(await files[0]?.text()).toContain("c2ln");
  });

  it("says that nothing was changed where it failed", async () => {
    const { user } = openApp("/settings", { ...standing({}), "POST /v1/me/erasure": () => refusal(503, "unavailable", "try again later") });
    await user.click(await screen.findByRole("button", { name: "Erase everything…" }));
    await user.type(await screen.findByLabelText(/^Type/), "erase everything{Enter}");
    expect((await screen.findByRole("alert")).textContent).toBe("Nothing was changed. Try again later.");
  });
});

describe("the ways to sign in", () => {
  const linked = [
    { id: "g", provider: "google", name: "Google", linked_at: "2026-11-20T00:00:00Z" },
    { id: "h", provider: "github", name: "GitHub", linked_at: "2026-11-21T00:00:00Z" },
  ];
  const providers = [...linked, { provider: "apple", name: "Apple" }].map(({ provider, name }) => ({ provider, name }));
  const answers = (identities: object[]): Answers => ({
    ...standing({}),
    "GET /v1/auth/providers": () => ({ status: 200, body: { providers } }),
    "GET /v1/me/identities": () => ({ status: 200, body: { identities } }),
  });

  it("are linked at the provider's own page, and only those that are not linked yet", async () => {
    const { user } = openApp("/settings", { ...answers(linked), "POST /v1/me/identities": () => ({ status: 200, body: { url: "https://appleid.example/" } }) });
    const ways = within(await screen.findByRole("group", { name: "Ways to sign in" }));
    expect(ways.queryByRole("button", { name: "Link Google" })).toBeNull();
    await user.click(ways.getByRole("button", { name: "Link Apple" }));
    await waitFor(() => expect(leaveFor).toHaveBeenCalledExactlyOnceWith("https://appleid.example/"));
  });

  it("are unlinked after asking, but for the last", async () => {
    let identities = [...linked];
    const { user } = openApp("/settings", {
      ...answers([]),
      "GET /v1/me/identities": () => ({ status: 200, body: { identities } }),
      "DELETE /v1/me/identities/h": () => {
        identities = identities.filter(({ id }) => id !== "h");
        return { status: 204 };
      },
      "DELETE /v1/me/identities/g": () => refusal(409, "last_way_in", "this is the last way in to this account: link another first"),
    });
    await user.click(await screen.findByRole("button", { name: "Unlink GitHub" }));
    await user.click(await screen.findByRole("button", { name: "Unlink it" }));
    await waitFor(() => expect(screen.queryByRole("button", { name: "Unlink GitHub" })).toBeNull());
    await user.click(screen.getByRole("button", { name: "Unlink Google" }));
    await user.click(await screen.findByRole("button", { name: "Unlink it" }));
    expect((await screen.findByRole("alert")).textContent).toBe("Nothing was changed. This is the last way in to this account: link another first.");
  });

  it("say why nothing was linked", async () => {
    openApp("/settings?problem=identity_taken", answers(linked));
    expect((await screen.findByRole("alert")).textContent).toContain("belongs to somebody else here");
  });
});

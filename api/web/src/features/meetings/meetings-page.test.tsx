import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { openApp, refusal, type Answers } from "../../../test/app";
import { meeting } from "../../../test/fixtures/meeting.mjs";
import type { Meeting } from "../../api/model";

function listOf(...meetings: Meeting[]): Answers {
  return { "GET /v1/meetings": () => ({ status: 200, body: { meetings, next_cursor: null } }) };
}

describe("the list of meetings", () => {
  it("says title, length and who spoke, and leads to the report", async () => {
    openApp("/", listOf(meeting(1, { title: "Roadmap", duration_ms: 2_489_000, talk_share: { me: 0.435, them: 0.565 } })));
    const row = await screen.findByRole("listitem");
    expect(within(row).getByRole("link", { name: "Roadmap" })).toHaveProperty("pathname", `/meetings/${meeting(1, {}).id}/report`);
    expect(within(row).getByText("41 min")).toBeTruthy();
    expect(within(row).getByRole("img", { name: "Talk share: you 44 %, others 56 %" })).toBeTruthy();
  });

  it("leads a live meeting to its live view and marks it in words", async () => {
    openApp("/", listOf(meeting(1, { title: "Roadmap", state: "live", talk_share: null })));
    expect(await screen.findByRole("link", { name: "Roadmap" })).toHaveProperty("pathname", `/meetings/${meeting(1, {}).id}/live`);
    expect(screen.getByText("Live")).toBeTruthy();
    expect(screen.queryByRole("img", { name: /Talk share/ })).toBeNull();
  });

  it("says what to run when there is no meeting", async () => {
    openApp("/", listOf());
    expect(await screen.findByRole("heading", { name: "No meeting yet" })).toBeTruthy();
    expect(screen.getByText(/^attune replay --server http/)).toBeTruthy();
  });

  it("shows the server's reason when it fails, and tries again", async () => {
    let broken = true;
    const { user } = openApp("/", {
      "GET /v1/meetings": () => (broken ? refusal(500, "internal", "something went wrong here") : { status: 200, body: { meetings: [meeting(1, { title: "Roadmap" })], next_cursor: null } }),
    });
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("Something went wrong here. Reference: req-1");
    broken = false;
    await user.click(within(alert).getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("link", { name: "Roadmap" })).toBeTruthy();
  });

  it("fetches earlier meetings by the cursor of the page before", async () => {
    const { user, requests } = openApp("/", {
      "GET /v1/meetings": (request) =>
        new URL(request.url).searchParams.get("cursor") === "c1"
          ? { status: 200, body: { meetings: [meeting(2, { title: "Older" })], next_cursor: null } }
          : { status: 200, body: { meetings: [meeting(1, { title: "Newer" })], next_cursor: "c1" } },
    });
    await user.click(await screen.findByRole("button", { name: "Show earlier meetings" }));
    expect(await screen.findByRole("link", { name: "Older" })).toBeTruthy();
    expect(screen.getByRole("link", { name: "Newer" })).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Show earlier meetings" })).toBeNull();
    expect(requests).toContain("GET /v1/meetings?limit=20&cursor=c1");
  });

  it("asks to sign in when nobody is, and remembers where to return", async () => {
    const app = openApp("/", { "GET /v1/meetings": () => refusal(401, "not_signed_in") });
    expect(await screen.findByRole("heading", { name: "Sign in with a link" })).toBeTruthy();
    expect(app.path()).toBe("/sign-in");
  });

  it("shows nothing of a session that is over to whoever goes back", async () => {
    const answers = listOf(meeting(1, { title: "Roadmap" }));
    const { go, refresh, path } = openApp("/", answers);
    await screen.findByRole("link", { name: "Roadmap" });
    answers["GET /v1/meetings"] = () => refusal(401, "not_signed_in");
    await refresh();
    await waitFor(() => expect(path()).toBe("/sign-in"));
    answers["GET /v1/meetings"] = () => new Promise(() => undefined);
    await go("/");
    expect(await screen.findByRole("status", { name: "Loading your meetings" })).toBeTruthy();
  });

  it("says so when signing out fails, and tries again", async () => {
    let broken = true;
    const { user, path } = openApp("/", { ...listOf(meeting(1, {})), "POST /v1/auth/logout": () => (broken ? refusal(503, "unavailable", "not available just now") : { status: 204 }) });
    await user.click(await screen.findByRole("button", { name: "Sign out" }));
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("You are still signed in");
    broken = false;
    await user.click(within(alert).getByRole("button", { name: "Try again" }));
    await waitFor(() => expect(path()).toBe("/sign-in"));
    expect(screen.queryByRole("alert")).toBeNull();
  });
});

describe("a meeting's actions", () => {
  it("rename it, and the list shows the new title", async () => {
    let title = "Untitled";
    const sent: unknown[] = [];
    const { user } = openApp("/", {
      "GET /v1/meetings": () => ({ status: 200, body: { meetings: [meeting(1, { title })], next_cursor: null } }),
      [`PATCH /v1/meetings/${meeting(1, {}).id}`]: async (request) => {
        const body: unknown = await request.json();
        sent.push(body);
        title = "Roadmap";
        return { status: 200, body: meeting(1, { title }) };
      },
    });
    await user.click(await screen.findByRole("button", { name: "Actions for Untitled" }));
    await user.click(await screen.findByRole("menuitem", { name: "Rename" }));
    const dialog = await screen.findByRole("dialog", { name: "Rename meeting" });
    const field = within(dialog).getByLabelText("Title");
    await user.clear(field);
    expect(within(dialog).getByRole("button", { name: "Save title" })).toHaveProperty("disabled", true);
    await user.type(field, "  Roadmap ");
    await user.click(within(dialog).getByRole("button", { name: "Save title" }));
    expect(await screen.findByRole("link", { name: "Roadmap" })).toBeTruthy();
    expect(sent).toEqual([{ title: "Roadmap" }]);
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  it("delete it only once confirmed", async () => {
    let meetings = [meeting(1, { title: "Roadmap" })];
    const { user, requests } = openApp("/", {
      "GET /v1/meetings": () => ({ status: 200, body: { meetings, next_cursor: null } }),
      [`DELETE /v1/meetings/${meeting(1, {}).id}`]: () => {
        meetings = [];
        return { status: 204 };
      },
    });
    const ask = async (): Promise<HTMLElement> => {
      await user.click(await screen.findByRole("button", { name: "Actions for Roadmap" }));
      await user.click(await screen.findByRole("menuitem", { name: "Delete" }));
      return screen.findByRole("alertdialog", { name: "Delete this meeting?" });
    };
    const keep = within(await ask()).getByRole("button", { name: "Keep it" });
    expect(document.activeElement).toBe(keep);
    await user.click(keep);
    expect(requests.some((request) => request.startsWith("DELETE"))).toBe(false);
    await user.click(within(await ask()).getByRole("button", { name: "Delete meeting" }));
    expect(await screen.findByRole("heading", { name: "No meeting yet" })).toBeTruthy();
  });

  it("leave nothing of a deleted meeting on the page of its report", async () => {
    const { id } = meeting(1, {});
    const answers: Answers = {
      ...listOf(meeting(1, { title: "Roadmap" })),
      [`GET /v1/meetings/${id}`]: () => ({ status: 200, body: meeting(1, { title: "Roadmap" }) }),
      [`GET /v1/meetings/${id}/report`]: () => refusal(404, "report_not_ready"),
      [`DELETE /v1/meetings/${id}`]: () => {
        delete answers[`GET /v1/meetings/${id}`];
        return { status: 204 };
      },
    };
    const { user, go } = openApp(`/meetings/${id}/report`, answers);
    await screen.findByText(/The report is being made/);
    await go("/");
    await user.click(await screen.findByRole("button", { name: "Actions for Roadmap" }));
    await user.click(await screen.findByRole("menuitem", { name: "Delete" }));
    await user.click(await screen.findByRole("button", { name: "Delete meeting" }));
    await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
    await go(`/meetings/${id}/report`);
    expect(await screen.findByText("This report could not be opened")).toBeTruthy();
  });

  it("say so when the deletion fails, and leave the meeting there", async () => {
    const { user } = openApp("/", {
      ...listOf(meeting(1, { title: "Roadmap" })),
      [`DELETE /v1/meetings/${meeting(1, {}).id}`]: () => refusal(503, "unavailable", "not available just now"),
    });
    await user.click(await screen.findByRole("button", { name: "Actions for Roadmap" }));
    await user.click(await screen.findByRole("menuitem", { name: "Delete" }));
    await user.click(await screen.findByRole("button", { name: "Delete meeting" }));
    await waitFor(() => expect(screen.getByRole("alert").textContent).toBe("It was not deleted. Not available just now."));
  });
});

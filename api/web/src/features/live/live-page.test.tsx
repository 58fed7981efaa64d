import { act, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { openApp, refusal, type App } from "../../../test/app";
import { FakeSocket } from "../../../test/fake-socket";
import { finals, liveMeasures, meeting } from "../../../test/fixtures/meeting.mjs";
import type { LiveMeasures } from "../../api/model";

const live = meeting(1, { title: "Roadmap", state: "live", committed_ms: 61_000 });
const nudge = { type: "nudge", id: "n1", rule: "N1", headline: "Slow down", evidence: "187 words a minute", at_ms: 20_000, expires_at_ms: 35_000 };

describe("the live page", () => {
  beforeEach(() => {
    FakeSocket.opened.length = 0;
    vi.stubGlobal("WebSocket", FakeSocket);
  });

  const open = async (state: Partial<typeof live> = {}): Promise<App & { socket: FakeSocket }> => {
    const app = openApp(`/meetings/${live.id}/live`, {
      [`GET /v1/meetings/${live.id}`]: () => ({ status: 200, body: { ...live, ...state } }),
      [`POST /v1/meetings/${live.id}/live-tickets`]: () => ({ status: 200, body: { ticket: "t1", expires_in_s: 30 } }),
    });
    await screen.findByRole("heading", { level: 1, name: "Roadmap" });
    await waitFor(() => expect(FakeSocket.opened).toHaveLength(1));
    const [socket] = FakeSocket.opened;
    if (socket === undefined) throw new Error("no socket");
    act(() => socket.accept());
    return { ...app, socket };
  };

  it("follows the meeting's own socket", async () => {
    const { socket } = await open();
    expect(new URL(socket.url).pathname).toBe(`/v1/live/${live.id}`);
    expect(socket.protocols).toEqual(["attune.live.v1", "ticket.t1"]);
    expect(await screen.findByText("Connected")).toBeTruthy();
  });

  it("shows what is said by speaker, and what is being said", async () => {
    const { socket } = await open();
    const [mine, theirs] = finals;
    socket.say(1, { ...mine });
    socket.say(2, { ...theirs });
    socket.say(null, { type: "partial", segment: "mic-9", speaker: "me", revision: 1, t0_ms: 30_000, t1_ms: 31_000, text: "and what happens", stable_len: 3 });
    const log = screen.getByRole("log", { name: "What is said" });
    expect(await within(log).findByText(/^Thanks for making the time, Priya/)).toBeTruthy();
    expect(within(log).getAllByRole("listitem").map((line) => line.textContent)).toEqual([
      expect.stringMatching(/You.*Thanks for making the time/),
      expect.stringMatching(/Others.*Sounds good/),
      expect.stringMatching(/You.*and what happens…$/),
    ]);
  });

  it("shows a nudge while it counts, and keeps it in the list after", async () => {
    const { socket } = await open();
    socket.say(1, nudge);
    const nudges = await screen.findByRole("region", { name: "Nudges" });
    expect(within(nudges).getByText("Slow down")).toBeTruthy();
    expect(within(nudges).getByText("187 words a minute")).toBeTruthy();
    expect(screen.getByRole("status").textContent).toContain("Slow down. 187 words a minute");
    socket.say(null, { type: "measures", at_ms: 36_000, measures: liveMeasures(36_000) });
    expect(await within(nudges).findByText("1 earlier nudge")).toBeTruthy();
    expect(within(nudges).queryByText("187 words a minute")).toBeNull();
  });

  it("shows the measures with their units, and says what is missing", async () => {
    const { socket } = await open();
    socket.say(null, { type: "measures", at_ms: 90_000, measures: { ...liveMeasures(90_000), pace_wpm: 187.4, pace_target: { low: 100, high: 165 }, talk_share_me: 0.614, fillers_per_min: null, current_turn_ms: 57_000 } });
    const pace = await screen.findByRole("region", { name: "Pace" });
    expect(pace.textContent).toContain("187words/min");
    expect(pace.textContent).toContain("Above range");
    expect(pace.textContent).toContain("Target 100–165 words/min");
    expect(within(screen.getByRole("region", { name: "Talk share" })).getByRole("img", { name: "Talk share: you 61 %, others 39 %" })).toBeTruthy();
    expect(screen.getByRole("region", { name: "Your turn" }).textContent).toContain("57 seconds");
    const fillers = screen.getByRole("region", { name: "Fillers" });
    expect(fillers.textContent).toContain("Not enough speech yet");
    expect(fillers.textContent).toContain("Um and uh are not covered by this recognizer.");
  });

  it("shows the three cards of attention once there is enough of it, and none of how anybody feels", async () => {
    const { socket } = await open();
    const say = (attention: LiveMeasures["attention"]): void => socket.say(null, { type: "measures", at_ms: 90_000, measures: { ...liveMeasures(90_000), attention } });
    say(null);
    await screen.findByRole("region", { name: "Pace" });
    expect(screen.queryByRole("region", { name: "Alertness" })).toBeNull();

    const steadiness = { state: "after_an_assessment" } as const;
    say({ alertness: { state: "not_enough_data", seconds: 41, need: 120 }, steadiness, environment: { state: "not_enough_data", seconds: 41, need: 60 } });
    const text = (name: string): string | null => screen.getByRole("region", { name }).textContent;
    await waitFor(() => expect(text("Alertness")).toBe("Alertness41 of 120 s with your eyes in view so far"));
    expect(text("Environment")).toBe("Environment41 of 60 s in the meeting so far");
    expect(text("Steadiness")).toBe("SteadinessAfter an assessment: no camera measures it.");

    const environment = { state: "known", focus: 91.4, switches_per_10_min: 1 } as const;
    say({ alertness: { state: "usual", perclos: 4.2 }, steadiness, environment });
    await waitFor(() => expect(text("Alertness")).toMatch(/^Alertness4\.2% eyes closed/));
    expect(text("Environment")).toBe("Environment91% in front1 switch to another window per 10 minutes.");
    say({ alertness: { state: "raised", perclos: 7 }, steadiness, environment });
    await waitFor(() => expect(text("Alertness")).toMatch(/^AlertnessRaised7% eyes closed/));
    say({ alertness: { state: "break", perclos: 12.3 }, steadiness, environment });
    await waitFor(() => expect(text("Alertness")).toMatch(/^AlertnessBreak\?12% eyes closed.*short break is worth it/));
    expect(document.body.textContent).not.toMatch(/tired|bored|stress|mood|engaged|emotion/i);
  });

  it("says how far everything is saved: what the server last said, then what is committed", async () => {
    const { socket } = await open();
    expect(screen.getByText("Saved to 1:01")).toBeTruthy();
    // One side alone says nothing of the other.
    socket.say(null, { type: "committed", stream: "mic", sample: 16_000 * 90, release_seq: 1 });
    socket.say(1, { type: "gap", track: "mic", t0_ms: 1_000, t1_ms: 2_000, reason: "buffer_full" });
    await screen.findByText("A stretch was not captured");
    expect(screen.getByText("Saved to 1:01")).toBeTruthy();
    socket.say(null, { type: "committed", stream: "tab", sample: 16_000 * 75, release_seq: 1 });
    expect(await screen.findByText("Saved to 1:15")).toBeTruthy();
  });

  it("says what was not captured", async () => {
    const { socket } = await open();
    socket.say(1, { type: "gap", track: "tab", t0_ms: 61_000, t1_ms: 78_000, reason: "buffer_full" });
    expect(await screen.findByText("A stretch was not captured")).toBeTruthy();
    expect(screen.getByText(/Last from 1:01 to 1:18, on the others’ side/)).toBeTruthy();
  });

  it("says when the connection is lost", async () => {
    const { socket } = await open();
    act(() => socket.drop(1006));
    expect((await screen.findAllByText("Connection lost, trying again")).length).toBeGreaterThan(0);
  });

  it("says that the last words are being decided, from the server's word on", async () => {
    const { socket } = await open();
    socket.say(null, { type: "ending", left_ms: 4_000 });
    expect(await screen.findByText("The meeting has ended")).toBeTruthy();
  });

  it("says that the report is ready only where the server has said everything", async () => {
    await open({ state: "ended" });
    expect(screen.getByRole("status").textContent).toBe("The meeting has ended. Its report follows within a minute.");
  });

  it("leads to the report once the meeting is over", async () => {
    const { socket } = await open();
    act(() => socket.drop(1000));
    await waitFor(() => expect(screen.getByRole("status").textContent).toBe("The meeting has ended. Its report is ready."));
    expect(await screen.findByRole("link", { name: "See the report" })).toHaveProperty("pathname", `/meetings/${live.id}/report`);
  });

  it("says that capture is interrupted, and that it goes on by itself", async () => {
    await open({ state: "suspended" });
    expect(screen.getByText("Capture is interrupted")).toBeTruthy();
  });

  it("stops following when the reader scrolls up, until they jump to now", async () => {
    const { socket, user } = await open();
    const log = screen.getByRole("log", { name: "What is said" });
    Object.defineProperties(log, { scrollHeight: { value: 2_000 }, clientHeight: { value: 500 }, scrollTop: { value: 300, writable: true } });
    const scrolled = vi.spyOn(log, "scrollTo");
    act(() => void log.dispatchEvent(new Event("scroll")));
    scrolled.mockClear();
    socket.say(1, { ...finals[0] });
    await within(log).findByText(/^Thanks for making/);
    expect(scrolled).not.toHaveBeenCalled();
    await user.click(screen.getByRole("button", { name: "Jump to now" }));
    expect(scrolled).toHaveBeenCalledWith({ top: 2_000 });
    expect(screen.queryByRole("button", { name: "Jump to now" })).toBeNull();
  });

  it("stays when a question in the background is not answered", async () => {
    let away = false;
    const app = openApp(`/meetings/${live.id}/live`, {
      [`GET /v1/meetings/${live.id}`]: () => (away ? refusal(503, "unavailable") : { status: 200, body: live }),
      [`POST /v1/meetings/${live.id}/live-tickets`]: () => ({ status: 200, body: { ticket: "t1", expires_in_s: 30 } }),
    });
    await screen.findByRole("heading", { level: 1, name: "Roadmap" });
    away = true;
    await app.refresh();
    expect(screen.getByRole("heading", { level: 1, name: "Roadmap" })).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("says what the server refused", async () => {
    openApp(`/meetings/${live.id}/live`, {
      [`GET /v1/meetings/${live.id}`]: () => ({ status: 200, body: live }),
      [`POST /v1/meetings/${live.id}/live-tickets`]: () => refusal(404, "not_found", "there is no such meeting"),
    });
    expect(await screen.findByText("The live view was refused")).toBeTruthy();
    expect(screen.getByText("There is no such meeting.")).toBeTruthy();
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeSocket } from "../../../test/fake-socket";
import { ApiFailure } from "../../api/failure";
import { followLive, type ConnectionState } from "./connection";
import type { LiveFrame } from "./live-event";

describe("a live connection", () => {
  const page = { current: new AbortController() };
  let states: ConnectionState[];
  let frames: LiveFrame[];
  let tickets: (() => Promise<string>)[];
  let asked: (number | null)[];

  beforeEach(() => {
    vi.useFakeTimers();
    page.current = new AbortController();
    FakeSocket.opened.length = 0;
    states = [];
    frames = [];
    tickets = [];
    asked = [];
  });
  afterEach(() => {
    page.current.abort();
    vi.useRealTimers();
  });

  const follow = (): Promise<void> =>
    followLive({
      ticket: () => (tickets.shift() ?? (async () => `t${asked.length + 1}`))(),
      open: (after, protocols) => {
        asked.push(after);
        return new FakeSocket("ws://server/v1/live/m", protocols) as unknown as WebSocket;
      },
      onFrame: (frame) => frames.push(frame),
      onState: (state) => states.push(state),
      signal: page.current.signal,
      random: () => 1,
    });
  const socket = async (index: number): Promise<FakeSocket> => {
    await vi.advanceTimersByTimeAsync(0);
    const opened = FakeSocket.opened[index];
    if (opened === undefined) throw new Error("no such socket");
    return opened;
  };
  const kinds = (): string[] => states.map(({ kind }) => kind);

  it("carries its ticket in the subprotocol and never in the address", async () => {
    void follow();
    const first = await socket(0);
    expect(first.protocols).toEqual(["attune.live.v1", "ticket.t1"]);
    expect(first.url).not.toContain("t1");
  });

  it("comes back after a break with a new ticket and from the last number", async () => {
    void follow();
    const first = await socket(0);
    first.accept();
    first.say(7, { type: "ending", left_ms: 0 });
    first.say(null, { type: "ending", left_ms: 0 });
    first.drop(1012);
    await vi.advanceTimersByTimeAsync(500);
    const second = await socket(1);
    expect(asked).toEqual([null, 7]);
    expect(second.protocols).toContain("ticket.t2");
    expect(kinds()).toEqual(["connecting", "open", "waiting", "connecting"]);
  });

  it("waits twice as long after each failure, up to a limit, and starts over once something came", async () => {
    void follow();
    const pauses = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000];
    for (const [index, pause] of pauses.entries()) {
      (await socket(index)).drop(1006);
      await vi.advanceTimersByTimeAsync(0);
      expect(states.at(-1)).toEqual({ kind: "waiting", retryInMs: pause });
      await vi.advanceTimersByTimeAsync(pause - 1);
      expect(FakeSocket.opened).toHaveLength(index + 1);
      await vi.advanceTimersByTimeAsync(1);
    }
    const again = await socket(pauses.length);
    again.say(1, { type: "ending", left_ms: 0 });
    again.drop(1006);
    await vi.advanceTimersByTimeAsync(0);
    expect(states.at(-1)).toEqual({ kind: "waiting", retryInMs: 500 });
  });

  it("does not wait out its pause when the network is back", async () => {
    void follow();
    (await socket(0)).drop(1006);
    await vi.advanceTimersByTimeAsync(0);
    expect(states.at(-1)?.kind).toBe("waiting");
    window.dispatchEvent(new Event("online"));
    await vi.advanceTimersByTimeAsync(0);
    expect(FakeSocket.opened).toHaveLength(2);
  });

  it("gives a socket up that does not open", async () => {
    void follow();
    const first = await socket(0);
    await vi.advanceTimersByTimeAsync(14_999);
    expect(first.closed).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(first.closed).toBe(true);
    expect(states.at(-1)?.kind).toBe("waiting");
  });

  it("replaces a socket that fell silent, and says nothing of it unless that fails", async () => {
    void follow();
    const first = await socket(0);
    first.accept();
    await vi.advanceTimersByTimeAsync(59_999);
    first.say(7, { type: "ending", left_ms: 0 });
    await vi.advanceTimersByTimeAsync(59_999);
    expect(FakeSocket.opened).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(first.closed).toBe(true);
    expect(asked).toEqual([null, 7]);
    expect(kinds()).toEqual(["connecting", "open"]);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(kinds()).toEqual(["connecting", "open", "waiting"]);
  });

  it("is over when the server says so", async () => {
    const done = follow();
    (await socket(0)).drop(1000);
    await done;
    expect(kinds().at(-1)).toBe("closed");
  });

  it("stops where the server refuses for good, and tries again where it does not", async () => {
    tickets.push(async () => Promise.reject(ApiFailure.unreachable()));
    tickets.push(async () => Promise.reject(new ApiFailure(404, "not_found", "There is no such meeting.", false)));
    const done = follow();
    await vi.advanceTimersByTimeAsync(0);
    expect(states.at(-1)?.kind).toBe("waiting");
    await vi.advanceTimersByTimeAsync(500);
    await done;
    expect(states.at(-1)).toMatchObject({ kind: "refused", failure: { code: "not_found" } });
    expect(FakeSocket.opened).toHaveLength(0);
  });

  it("closes its socket when the page goes away, and opens no other", async () => {
    const done = follow();
    const first = await socket(0);
    first.accept();
    page.current.abort();
    await done;
    expect(first.closed).toBe(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(FakeSocket.opened).toHaveLength(1);
  });
});

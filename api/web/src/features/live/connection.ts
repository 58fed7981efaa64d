/**
 * Keeps one live socket open for as long as it is wanted: a fresh ticket for every socket, the last number seen as the
 * cursor, a pause that doubles between failures, and another socket for one that fell silent.
 */
import { ApiFailure } from "../../api/failure";
import { parseFrame, type LiveFrame } from "./live-event";

export type ConnectionState =
  | { kind: "connecting" }
  | { kind: "open" }
  | { kind: "waiting"; retryInMs: number }
  | { kind: "closed" }
  | { kind: "refused"; failure: ApiFailure };

export interface LiveLine {
  /** A ticket for one socket. */
  ticket: (signal: AbortSignal) => Promise<string>;
  /** Opens a socket that continues after the number. */
  open: (after: number | null, protocols: string[]) => WebSocket;
  onFrame: (frame: LiveFrame) => void;
  onState: (state: ConnectionState) => void;
  signal: AbortSignal;
  /** From 0 to 1; spreads the reconnections of many readers. */
  random?: () => number;
}

/** A blip is over by then. */
const FIRST_PAUSE_MS = 500;
/** No reader waits longer than this for a server that is back. */
const LONGEST_PAUSE_MS = 15_000;
/** A socket that is not open by then is none. */
const OPENS_WITHIN_MS = 15_000;
/**
 * A network that went away closes nothing, and the server's pings do not show here. While a meeting is captured something
 * comes every second; before and after, a socket may well be silent for this long and is then replaced without a word.
 */
const SILENT_FOR_MS = 60_000;
/** The meeting is over; the socket has said everything. */
const CLOSED_ENDED = 1000;

/** How a socket ended. */
type End = "ended" | "lost" | "silent";

/** Runs until the meeting is over, the server refuses for good, or `signal` aborts. Never throws. */
export async function followLive(line: LiveLine): Promise<void> {
  const { signal, onState, random = Math.random } = line;
  let after: number | null = null;
  let failures = 0;
  let end: End = "lost";
  const onFrame = (frame: LiveFrame): void => {
    failures = 0;
    if (frame.number !== null) after = Math.max(after ?? 0, frame.number);
    line.onFrame(frame);
  };

  while (!signal.aborted) {
    if (end !== "silent") onState({ kind: "connecting" });
    end = "lost";
    try {
      const ticket = await line.ticket(signal);
      end = await readSocket(line.open(after, ["attune.live.v1", `ticket.${ticket}`]), onFrame, onState, signal);
    } catch (error) {
      if (error instanceof ApiFailure && !error.retryable) return onState({ kind: "refused", failure: error });
    }
    if (signal.aborted) return;
    if (end === "ended") return onState({ kind: "closed" });
    if (end === "silent") continue;
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures) * (0.5 + random() / 2);
    failures += 1;
    onState({ kind: "waiting", retryInMs: pause });
    await pauseUnlessOnline(pause, signal);
  }
}

/** Reads a socket to its end. */
function readSocket(
  socket: WebSocket,
  onFrame: (frame: LiveFrame) => void,
  onState: (state: ConnectionState) => void,
  signal: AbortSignal,
): Promise<End> {
  return new Promise((resolve) => {
    const over = new AbortController();
    const until = { signal: over.signal };
    const finish = (end: End): void => {
      clearTimeout(timer);
      over.abort();
      // A socket without a network closes late or never: nobody waits for it.
      socket.close();
      resolve(end);
    };
    let timer = setTimeout(() => finish("lost"), OPENS_WITHIN_MS);
    const alive = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => finish("silent"), SILENT_FOR_MS);
    };
    socket.addEventListener(
      "open",
      () => {
        alive();
        onState({ kind: "open" });
      },
      until,
    );
    socket.addEventListener(
      "message",
      ({ data }) => {
        alive();
        const frame = parseFrame(data);
        if (frame !== undefined) onFrame(frame);
      },
      until,
    );
    socket.addEventListener("close", ({ code }) => finish(code === CLOSED_ENDED ? "ended" : "lost"), until);
    signal.addEventListener("abort", () => finish("lost"), until);
    if (signal.aborted) finish("lost");
  });
}

/** Waits, but not longer than until the network is back. */
function pauseUnlessOnline(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = new AbortController();
    const end = (): void => {
      clearTimeout(timer);
      over.abort();
      resolve();
    };
    const timer = setTimeout(end, ms);
    window.addEventListener("online", end, { signal: over.signal });
    signal.addEventListener("abort", end, { signal: over.signal });
  });
}

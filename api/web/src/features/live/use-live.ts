/** Follows a meeting's live socket for as long as a page shows it. */
import { useEffect, useState } from "react";
import { liveTicket } from "../../api/meetings";
import { followLive, type ConnectionState } from "./connection";
import { emptyLive, fold, type LiveState } from "./live-state";

/** A replay of a long meeting comes as hundreds of frames at once; the page is drawn this often at most. */
const DRAW_EVERY_MS = 60;

export interface Live {
  state: LiveState;
  connection: ConnectionState;
}

export function useLive(meetingId: string): Live {
  const [live, setLive] = useState<Live>({ state: emptyLive, connection: { kind: "connecting" } });

  useEffect(() => {
    const mounted = new AbortController();
    let state = emptyLive;
    let connection: ConnectionState = { kind: "connecting" };
    let drawing: ReturnType<typeof setTimeout> | undefined;
    const drawSoon = (): void => {
      drawing ??= setTimeout(() => {
        drawing = undefined;
        setLive({ state, connection });
      }, DRAW_EVERY_MS);
    };
    void followLive({
      ticket: (signal) => liveTicket(meetingId, signal),
      open: (after, protocols) => new WebSocket(liveUrl(meetingId, after), protocols),
      onFrame: (frame) => {
        state = fold(state, frame);
        drawSoon();
      },
      onState: (next) => {
        connection = next;
        if (!mounted.signal.aborted) drawSoon();
      },
      signal: mounted.signal,
    });
    return () => {
      mounted.abort();
      clearTimeout(drawing);
    };
  }, [meetingId]);

  return live;
}

function liveUrl(meetingId: string, after: number | null): URL {
  const url = new URL(`/v1/live/${encodeURIComponent(meetingId)}`, window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  if (after !== null) url.searchParams.set("after", String(after));
  return url;
}

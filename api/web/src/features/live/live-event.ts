/** What `/v1/live` sends: one typed map of events, in an envelope with the meeting's counter and the connection's epoch. */
import type { Envelope, ServerEvent } from "@attune/protocol";
import type { LiveMeasures } from "../../api/model";

/** Every event this page reads, by its type. Others are ignored: a newer server may know more. */
const known = {
  partial: true,
  final: true,
  speech: true,
  measures: true,
  nudge: true,
  gap: true,
  suppressed: true,
  retracted: true,
  committed: true,
  status: true,
  troubles: true,
  ending: true,
  report_ready: true,
} as const satisfies Partial<Record<ServerEvent["type"], true>>;

/** As the protocol has them; what it leaves open in `measures` is the engine's. */
export type LiveEvents = {
  [T in keyof typeof known]: Extract<ServerEvent, { type: T }> & (T extends "measures" ? { measures: LiveMeasures } : unknown);
};

export type LiveEvent = LiveEvents[keyof LiveEvents];

/** `number` is the meeting's counter, for events that last; `null` for those that are never replayed. */
export type LiveFrame = Omit<Envelope, "event"> & { readonly event: LiveEvent };

/** The frame in a message, or nothing where the message is none or its type is unknown here. */
export function parseFrame(message: unknown): LiveFrame | undefined {
  if (typeof message !== "string") return undefined;
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    return undefined;
  }
  return isFrame(value) ? value : undefined;
}

function isFrame(value: unknown): value is LiveFrame {
  if (typeof value !== "object" || value === null || !("event" in value) || !("epoch" in value)) return false;
  const { event, epoch } = value;
  const number = "number" in value ? value.number : null;
  return (
    typeof epoch === "number" &&
    (number === null || typeof number === "number") &&
    typeof event === "object" &&
    event !== null &&
    "type" in event &&
    typeof event.type === "string" &&
    Object.hasOwn(known, event.type)
  );
}

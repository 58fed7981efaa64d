/** The JSON of every kind of message. What clients write is closed; what servers write may grow. */

import { type Codec, RATES_HZ } from "./audio.ts";
import { type Stream, STREAMS, type Track } from "./frame.ts";
import { Malformed } from "./malformed.ts";
import {
  boolean,
  type Check,
  type Checked,
  counts,
  fromJson,
  isRecord,
  list,
  map,
  matching,
  nullable,
  oneOf,
  open,
  strict,
  text,
  toJson,
  whole,
  within,
} from "./schema.ts";

export const VERSION = 1;
export const SUBPROTOCOL = "attune.v1";
export const TICKET_SUBPROTOCOL_PREFIX = "ticket.";

/** The step of the overload ladder, in `status`, at which a server takes no audio until it has caught up. */
export const DEFERRED_STEP = 7;

/** Limits that both sides ship with; a connection's own come with its `welcome`. */
export const LIMITS = {
  messageBytes: 256 * 1024,
  controlBytes: 4 * 1024,
  insightBytes: 1024,
  captionBytes: 16 * 1024,
  helloBytes: 4 * 1024,
  pingEveryMs: 20_000,
  deadAfterMs: 60_000,
} as const;

const track = oneOf("mic", "tab");
const stream = oneOf(...STREAMS);
const codec = oneOf("opus", "pcm_s16le");

function must(holds: boolean, rule: string): void {
  if (!holds) {
    throw new Malformed("invalid", rule);
  }
}

function checkRate(declared: { codec: Codec; rate_hz: number }): void {
  must(RATES_HZ[declared.codec].includes(declared.rate_hz), "the codec does not have this rate");
}

// Hello.

const termText = text(1, 48);

/** A name or word to expect: words on one line. */
const term: Check<string> = (value) => {
  const said = termText(value);
  must(!/\p{Cc}|^ | $/u.test(said), "a term is words on one line");
  return said;
};

const trackDeclaration = strict({ track, codec, rate_hz: whole });
const helloShape = strict(
  {
    client: text(1, 64),
    language: matching(/^(?=.{2,35}$)[a-z]{2,3}(-[a-z0-9]{1,8})*$/i, "a BCP 47 tag"),
    tracks: list(trackDeclaration, 1, 2),
  },
  { meeting_type: matching(/^[a-z_]{1,32}$/, "a short name"), glossary: list(term, 0, 32) },
);

export type TrackDeclaration = Checked<typeof trackDeclaration>;
export type Hello = Checked<typeof helloShape>;

const hello: Check<Hello> = (value) => {
  const said = helloShape(value);
  said.tracks.forEach(checkRate);
  must(new Set(said.tracks.map((declared) => declared.track)).size === said.tracks.length, "each track is declared once");
  const glossary = said.glossary ?? [];
  must(new Set(glossary).size === glossary.length, "each term is given once");
  return said;
};

// Control.

const WITHHELD = ["muted", "paused", "off_the_record", "consent", "not_captured"] as const;
const GAP = ["buffer_full", "buffer_lost", "device_slept", "clock_jump"] as const;

export type SkipReason = (typeof WITHHELD)[number] | (typeof GAP)[number];
export type SkipClass = "withheld" | "gap";

/** The class that belongs to a reason; a skip that says otherwise is malformed. */
export function skipClass(reason: SkipReason): SkipClass {
  return WITHHELD.some((withheld) => withheld === reason) ? "withheld" : "gap";
}

const mark = strict({ type: oneOf("mark"), at_ms: whole }, { note: text(0, 200) });
const added = strict({ added: strict({ codec, rate_hz: whole }) });
const removed = strict({ removed: strict({}) });
const trackControl = strict({
  type: oneOf("track"),
  track,
  change: (value): Checked<typeof added> | Checked<typeof removed> =>
    isRecord(value) && Object.hasOwn(value, "added") ? added(value) : removed(value),
});
const skip = strict({
  type: oneOf("skip"),
  track,
  from_sample: whole,
  to_sample: whole,
  class: oneOf("withheld", "gap"),
  reason: oneOf(...WITHHELD, ...GAP),
});
const offTheRecord = strict(
  { type: oneOf("off_the_record"), on: boolean },
  { from_sample: map(["mic", "tab"], whole) },
);
const pause = strict({ type: oneOf("pause"), on: boolean });
const trouble = strict({
  type: oneOf("trouble"),
  track,
  kind: oneOf("changed", "denied", "ended"),
  at_ms: whole,
});
const LONGEST_SNOOZE_MS = 24 * 60 * 60 * 1000;
const LONGEST_VOICE_MS = 60_000;

const snooze = strict({ snooze: strict({}, { for_ms: whole }) });
const reaction = strict({
  reaction: strict({
    nudge: matching(/^[0-9a-f]{32}$/, "32 hexadecimal digits"),
    reaction: oneOf("dismissed", "helpful"),
  }),
});
const talkingMuted = strict({ talking_muted: strict({ voice_ms: whole }) });
const sharing = strict({ sharing: strict({ on: boolean }) });

type CoachingChange =
  | Checked<typeof snooze>
  | Checked<typeof reaction>
  | Checked<typeof talkingMuted>
  | Checked<typeof sharing>;

const coachingChange: Check<CoachingChange> = (value) => {
  const has = (key: string): boolean => isRecord(value) && Object.hasOwn(value, key);
  if (has("snooze")) {
    const asked = snooze(value);
    must((asked.snooze.for_ms ?? 0) <= LONGEST_SNOOZE_MS, "a snooze is at most a day");
    return asked;
  }
  if (has("reaction")) {
    return reaction(value);
  }
  if (has("talking_muted")) {
    const told = talkingMuted(value);
    must(told.talking_muted.voice_ms <= LONGEST_VOICE_MS, "voice is told of at most a minute");
    return told;
  }
  return sharing(value);
};
const coaching = strict({ type: oneOf("coaching"), at_ms: whole, change: coachingChange });
const consentChanged = strict({ type: oneOf("consent_changed") });
const end = strict({ type: oneOf("end") });

export type Skip = Checked<typeof skip>;
export type ClientControl =
  | Checked<typeof mark>
  | Checked<typeof trackControl>
  | Skip
  | Checked<typeof offTheRecord>
  | Checked<typeof pause>
  | Checked<typeof trouble>
  | Checked<typeof coaching>
  | Checked<typeof consentChanged>
  | Checked<typeof end>;

const control: Check<ClientControl> = (value) => {
  switch (isRecord(value) ? value["type"] : undefined) {
    case "mark":
      return mark(value);
    case "track": {
      const asked = trackControl(value);
      if ("added" in asked.change) {
        checkRate(asked.change.added);
      }
      return asked;
    }
    case "skip": {
      const asked = skip(value);
      must(asked.from_sample < asked.to_sample, "from_sample is below to_sample");
      must(asked.class === skipClass(asked.reason), "the class is that of the reason");
      return asked;
    }
    case "off_the_record": {
      const asked = offTheRecord(value);
      const named = Object.keys(asked.from_sample ?? {}).length > 0;
      must(asked.on === named, "from_sample is given when going off, and only then");
      return asked;
    }
    case "pause":
      return pause(value);
    case "trouble":
      return trouble(value);
    case "coaching":
      return coaching(value);
    case "consent_changed":
      return consentChanged(value);
    case "end":
      return end(value);
    default:
      throw new Malformed("invalid", "an unknown control");
  }
};

// Insights: interpretations in a closed schema. Anything else closes the connection.

function reading(least: number, most: number) {
  return strict({ value: within(least, most), quality: within(0, 1) });
}

const insightShape = strict(
  { at_ms: whole, face_present: reading(0, 1), tab_focus: reading(0, 1) },
  {
    gaze_on_screen: reading(0, 1),
    off_screen_looks: reading(0, 10),
    head_pose_deviation_deg: reading(0, 180),
    blinks_per_min: reading(0, 120),
    long_closures: reading(0, 10),
    perclos: reading(0, 1),
    heart_rate_bpm: reading(20, 250),
    rmssd_ms: reading(0, 500),
  },
);

export type Insight = Checked<typeof insightShape>;

// Captions.

const names = list(text(0, 120), 0, 100);
const said = strict({
  type: oneOf("caption"),
  id: text(1, 64),
  at_ms: whole,
  speaker: text(0, 120),
  text: text(0, 2000),
});
const participants = strict({ type: oneOf("participants"), at_ms: whole, names });
const speaking = strict({ type: oneOf("speaking"), at_ms: whole, names });

export type Caption = Checked<typeof said> | Checked<typeof participants> | Checked<typeof speaking>;

const caption: Check<Caption> = (value) => {
  switch (isRecord(value) ? value["type"] : undefined) {
    case "caption":
      return said(value);
    case "participants":
      return participants(value);
    case "speaking":
      return speaking(value);
    default:
      throw new Malformed("invalid", "an unknown caption");
  }
};

// Events.

const limits = open({
  message_bytes: whole,
  frames_per_s: whole,
  bytes_per_s: whole,
  burst_frames: whole,
  undecided_ms: whole,
  over_credit_ms: whole,
});
const position = open({ resume_seq: whole }, { resume_sample: whole, decided_sample: whole });
const anyText = text(0, 1_000_000);
const span = { t0_ms: whole, t1_ms: whole };
const speaker = oneOf("me", "them", "unknown");
const word = open({ text: anyText, ...span, confidence: within(0, 1) });
const account = open(
  { decoded: whole, non_speech: whole, suppressed: whole, withheld: whole, gap: whole },
  { reasons: counts },
);
const anything: Check<unknown> = (value) => value;

const real = within(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
const pitch = open({ second: whole, frames: whole, mean_st: real, variance_st2: real });
const sound = open(
  { pitch: list(pitch), loudness_lufs: list(real), clipped_samples: whole, samples: whole },
  { floor_dbfs: real, voice_dbfs: real, filled_pauses: list(open({ from_ms: whole, to_ms: whole })) },
);

const EVENTS = {
  welcome: open(
    { type: oneOf("welcome"), streams: map(STREAMS, position), credit_ms: whole, limits },
    { ended: boolean, sink: boolean },
  ),
  received: open({ type: oneOf("received"), stream, seq: whole }),
  expected: open({ type: oneOf("expected"), stream, seq: whole }),
  committed: open({ type: oneOf("committed"), stream, sample: whole, release_seq: whole }),
  speech: open({ type: oneOf("speech"), track, state: oneOf("start", "end"), at_ms: whole }),
  partial: open({
    type: oneOf("partial"),
    segment: anyText,
    speaker,
    revision: whole,
    ...span,
    text: anyText,
    stable_len: whole,
  }),
  final: open(
    {
      type: oneOf("final"),
      segment: anyText,
      track,
      speaker,
      ...span,
      words: list(word),
      voiced: list(open(span)),
      model: anyText,
    },
    { flags: list(anyText), sound },
  ),
  measures: open({ type: oneOf("measures"), at_ms: whole, measures: anything }),
  nudge: open({
    type: oneOf("nudge"),
    id: anyText,
    rule: anyText,
    headline: anyText,
    evidence: anyText,
    at_ms: whole,
    expires_at_ms: whole,
  }),
  gap: open({ type: oneOf("gap"), track, ...span, reason: anyText }),
  suppressed: open({ type: oneOf("suppressed"), track, ...span, reason: anyText }),
  retracted: open({ type: oneOf("retracted"), ids: list(anyText) }),
  status: open(
    {
      type: oneOf("status"),
      level: oneOf("normal", "lagging", "overloaded"),
      lag_ms: whole,
      credit_ms: whole,
    },
    { step: whole, samples: map(["mic", "tab"], account), sink: boolean },
  ),
  troubles: open({
    type: oneOf("troubles"),
    troubles: list(open({ track, kind: oneOf("silent", "changed", "denied", "ended"), since_ms: whole })),
  }),
  marked: open({ type: oneOf("marked"), at_ms: whole }, { note: anyText }),
  ending: open({ type: oneOf("ending"), left_ms: whole }),
  report_ready: open({ type: oneOf("report_ready"), version: whole }),
  error: open(
    { type: oneOf("error"), code: anyText, message: anyText, retryable: boolean },
    { retry_after_s: whole },
  ),
} as const;

type KnownEvents = { [K in keyof typeof EVENTS]: Checked<(typeof EVENTS)[K]> };

/** An event of a later version: to be ignored. */
export interface UnknownEvent {
  readonly type: "unknown";
}

export type ServerEvent = KnownEvents[keyof KnownEvents] | UnknownEvent;
export type Welcome = KnownEvents["welcome"];
export type Status = KnownEvents["status"];
export type StreamPosition = Checked<typeof position>;
export type Limits = Checked<typeof limits>;
/** What became of the 16 kHz samples of a track; the five are all there are. */
export type Account = Checked<typeof account>;
export type Trouble = KnownEvents["troubles"]["troubles"][number];
export type Word = Checked<typeof word>;

export interface Envelope {
  /** Its number in the meeting, if it has one: the cursor of `/v1/live`. */
  readonly number: number | null;
  /** The connection it belongs to; a reader drops what comes from a lower one than it has seen. */
  readonly epoch: number;
  readonly event: ServerEvent;
}

function isKnown(type: string): type is keyof typeof EVENTS {
  return Object.hasOwn(EVENTS, type);
}

const event: Check<ServerEvent> = (value) => {
  const type = isRecord(value) ? value["type"] : undefined;
  if (typeof type !== "string") {
    throw new Malformed("invalid", "an event has a type");
  }
  return isKnown(type) ? EVENTS[type](value) : { type: "unknown" };
};

const envelope: Check<Envelope> = open({ number: nullable(whole), epoch: whole, event });

// Reading and writing.

export function parseHello(json: string | Uint8Array): Hello {
  return fromJson(json, LIMITS.helloBytes, hello);
}

export function parseControl(json: string | Uint8Array): ClientControl {
  return fromJson(json, LIMITS.controlBytes, control);
}

export function parseInsight(json: string | Uint8Array): Insight {
  try {
    return fromJson(json, LIMITS.insightBytes, insightShape);
  } catch {
    throw new Malformed("raw_biometrics", "insights carry interpretations in the closed schema, nothing else");
  }
}

export function parseCaption(json: string | Uint8Array): Caption {
  return fromJson(json, LIMITS.captionBytes, caption);
}

export function parseEnvelope(json: string | Uint8Array): Envelope {
  return fromJson(json, LIMITS.messageBytes, envelope);
}

/** Writes what a client says, refusing what a server would refuse. */
export const write = {
  hello: (value: Hello): string => toJson(value, LIMITS.helloBytes, hello),
  control: (value: ClientControl): string => toJson(value, LIMITS.controlBytes, control),
  insight: (value: Insight): string => toJson(value, LIMITS.insightBytes, insightShape),
  caption: (value: Caption): string => toJson(value, LIMITS.captionBytes, caption),
} as const;

export type { Stream, Track };

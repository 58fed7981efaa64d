/** The live page's picture of a meeting: a pure fold over the events of its socket. */
import type { LiveMeasures, Participant, Track } from "../../api/model";
import type { LiveEvents, LiveFrame } from "./live-event";

/** Samples a second of a committed position. */
const SAMPLES_PER_MS = 16;

export type Trouble = LiveEvents["troubles"]["troubles"][number];

export interface LiveState {
  /** The last number folded in. */
  number: number;
  epoch: number;
  /** In order of time. */
  finals: readonly LiveEvents["final"][];
  /** What is being said now, by segment; replaced by its final. */
  partials: ReadonlyMap<string, LiveEvents["partial"]>;
  measures: LiveMeasures | null;
  /** Who of the others it is, by segment: known some seconds after its words. */
  participants: ReadonlyMap<string, Participant>;
  /** In the order they came. */
  nudges: readonly LiveEvents["nudge"][];
  gaps: readonly LiveEvents["gap"][];
  /** What was taken for speech and is not, in the order it came. */
  suppressed: readonly LiveEvents["suppressed"][];
  /** Committed meeting time by track. */
  committed: ReadonlyMap<Track, number>;
  status: LiveEvents["status"] | null;
  /** What stands against the tracks now. */
  troubles: readonly Trouble[];
  /** The latest moment of the meeting that any event spoke of. */
  nowMs: number;
  ending: boolean;
}

export const emptyLive: LiveState = {
  number: 0,
  epoch: 0,
  finals: [],
  partials: new Map(),
  measures: null,
  participants: new Map(),
  nudges: [],
  gaps: [],
  suppressed: [],
  committed: new Map(),
  status: null,
  troubles: [],
  nowMs: 0,
  ending: false,
};

/** Everything before this is safe on the server: the lesser of both tracks; nothing until both are known. */
export function savedToMs({ committed }: LiveState): number | null {
  const [mic, tab] = [committed.get("mic"), committed.get("tab")];
  return mic === undefined || tab === undefined ? null : Math.min(mic, tab);
}

/** The picture after one more frame. Replays and the leftovers of an older connection change nothing. */
export function fold(state: LiveState, { number, epoch, event }: LiveFrame): LiveState {
  if (number !== null && number <= state.number) return state;
  if (number === null && epoch < state.epoch) return state;
  // What an older connection was hearing will be heard anew.
  const partials = epoch > state.epoch ? emptyLive.partials : state.partials;
  const next: LiveState = { ...state, partials, number: number ?? state.number, epoch: Math.max(epoch, state.epoch) };
  switch (event.type) {
    case "final":
      return { ...next, finals: inserted(state.finals, event), partials: closed(partials, event), nowMs: Math.max(state.nowMs, event.t1_ms) };
    case "partial":
      if ((partials.get(event.segment)?.revision ?? -1) >= event.revision) return next;
      if (state.finals.some(({ segment }) => segment === event.segment)) return next;
      // Taken back: nothing of it is shown any more, and nothing more comes.
      if (event.text === "") return { ...next, partials: without(partials, [event.segment]) };
      return { ...next, partials: new Map(partials).set(event.segment, event), nowMs: Math.max(state.nowMs, event.t1_ms) };
    case "speech":
      return { ...next, nowMs: Math.max(state.nowMs, event.at_ms) };
    case "measures":
      return { ...next, measures: event.measures, participants: attributed(state.participants, event.measures.attributed ?? []), nowMs: Math.max(state.nowMs, event.at_ms) };
    case "nudge":
      return { ...next, nudges: [...state.nudges, event], nowMs: Math.max(state.nowMs, event.at_ms) };
    case "gap":
      return { ...next, gaps: [...state.gaps, event], partials: closed(partials, event) };
    case "suppressed":
      return {
        ...next,
        suppressed: [...state.suppressed, event],
        partials: closed(partials, event),
        nowMs: Math.max(state.nowMs, event.t1_ms),
      };
    case "retracted": {
      const ids = new Set(event.ids);
      return {
        ...next,
        finals: state.finals.filter((final) => !ids.has(final.segment)),
        nudges: state.nudges.filter((nudge) => !ids.has(nudge.id)),
        partials: without(partials, event.ids),
      };
    }
    case "committed":
      // Insights and captions are streams too, but hold no time.
      if (event.stream !== "mic" && event.stream !== "tab") return next;
      return { ...next, committed: new Map(state.committed).set(event.stream, event.sample / SAMPLES_PER_MS) };
    case "status":
      return { ...next, status: event };
    case "troubles":
      return { ...next, troubles: event.troubles };
    case "ending":
      return { ...next, ending: true };
    case "report_ready":
      return { ...next, partials: emptyLive.partials };
  }
}

/** The same map where nothing is new: these come each second. */
function attributed(known: LiveState["participants"], told: NonNullable<LiveMeasures["attributed"]>): LiveState["participants"] {
  const news = told.filter(({ segment, name }) => known.get(segment)?.name !== name);
  if (news.length === 0) return known;
  const participants = new Map(known);
  for (const { segment, name, confidence } of news) participants.set(segment, { name, confidence });
  return participants;
}

/** Finals come in order of their end; the page shows them in order of their start. */
function inserted(finals: LiveState["finals"], final: LiveEvents["final"]): LiveState["finals"] {
  const at = finals.findLastIndex((earlier) => earlier.t0_ms <= final.t0_ms) + 1;
  return finals.toSpliced(at, 0, final);
}

/** A stretch is decided: what was shown of it is over, also where two segments became one final, or none came. */
function closed(partials: LiveState["partials"], { track, t1_ms }: LiveEvents["final" | "gap" | "suppressed"]): LiveState["partials"] {
  const over = [...partials.values()].filter((partial) => partial.segment.startsWith(`${track}-`) && partial.t0_ms < t1_ms);
  return without(
    partials,
    over.map(({ segment }) => segment),
  );
}

function without<V>(map: ReadonlyMap<string, V>, keys: readonly string[]): ReadonlyMap<string, V> {
  if (!keys.some((key) => map.has(key))) return map;
  const rest = new Map(map);
  for (const key of keys) rest.delete(key);
  return rest;
}

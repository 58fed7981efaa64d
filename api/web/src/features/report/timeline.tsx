/** Who spoke, as lanes on the chart's clock; lost stretches, nudges, my fillers, pauses and questions on the same line. */
import type { ReactNode } from "react";
import type { Report, Speaker, Track } from "../../api/model";
import { CHART_LEFT_PX, CHART_RIGHT_PX } from "../../chart/pace-chart";
import { speakerName, whoName } from "../../format/measure";
import { clock } from "../../format/time";

/** Lanes of speakers; more cannot be told apart by eye. */
const MOST_LANES = 8;

interface Spoken {
  name: string;
  speaker: Speaker;
  spans: readonly { t0_ms: number; t1_ms: number }[];
}

export function Timeline({ report }: { report: Report }) {
  const { coaching, record } = report;
  const { turns, nudges, held_out: heldOut = [], charts, questions = [] } = coaching;
  const { gaps, duration_ms: duration } = record;
  const fillers = charts?.fillers ?? [];
  const pauses = charts?.pauses ?? [];
  const lanes = spoken(report);
  const at = (ms: number): string => `${(Math.min(ms, duration) / Math.max(duration, 1)) * 100}%`;
  const speakers = [...new Set(turns.map(({ speaker }) => speaker))];
  const count = (speaker: Speaker): number => turns.filter((turn) => turn.speaker === speaker).length;
  const told = [
    ...speakers.map((speaker) => `${speakerName(speaker)} ${count(speaker)}`),
    ...(fillers.length > 0 ? [`${fillers.length} fillers`] : []),
    ...(pauses.length > 0 ? [`${pauses.length} silent pauses`] : []),
    ...(questions.length > 0 ? [`${questions.length} questions of yours`] : []),
    ...(nudges.length > 0 ? [`${nudges.length} ${nudges.length === 1 ? "nudge" : "nudges"} shown`] : []),
    ...(heldOut.length > 0 ? [`${heldOut.length} held out`] : []),
  ];
  return (
    <div role="img" aria-label={`Turns over ${clock(duration)}: ${told.join(", ")}`} className="mt-1 space-y-1.5">
      {lanes.slice(0, MOST_LANES).map(({ name, speaker, spans }, index) => (
        <Lane key={`${speaker}-${name}`} name={name}>
          {spans.map(({ t0_ms, t1_ms }) => (
            <span
              key={t0_ms}
              className={`absolute inset-y-0 min-w-px ${speaker === "me" ? "bg-me" : "hatch-them"}`}
              style={{ left: at(t0_ms), width: `calc(${at(t1_ms)} - ${at(t0_ms)})` }}
            />
          ))}
          {lanes.findIndex((lane) => lane.speaker === speaker) === index &&
            gaps
              .filter(({ track }) => track === trackOf(speaker))
              .map(({ t0_ms, t1_ms }) => (
                <span key={`lost-${t0_ms}`} className="hatch-gap absolute inset-y-0 min-w-[3px]" style={{ left: at(t0_ms), width: `calc(${at(t1_ms)} - ${at(t0_ms)})` }} />
              ))}
        </Lane>
      ))}
      {fillers.length > 0 && (
        <Lane name="Fillers" bare>
          {fillers.map(({ at_ms, kind }) => (
            <span key={`${kind}-${at_ms}`} className={`absolute bottom-0 w-[1.5px] bg-signal ${kind === "filled_pause" ? "h-full" : "h-1/2"}`} style={{ left: at(at_ms) }} />
          ))}
        </Lane>
      )}
      {pauses.length > 0 && (
        <Lane name="Pauses" bare>
          {pauses.map(({ at_ms, length_ms, ends_clause }) => (
            <span
              key={at_ms}
              className={`absolute bottom-0 w-[1.5px] ${ends_clause ? "bg-me" : "bg-them"}`}
              style={{ left: at(at_ms), height: `${Math.min(1, length_ms / 2_000) * 100}%` }}
            />
          ))}
        </Lane>
      )}
      {questions.length > 0 && (
        <Lane name="Questions" bare>
          {questions.map(({ source, kind }) => (
            <svg key={source.t0_ms} viewBox="0 0 10 10" className="absolute top-1 size-2.5 -translate-x-1/2 text-me" style={{ left: at(source.t0_ms) }}>
              {kind === "open" ? <circle cx="5" cy="5" r="5" fill="currentColor" /> : <rect x="1" y="1" width="8" height="8" fill="none" stroke="currentColor" strokeWidth="2" />}
            </svg>
          ))}
        </Lane>
      )}
      {nudges.length + heldOut.length > 0 && (
        <Lane name="Nudges" bare>
          {heldOut.map(({ id, at_ms }) => (
            <svg key={id} viewBox="0 0 10 10" className="absolute top-1 size-2.5 -translate-x-1/2 text-ink-3" style={{ left: at(at_ms) }}>
              <path d="M5 1 9 5 5 9 1 5z" fill="none" stroke="currentColor" strokeWidth="1.5" />
            </svg>
          ))}
          {nudges.map(({ id, at_ms }) => (
            <svg key={id} viewBox="0 0 10 10" className="absolute top-1 size-2.5 -translate-x-1/2 text-signal" style={{ left: at(at_ms) }}>
              <path d="M5 0 10 5 5 10 0 5z" fill="currentColor" />
            </svg>
          ))}
        </Lane>
      )}
    </div>
  );
}

function Lane({ name, bare = false, children }: { name: string; bare?: boolean; children: ReactNode }) {
  return (
    <div className="flex items-center" style={{ paddingRight: CHART_RIGHT_PX }}>
      <span className="shrink-0 truncate pr-1.5 text-xs text-ink-3" title={name} style={{ width: CHART_LEFT_PX }}>
        {name}
      </span>
      <span className={`relative h-[18px] flex-1 overflow-hidden ${bare ? "" : "rounded-[2px] bg-sunken"}`}>{children}</span>
    </div>
  );
}

/** A lane for each speaker by name; in reports that are older than that, by side and turn. */
function spoken({ coaching: { charts, turns } }: Report): Spoken[] {
  const ribbon = charts?.ribbon ?? [];
  if (ribbon.length > 0) return ribbon.map(({ who, spans }) => ({ name: whoName(who), speaker: who.speaker, spans }));
  const order: Speaker[] = ["me", "them", "unknown"];
  return order
    .map((speaker) => ({ name: speakerName(speaker), speaker, spans: turns.filter((turn) => turn.speaker === speaker) }))
    .filter(({ spans }) => spans.length > 0);
}

function trackOf(speaker: Speaker): Track {
  return speaker === "them" ? "tab" : "mic";
}

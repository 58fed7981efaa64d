/** Who had the floor, as two lanes on the chart's clock; lost stretches and nudges on the same line. */
import type { ReactNode } from "react";
import type { Report, Speaker } from "../../api/model";
import { CHART_LEFT_PX, CHART_RIGHT_PX } from "../../chart/pace-chart";
import { speakerName } from "../../format/measure";
import { clock } from "../../format/time";

export function Timeline({ report }: { report: Report }) {
  const { turns, gaps, nudges, duration_ms: duration } = report;
  const speakers = lanes(turns.map(({ speaker }) => speaker));
  const at = (ms: number): string => `${(Math.min(ms, duration) / Math.max(duration, 1)) * 100}%`;
  const count = (speaker: Speaker): number => turns.filter((turn) => turn.speaker === speaker).length;
  return (
    <div role="img" aria-label={`Turns over ${clock(duration)}: ${speakers.map((speaker) => `${speakerName(speaker)} ${count(speaker)}`).join(", ")}`} className="mt-1 space-y-1.5">
      {speakers.map((speaker) => (
        <Lane key={speaker} name={speakerName(speaker)}>
          {turns
            .filter((turn) => turn.speaker === speaker)
            .map(({ t0_ms, t1_ms }) => (
              <span
                key={t0_ms}
                className={`absolute inset-y-0 min-w-px ${speaker === "me" ? "bg-me" : "hatch-them"}`}
                style={{ left: at(t0_ms), width: `calc(${at(t1_ms)} - ${at(t0_ms)})` }}
              />
            ))}
          {gaps
            .filter(({ track }) => (track === "mic") === (speaker === "me"))
            .map(({ t0_ms, t1_ms }) => (
              <span key={t0_ms} className="hatch-gap absolute inset-y-0 min-w-[3px]" style={{ left: at(t0_ms), width: `calc(${at(t1_ms)} - ${at(t0_ms)})` }} />
            ))}
        </Lane>
      ))}
      {nudges.length > 0 && (
        <Lane name="Nudges" bare>
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
      <span className="shrink-0 text-xs text-ink-3" style={{ width: CHART_LEFT_PX }}>
        {name}
      </span>
      <span className={`relative h-[18px] flex-1 overflow-hidden ${bare ? "" : "rounded-[2px] bg-sunken"}`}>{children}</span>
    </div>
  );
}

function lanes(speakers: Speaker[]): Speaker[] {
  const order: Speaker[] = ["me", "them", "unknown"];
  return order.filter((speaker) => speakers.includes(speaker));
}

/** Pace over time with its target band, and under it, on the same clock, who had the floor. */
import type { Report } from "../../api/model";
import { clock } from "../../format/time";
import { PaceChart } from "../../chart/pace-chart";
import { entryOf, missingWords, targetWords } from "../../measure/catalogue";
import { standing, standingWords } from "../../measure/standing";
import { StandingMark } from "../../measure/standing-mark";
import { Section } from "./section";
import { Timeline } from "./timeline";

export function PaceSection({ report }: { report: Report }) {
  const { record, coaching } = report;
  const measure = coaching.measures.find(({ id }) => id === "C3");
  const target = measure?.target ?? null;
  const shown = measure?.value == null ? null : entryOf(measure).figure(measure.value);
  const said = coaching.pace.flatMap(({ at_ms, wpm }) => (wpm == null ? [] : [{ at_ms, wpm }]));
  return (
    <Section id="pace" title="Pace" lead="Your words a minute as you spoke, and below it, on the same clock, who spoke, and where you filled, paused and asked.">
      {measure !== undefined && (
        <p className="mb-4 flex flex-wrap items-baseline gap-x-4 gap-y-1">
          {shown === null ? (
            <span className="text-ink-2">Not enough speech: {missingWords(measure)}.</span>
          ) : (
            <span>
              <span className="figure text-[2.75rem] leading-none">{shown.figure}</span>
              <span className="ml-1.5 text-ink-2">{shown.unit} over the meeting</span>
            </span>
          )}
          {measure.value != null && target !== null && <StandingMark standing={standing(measure.value, target)} />}
          {target !== null && <span className="text-sm text-ink-2">Target {targetWords(measure)}, the shaded band</span>}
        </p>
      )}
      <figure aria-label="Pace over time and who spoke">
        {said.length > 0 && <PaceChart points={coaching.pace} target={target} durationMs={record.duration_ms} />}
        <Timeline report={report} />
      </figure>
      {said.length > 0 && (
        <details className="mt-5 text-sm print:hidden">
          <summary className="w-fit rounded-sm text-ink-2 underline decoration-line-strong underline-offset-4 hover:text-ink">Pace as a table</summary>
          <div className="mt-3 max-h-80 w-fit overflow-y-auto rounded-md border border-line bg-surface" tabIndex={0} role="region" aria-label="Pace as a table">
            <table className="tabular text-left">
              <thead className="sticky top-0 bg-sunken text-ink-2">
                <tr>
                  <th scope="col" className="px-4 py-2 font-medium">Time</th>
                  <th scope="col" className="px-4 py-2 text-right font-medium">Words a minute</th>
                  <th scope="col" className="px-4 py-2 font-medium">Against target</th>
                </tr>
              </thead>
              <tbody>
                {said.map(({ at_ms, wpm }) => (
                  <tr key={at_ms} className="border-t border-line">
                    <td className="px-4 py-1.5">{clock(at_ms)}</td>
                    <td className="px-4 py-1.5 text-right">{Math.round(wpm)}</td>
                    <td className="px-4 py-1.5 text-ink-2">{target === null ? "" : standingWords[standing(wpm, target)]}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      )}
    </Section>
  );
}

/** The measure board: each value with its unit, its target band, and what is missing where there is no value. */
import type { Measure, Report } from "../../api/model";
import { entryOf, missingWords, targetWords } from "../../measure/catalogue";
import { Ruler } from "../../measure/ruler";
import { standing } from "../../measure/standing";
import { StandingMark } from "../../measure/standing-mark";
import { Section } from "./section";

export function MeasuresSection({ report }: { report: Report }) {
  return (
    <Section id="measures" title="Measures" lead="Each against the target for this kind of meeting. A measure without enough speech says so instead of guessing.">
      <ul className="grid gap-x-10 gap-y-9 sm:grid-cols-2 xl:grid-cols-3 print:grid-cols-3">
        {report.measures.map((measure) => (
          <Cell key={measure.id} measure={measure} />
        ))}
      </ul>
    </Section>
  );
}

function Cell({ measure }: { measure: Measure }) {
  const { label, meaning, figure, scale, detail } = entryOf(measure);
  const shown = measure.value == null ? null : figure(measure.value);
  const stands = measure.value != null && measure.target != null ? standing(measure.value, measure.target) : null;
  const target = targetWords(measure);
  const more = shown === null ? null : (detail?.(measure.parts ?? {}) ?? null);
  return (
    <li className="flex flex-col">
      <div className="flex items-baseline justify-between gap-3">
        <h3 className="font-semibold tracking-[-0.01em]">{label}</h3>
        {stands !== null && <StandingMark standing={stands} />}
      </div>
      {shown !== null ? (
        <p className="mt-2">
          <span className="figure text-3xl">{shown.figure}</span>
          <span className="ml-1.5 text-sm text-ink-2">{shown.unit}</span>
        </p>
      ) : (
        <Absent measure={measure} />
      )}
      <div className="mt-2">
        {shown !== null && <Ruler scale={scale} target={measure.target ?? null} value={measure.value ?? null} standing={stands} />}
      </div>
      {target !== null && <p className="tabular mt-1 text-sm text-ink-2">Target {target}</p>}
      {more !== null && <p className="tabular text-sm text-ink-2">{more}</p>}
      <p className="mt-auto pt-2 text-sm text-ink-3">{meaning}</p>
    </li>
  );
}

function Absent({ measure }: { measure: Measure }) {
  if (measure.state === "not_covered") {
    return (
      <div className="mt-3">
        <p className="text-ink-2">Not covered</p>
        {measure.note != null && <p className="text-sm text-ink-3">{measure.note}</p>}
      </div>
    );
  }
  const { have, need } = measure.exposure;
  return (
    <div className="mt-3">
      <p className="text-ink-2">Not enough speech</p>
      <p className="tabular text-sm text-ink-3">{missingWords(measure)}</p>
      <div aria-hidden="true" className="mt-2 h-1 rounded-full bg-sunken">
        <div className="h-full rounded-full bg-line-strong" style={{ width: `${Math.min(1, have / Math.max(need, 1)) * 100}%` }} />
      </div>
    </div>
  );
}

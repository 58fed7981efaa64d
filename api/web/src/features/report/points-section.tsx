/** Coaching in short: one thing to look at, what went well, what could be better, each with the moment that shows it. */
import type { Measure, Point, Report } from "../../api/model";
import { entryOf, targetWords } from "../../measure/catalogue";
import { MomentLink } from "./moment-link";
import { NotThere } from "./outcome-section";
import { Section } from "./section";

export function PointsSection({ report: { coaching } }: { report: Report }) {
  const { one_thing: one, strengths = [], growth = [], measures, left_out: leftOut = [] } = coaching;
  const rest = growth.filter(({ measure }) => measure !== one?.measure);
  return (
    <Section id="points" title="In short" lead="Chosen by rule from the measures below; a measure without a moment to show is left to them.">
      {one == null && strengths.length === 0 && growth.length === 0 ? (
        <p className="text-ink-2">There was not enough speech to say anything in short.</p>
      ) : (
        <div className="space-y-8">
          {one != null && <Points title="One thing" points={[one]} measures={measures} />}
          {strengths.length > 0 && <Points title="Went well" points={strengths} measures={measures} />}
          {rest.length > 0 && <Points title="Could be better" points={rest} measures={measures} />}
        </div>
      )}
      {leftOut.length > 0 && (
        <div className="mt-6">
          <NotThere parts={leftOut} />
        </div>
      )}
    </Section>
  );
}

function Points({ title, points, measures }: { title: string; points: readonly Point[]; measures: readonly Measure[] }) {
  return (
    <div>
      <h3 className="text-sm font-semibold">{title}</h3>
      <ul className="mt-1.5 divide-y divide-line border-y border-line">
        {points.map((point) => (
          <Told key={point.measure} point={point} measure={measures.find(({ id }) => id === point.measure)} />
        ))}
      </ul>
    </div>
  );
}

function Told({ point: { said, source, why, measure: id }, measure }: { point: Point; measure: Measure | undefined }) {
  const figure = measure?.value == null ? null : entryOf(measure).figure(measure.value);
  return (
    <li className="py-3">
      <p>
        <span className="font-semibold">{measure === undefined ? id : entryOf(measure).label}</span>
        {figure !== null && (
          <span className="tabular ml-2">
            {figure.figure} {figure.unit}
          </span>
        )}
        {measure?.target != null && <span className="ml-3 text-sm text-ink-2">Target {targetWords(measure)}</span>}
      </p>
      <p className="mt-1">
        <MomentLink source={source} />
        {said !== undefined && said !== "" && (
          <span dir="auto" className="said ml-3 break-words">
            {said}
          </span>
        )}
      </p>
      {why != null && <p className="mt-1 text-sm text-ink-3">{why}</p>}
    </li>
  );
}

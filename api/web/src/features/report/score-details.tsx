/** The communication score: folded, and never without its five parts, its interval and what it rests on. */
import type { Coaching, Measure } from "../../api/model";
import { entryOf } from "../../measure/catalogue";
import { groupNames } from "../../measure/groups";

export function ScoreDetails({ score, measures }: { score: NonNullable<Coaching["score"]>; measures: Measure[] }) {
  const { value, interval, exposure, groups } = score;
  const label = (id: string): string => {
    const measure = measures.find((candidate) => candidate.id === id);
    return measure === undefined ? id : entryOf(measure).label;
  };
  return (
    <details className="mt-6">
      <summary className="w-fit rounded-sm text-ink-2 underline decoration-line-strong underline-offset-4 hover:text-ink">Communication score</summary>
      <div className="mt-5 max-w-[44rem]">
        {value != null ? (
          <p>
            <span className="figure text-3xl">{value}</span>
            <span className="ml-1.5 text-sm text-ink-2">of 100</span>
            {interval != null && (
              <span className="tabular ml-4 text-sm text-ink-2">
                90 %: {interval.low}–{interval.high}
              </span>
            )}
          </p>
        ) : (
          <p className="text-ink-2">Not enough speech for a score</p>
        )}
        <p className="tabular mt-1 text-sm text-ink-2">
          From {exposure.have} of 5 {exposure.unit}; it needs {exposure.need}.
        </p>
        <dl className="mt-5 divide-y divide-line border-y border-line">
          {groups.map(({ group, value: worth, measures: parts }) => (
            <div key={group} className="grid grid-cols-[6.5rem_minmax(0,1fr)] gap-x-4 py-2.5">
              <dt className="font-medium">
                {groupNames[group]}
                <span className="tabular ml-2 text-ink-2">{worth == null ? "" : Math.round(worth)}</span>
              </dt>
              <dd className="tabular text-sm text-ink-2">
                {worth == null ? "Not enough speech" : parts.map((part) => `${label(part.id)} ${Math.round(part.value)}`).join(", ")}
              </dd>
            </div>
          ))}
        </dl>
        <p className="mt-3 text-sm text-ink-3">
          Each measure is worth 100 inside its target and less the farther it lies outside. A group is the mean of its measures, the score the mean of the groups. It compares you with your targets, and with nobody
          else.
        </p>
      </div>
    </details>
  );
}

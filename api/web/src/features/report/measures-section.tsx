/** The measure board: six measures at first, the rest and the score for whoever asks. */
import type { Coaching, Measure } from "../../api/model";
import { shelved } from "../../measure/groups";
import { MeasureCell } from "./measure-cell";
import { ScoreDetails } from "./score-details";
import { Section } from "./section";

const board = "grid gap-x-10 gap-y-9 sm:grid-cols-2 xl:grid-cols-3 print:grid-cols-3";
const summaryClass = "w-fit rounded-sm text-ink-2 underline decoration-line-strong underline-offset-4 hover:text-ink";

export function MeasuresSection({ coaching }: { coaching: Coaching }) {
  const { first, rest } = shelved(coaching.measures);
  const earlier = new Map((coaching.trends ?? []).map(({ measure, values }) => [measure, values]));
  const others = rest.reduce((sum, { measures }) => sum + measures.length, 0);
  return (
    <Section
      id="measures"
      title="Measures"
      lead="Each against the target for this kind of meeting, with the range in which it may as well lie. A measure without enough speech says so instead of guessing."
    >
      <Board measures={first} earlier={earlier} />
      {others > 0 && (
        <details className="mt-9">
          <summary className={summaryClass}>{others} more measures</summary>
          {rest.map(({ name, measures }) => (
            <div key={name} className="mt-8">
              <h3 className="mb-5 border-b border-line pb-1.5 text-sm text-ink-2">{name}</h3>
              <Board measures={measures} earlier={earlier} level={4} />
            </div>
          ))}
        </details>
      )}
      {coaching.score != null && <ScoreDetails score={coaching.score} measures={coaching.measures} />}
    </Section>
  );
}

function Board({ measures, earlier, level = 3 }: { measures: Measure[]; earlier: ReadonlyMap<string, readonly number[]>; level?: 3 | 4 }) {
  return (
    <ul className={board}>
      {measures.map((measure) => (
        <MeasureCell key={measure.id} measure={measure} earlier={earlier.get(measure.id) ?? []} level={level} />
      ))}
    </ul>
  );
}

/** Attention as the person's own device saw it, over the meeting and by minute; nothing where it sent nothing. */
import type { Coaching, Minute } from "../../api/model";
import { rounded } from "../../format/measure";
import { clock } from "../../format/time";
import { Section } from "./section";

const columns = [
  ["gaze", "Gaze on screen, %"],
  ["looks_away", "Looks away"],
  ["head_deg", "Head turned, °"],
  ["blinks", "Blinks"],
  ["long_closures", "Long closures"],
  ["perclos", "Eyes closed, %"],
  ["focus", "Meeting in front, %"],
  ["rmssd_ms", "RMSSD, ms"],
] as const satisfies readonly (readonly [keyof Minute, string])[];

const figure = (value: number | null | undefined): string => (value == null ? "–" : rounded(value));

export function AttentionSection({ coaching }: { coaching: Coaching }) {
  const { attention = [], attention_minutes: minutes = [] } = coaching;
  if (attention.length === 0) return null;
  return (
    <Section id="attention" title="Attention" lead="What your own device saw, and sent as numbers alone. Read against your own meetings: none of it has a target, and none says what you felt.">
      <dl className="grid gap-x-10 gap-y-4 text-sm sm:grid-cols-2 xl:grid-cols-4">
        {attention.map(({ id, name, value, unit, exposure }) => (
          <div key={id}>
            <dt className="text-ink-3">{name}</dt>
            <dd className="tabular">
              {value == null ? `Not enough: ${Math.round(exposure.have)} of ${exposure.need} ${exposure.unit}` : `${rounded(value)} ${unit}`}
            </dd>
          </div>
        ))}
      </dl>
      {minutes.length > 0 && (
        <details className="mt-6 text-sm">
          <summary className="w-fit rounded-sm text-ink-2 underline decoration-line-strong underline-offset-4 hover:text-ink">By minute</summary>
          <div className="mt-3 max-h-80 w-full overflow-auto rounded-md border border-line bg-surface" tabIndex={0} role="region" aria-label="Attention by minute">
            <table className="tabular text-left">
              <thead className="sticky top-0 bg-sunken text-ink-2">
                <tr>
                  <th scope="col" className="px-4 py-2 font-medium">
                    Minute
                  </th>
                  {columns.map(([key, name]) => (
                    <th key={key} scope="col" className="px-4 py-2 text-right font-medium">
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {minutes.map((minute) => (
                  <tr key={minute.at_ms} className="border-t border-line">
                    <th scope="row" className="px-4 py-1.5 text-left font-normal">
                      {clock(minute.at_ms)}
                    </th>
                    {columns.map(([key]) => (
                      <td key={key} className="px-4 py-1.5 text-right">
                        {figure(minute[key])}
                      </td>
                    ))}
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

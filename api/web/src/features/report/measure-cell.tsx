/** One measure: its value with its 90 % interval and its target, or what is missing where there is no value. */
import type { Measure, Moment } from "../../api/model";
import { Sparkline } from "../../chart/sparkline";
import { clock } from "../../format/time";
import { entryOf, intervalWords, missingWords, targetWords } from "../../measure/catalogue";
import { Ruler } from "../../measure/ruler";
import { standing } from "../../measure/standing";
import { StandingMark } from "../../measure/standing-mark";

/** More than these would crowd the board. */
const SHOWN_MOMENTS = 3;

export function MeasureCell({ measure, earlier = [], level = 3 }: { measure: Measure; earlier?: readonly number[]; level?: 3 | 4 }) {
  const { label, meaning, figure, scale, detail, examplesOnly } = entryOf(measure);
  const Heading = level === 3 ? "h3" : "h4";
  const hasValue = measure.value != null;
  const shown = measure.value == null || examplesOnly === true ? null : figure(measure.value);
  const stands = measure.value != null && measure.target != null ? standing(measure.value, measure.target) : null;
  const target = targetWords(measure);
  const interval = intervalWords(measure);
  const more = shown === null ? null : (detail?.(measure.parts ?? {}) ?? null);
  const moments = (measure.moments ?? []).filter(({ said }) => said !== undefined && said !== "");
  return (
    <li className="flex flex-col">
      <div className="flex items-baseline justify-between gap-3">
        <Heading className="font-semibold tracking-[-0.01em]">{label}</Heading>
        {stands !== null && <StandingMark standing={stands} />}
      </div>
      {shown !== null ? (
        <p className="mt-2">
          <span className="figure text-3xl">{shown.figure}</span>
          <span className="ml-1.5 text-sm text-ink-2">{shown.unit}</span>
        </p>
      ) : (
        !hasValue && <Absent measure={measure} />
      )}
      {shown !== null && (
        <div className="mt-2">
          <Ruler scale={scale} target={measure.target ?? null} value={measure.value ?? null} interval={measure.interval ?? null} standing={stands} />
        </div>
      )}
      {shown !== null && interval !== null && <p className="tabular mt-1 text-sm text-ink-2">{interval}</p>}
      {target !== null && <p className="tabular mt-1 text-sm text-ink-2">Target {target}</p>}
      {earlier.length > 0 && examplesOnly !== true && <Earlier measure={measure} values={earlier} />}
      {more !== null && <p className="tabular text-sm text-ink-2">{more}</p>}
      {hasValue && measure.note != null && <p className="text-sm text-ink-2">{measure.note}</p>}
      {moments.length > 0 && <Moments moments={moments} />}
      {hasValue && examplesOnly === true && moments.length === 0 && <p className="mt-2 text-ink-2">None found</p>}
      <p className="mt-auto pt-2 text-sm text-ink-3">{meaning}</p>
    </li>
  );
}

/** The same in earlier meetings of the same type, drawn and in words. */
function Earlier({ measure, values }: { measure: Measure; values: readonly number[] }) {
  const { figure } = entryOf(measure);
  const told = values.map((value) => figure(value).figure).join(", ");
  return (
    <div className="mt-2">
      <Sparkline earlier={values} value={measure.value ?? null} target={measure.target ?? null} />
      <p className="tabular text-sm text-ink-2">
        {values.length === 1 ? "Earlier meeting" : `Last ${values.length} meetings of this type`}: {told}
      </p>
    </div>
  );
}

function Moments({ moments }: { moments: Moment[] }) {
  const left = moments.length - SHOWN_MOMENTS;
  return (
    <ul className="mt-2 space-y-1 text-sm">
      {moments.slice(0, SHOWN_MOMENTS).map(({ t0_ms, said, note }) => (
        <li key={`${t0_ms}-${said}`} className="text-ink-2">
          <span className="tabular mr-2 text-ink-3">{clock(t0_ms)}</span>
          <span className="said text-ink">{said}</span>
          {note != null && ` – ${note}`}
        </li>
      ))}
      {left > 0 && <li className="text-ink-3">and {left} more</li>}
    </ul>
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

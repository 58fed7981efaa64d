/** A tuner's scale: fine ticks, the target as a band between brackets, and a needle at the value. */
import type { Band } from "../api/model";
import { place, widened, type Scale, type Standing } from "./standing";

interface RulerProps {
  scale: Scale;
  target: Band | null;
  value: number | null;
  /** Where the value may as well lie: a bar under the needle. */
  interval?: { low: number; high: number } | null;
  standing: Standing | null;
  /** Numbers under the ends of the band. */
  labelled?: boolean;
}

/** Decoration beside a written value: hidden from screen readers, which get the words. */
export function Ruler({ scale: least, target, value, interval = null, standing, labelled = false }: RulerProps) {
  const scale = value === null ? least : widened(least, value);
  const ticks = Array.from({ length: Math.round((scale.to - scale.from) / scale.step) + 1 }, (_, index) => scale.from + index * scale.step);
  const from = target === null ? 0 : place(target.low ?? scale.from, scale);
  const to = target === null ? 0 : place(target.high ?? scale.to, scale);
  return (
    <div aria-hidden="true" className="select-none">
      <div className="relative h-7">
        {target !== null && (
          <div
            className={`absolute inset-y-1 bg-band ${target.low == null ? "rounded-l-sm" : "border-l border-me/60"} ${target.high == null ? "rounded-r-sm" : "border-r border-me/60"}`}
            style={{ left: `${from * 100}%`, width: `${(to - from) * 100}%` }}
          />
        )}
        {ticks.map((tick) => (
          <span key={tick} className="absolute bottom-1 h-2 w-px -translate-x-1/2 bg-line-strong" style={{ left: `${place(tick, scale) * 100}%` }} />
        ))}
        <span className="absolute inset-x-0 bottom-1 h-px bg-line-strong" />
        {interval !== null && (
          <span
            className="absolute bottom-0 h-[3px] rounded-full bg-ink-3"
            style={{ left: `${place(interval.low, scale) * 100}%`, width: `${Math.max(0.5, (place(interval.high, scale) - place(interval.low, scale)) * 100)}%` }}
          />
        )}
        {value !== null && (
          <span
            className={`absolute inset-y-0 w-[3px] -translate-x-1/2 rounded-full transition-[left] duration-700 ease-out ${standing === "in" || standing === null ? "bg-me" : "bg-signal"}`}
            style={{ left: `${place(value, scale) * 100}%` }}
          />
        )}
      </div>
      {labelled && (
        <div className="tabular relative h-4 text-xs text-ink-3">
          {target?.low != null && (
            <span className="absolute -translate-x-1/2" style={{ left: `${from * 100}%` }}>
              {target.low}
            </span>
          )}
          {target?.high != null && (
            <span className="absolute -translate-x-1/2" style={{ left: `${to * 100}%` }}>
              {target.high}
            </span>
          )}
        </div>
      )}
    </div>
  );
}

/** A measure over meetings: a line through the earlier ones to this one, the target as a band behind it. */
import type { Band } from "../api/model";

const [WIDTH, HEIGHT, EDGE] = [160, 32, 4];

interface SparklineProps {
  /** The oldest first. */
  earlier: readonly number[];
  /** This meeting's; `null` where there was not enough speech. */
  value: number | null;
  target: Band | null;
}

/** Decoration beside written values: hidden from screen readers, which get the words. */
export function Sparkline({ earlier, value, target }: SparklineProps) {
  const values = value === null ? [...earlier] : [...earlier, value];
  const sides = [target?.low, target?.high].filter((side) => side != null);
  const [low, high] = [Math.min(...values, ...sides), Math.max(...values, ...sides)];
  const x = (index: number): number => (values.length === 1 ? WIDTH / 2 : EDGE + (index / (values.length - 1)) * (WIDTH - 2 * EDGE));
  const y = (of: number): number => (high === low ? HEIGHT / 2 : HEIGHT - EDGE - ((of - low) / (high - low)) * (HEIGHT - 2 * EDGE));
  const [top, bottom] = [target?.high == null ? 0 : y(target.high), target?.low == null ? HEIGHT : y(target.low)];
  const last = values.length - 1;
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} aria-hidden="true" className="max-w-full text-ink-2">
      {sides.length > 0 && <rect x="0" y={top} width={WIDTH} height={Math.max(1, bottom - top)} className="fill-band" />}
      <polyline points={values.map((of, index) => `${x(index)},${y(of)}`).join(" ")} fill="none" stroke="currentColor" strokeWidth="1.5" />
      {values.map((of, index) => (
        <circle key={index} cx={x(index)} cy={y(of)} r={index === last && value !== null ? 3.5 : 2} className={index === last && value !== null ? "fill-me" : "fill-ink-2"} />
      ))}
    </svg>
  );
}

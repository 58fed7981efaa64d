/** How long I waited before I spoke: bars over the band where gaps should be. */
import type { Band, GapBar } from "../api/model";
import { place } from "./scale";

const WIDTH = 600;
const HEIGHT = 120;
const FOOT = 18;

export function GapHistogram({ bars, target }: { bars: readonly GapBar[]; target: Band | null }) {
  const first = bars[0];
  const last = bars.at(-1);
  if (first === undefined || last === undefined) return null;
  const most = Math.max(...bars.map(({ count }) => count));
  const across = (ms: number): number => place(ms, first.from_ms, last.to_ms) * WIDTH;
  const all = bars.reduce((sum, { count }) => sum + count, 0);
  const early = bars.filter(({ from_ms }) => from_ms < 0).reduce((sum, { count }) => sum + count, 0);
  const ticks = Array.from({ length: Math.floor((last.to_ms - first.from_ms) / 500) + 1 }, (_, index) => first.from_ms + index * 500);
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`How long you waited before you spoke, ${all} times; ${early} of them you began before the other was done`}
      className="w-full max-w-2xl text-me"
    >
      {target?.low != null && target.high != null && (
        <rect x={across(target.low)} y={0} width={across(target.high) - across(target.low)} height={HEIGHT - FOOT} className="fill-band" />
      )}
      {bars.map(({ from_ms, to_ms, count }) => (
        <rect
          key={from_ms}
          x={across(from_ms) + 1}
          y={(HEIGHT - FOOT) * (1 - count / Math.max(most, 1))}
          width={Math.max(1, across(to_ms) - across(from_ms) - 2)}
          height={((HEIGHT - FOOT) * count) / Math.max(most, 1)}
          className={from_ms < 0 ? "fill-signal" : "fill-me"}
        />
      ))}
      <rect x={0} y={HEIGHT - FOOT} width={WIDTH} height={1} className="fill-line-strong" />
      {ticks.map((ms, index) => (
        <text key={ms} x={across(ms)} y={HEIGHT - 4} textAnchor={index === 0 ? "start" : ms === last.to_ms ? "end" : "middle"} className="fill-ink-3 text-[11px]">
          {ms / 1000} s
        </text>
      ))}
    </svg>
  );
}

/** Pace over time with its target band. The one file that knows the chart library. */
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Band, PacePoint } from "../api/model";
import { clock } from "../format/time";

/** Room for the labels of the vertical axis; the timeline under the chart keeps the same, so that times line up. */
export const CHART_LEFT_PX = 56;
export const CHART_RIGHT_PX = 12;

const HEIGHT_PX = 232;
/** What the axis shows at least, in words a minute: ordinary speech. */
const LEAST_RANGE: [number, number] = [90, 210];

interface Reading {
  atMs: number;
  wpm: number;
}

interface PaceChartProps {
  points: readonly PacePoint[];
  target: Band | null;
  durationMs: number;
}

export function PaceChart({ points, target, durationMs }: PaceChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<Reading | null>(null);

  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    let plot: uPlot | undefined;
    const draw = (): void => {
      plot?.destroy();
      plot = new uPlot(options(element, { points, target, durationMs }, setAt), data(points), element);
    };
    draw();
    const resized = new ResizeObserver(() => {
      if (element.clientWidth > 0) plot?.setSize({ width: element.clientWidth, height: HEIGHT_PX });
    });
    resized.observe(element);
    // The canvas holds colours, not variables: another theme, or paper, means drawing anew.
    const mounted = new AbortController();
    window.matchMedia("print").addEventListener("change", draw, { signal: mounted.signal });
    const themed = new MutationObserver(draw);
    themed.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      mounted.abort();
      resized.disconnect();
      themed.disconnect();
      plot?.destroy();
    };
  }, [points, target, durationMs]);

  return (
    <div aria-hidden="true">
      <p className="tabular h-5 text-xs text-ink-3">
        {at === null ? "words/min" : `${clock(at.atMs)} · ${Math.round(at.wpm)} words/min`}
      </p>
      <div ref={box} className="w-full" style={{ height: HEIGHT_PX }} />
    </div>
  );
}

/** Times in seconds and paces; the line breaks where there is none, because too little was said. */
function data(points: readonly PacePoint[]): uPlot.AlignedData {
  return [points.map(({ at_ms }) => at_ms / 1000), points.map(({ wpm }) => wpm ?? null)];
}

/** Points with none beside them: no line would show them. */
function alone(points: readonly PacePoint[]): number[] {
  const known = (index: number): boolean => points[index]?.wpm != null;
  return points.flatMap((_, index) => (known(index) && !known(index - 1) && !known(index + 1) ? [index] : []));
}

function options(element: HTMLElement, { points, target, durationMs }: PaceChartProps, onPoint: (at: Reading | null) => void): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const paces = points.flatMap(({ wpm }) => (wpm == null ? [] : [wpm]));
  const lonely = alone(points);
  const axis: uPlot.Axis = {
    stroke: color("--ink-3"),
    font: '12px "Hanken Grotesk", system-ui, sans-serif',
    grid: { stroke: color("--line"), width: 1 },
    ticks: { show: false },
  };
  return {
    width: Math.max(element.clientWidth, 1),
    height: HEIGHT_PX,
    padding: [8, CHART_RIGHT_PX, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 9, fill: color("--me"), stroke: color("--paper") }, drag: { x: false, y: false } },
    scales: {
      x: { time: false, range: [0, durationMs / 1000] },
      y: { range: [Math.min(LEAST_RANGE[0], ...paces) - 5, Math.max(LEAST_RANGE[1], ...paces) + 5] },
    },
    axes: [
      { ...axis, size: 28, grid: { show: false }, values: (_, ticks) => ticks.map((tick) => clock(tick * 1000)), incrs: [15, 30, 60, 120, 300, 600, 900, 1800], space: 64 },
      { ...axis, size: CHART_LEFT_PX, incrs: [20, 40], values: (_, ticks) => ticks.map(String) },
    ],
    series: [{}, { stroke: color("--me"), width: 2.25, points: { show: lonely.length > 0, filter: () => lonely, size: 6, fill: color("--me") }, spanGaps: false }],
    hooks: {
      drawClear: [(plot) => drawBand(plot, target, color("--band"), color("--me"))],
      setCursor: [
        ({ cursor, data: drawn }) => {
          const { idx } = cursor;
          const time = idx == null ? undefined : drawn[0][idx];
          const wpm = idx == null ? undefined : drawn[1]?.[idx];
          onPoint(time == null || wpm == null ? null : { atMs: time * 1000, wpm });
        },
      ],
    },
  };
}

function drawBand(plot: uPlot, target: Band | null, fill: string, edge: string): void {
  if (target == null) return;
  const { ctx, bbox } = plot;
  const top = target.high == null ? bbox.top : plot.valToPos(target.high, "y", true);
  const bottom = target.low == null ? bbox.top + bbox.height : plot.valToPos(target.low, "y", true);
  ctx.save();
  ctx.fillStyle = fill;
  ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
  ctx.fillStyle = edge;
  ctx.globalAlpha = 0.6;
  const hair = devicePixelRatio;
  if (target.high != null) ctx.fillRect(bbox.left, top, bbox.width, hair);
  if (target.low != null) ctx.fillRect(bbox.left, bottom, bbox.width, hair);
  ctx.restore();
}

/** Pace over time with its target band. The one file that knows the chart library. */
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Nudge, PacePoint, Target } from "../api/model";
import { clock } from "../format/time";

/** Room for the labels of the vertical axis; the timeline under the chart keeps the same, so that times line up. */
export const CHART_LEFT_PX = 56;
export const CHART_RIGHT_PX = 12;

const HEIGHT_PX = 232;
/** A pause longer than this breaks the line: nobody was speaking. */
const BREAK_MS = 45_000;
/** What the axis shows at least, in words a minute: ordinary speech. */
const LEAST_RANGE: [number, number] = [90, 210];

interface PaceChartProps {
  points: readonly PacePoint[];
  target: Target | null;
  durationMs: number;
  nudges: readonly Nudge[];
}

export function PaceChart({ points, target, durationMs, nudges }: PaceChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<PacePoint | null>(null);

  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    let plot: uPlot | undefined;
    const draw = (): void => {
      plot?.destroy();
      plot = new uPlot(options(element, { points, target, durationMs, nudges }, setAt), data(points), element);
    };
    draw();
    const resized = new ResizeObserver(() => {
      if (element.clientWidth > 0) plot?.setSize({ width: element.clientWidth, height: HEIGHT_PX });
    });
    resized.observe(element);
    // The canvas holds colours, not variables: another theme means drawing anew.
    const themed = new MutationObserver(draw);
    themed.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      resized.disconnect();
      themed.disconnect();
      plot?.destroy();
    };
  }, [points, target, durationMs, nudges]);

  return (
    <div aria-hidden="true">
      <p className="tabular h-6 pl-[56px] text-sm text-ink-3">
        {at === null ? "" : `${clock(at.at_ms)} · ${Math.round(at.wpm)} words/min`}
      </p>
      <div ref={box} className="w-full" style={{ height: HEIGHT_PX }} />
    </div>
  );
}

/** Times in seconds and paces, with a hole where the line breaks. */
function data(points: readonly PacePoint[]): uPlot.AlignedData {
  const times: number[] = [];
  const paces: (number | null)[] = [];
  for (const { at_ms, wpm } of points) {
    const before = times.at(-1);
    if (before !== undefined && at_ms - before * 1000 > BREAK_MS) {
      times.push(before + 0.001);
      paces.push(null);
    }
    times.push(at_ms / 1000);
    paces.push(wpm);
  }
  return [times, paces];
}

function options(element: HTMLElement, { points, target, durationMs, nudges }: PaceChartProps, onPoint: (at: PacePoint | null) => void): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const paces = points.map((point) => point.wpm);
  const axis: uPlot.Axis = {
    stroke: color("--ink-3"),
    font: '12px "Hanken Grotesk", system-ui, sans-serif',
    grid: { stroke: color("--line"), width: 1 },
    ticks: { show: false },
  };
  return {
    width: Math.max(element.clientWidth, 1),
    height: HEIGHT_PX,
    padding: [14, CHART_RIGHT_PX, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 9, fill: color("--me"), stroke: color("--paper") }, drag: { x: false, y: false } },
    scales: {
      x: { time: false, range: [0, durationMs / 1000] },
      y: { range: [Math.min(LEAST_RANGE[0], ...paces) - 5, Math.max(LEAST_RANGE[1], ...paces) + 5] },
    },
    axes: [
      { ...axis, grid: { show: false }, values: (_, ticks) => ticks.map((tick) => clock(tick * 1000)), incrs: [15, 30, 60, 120, 300, 600, 900, 1800], space: 64 },
      { ...axis, size: CHART_LEFT_PX, incrs: [20, 40], values: (_, ticks) => ticks.map(String) },
    ],
    series: [{}, { stroke: color("--me"), width: 2.25, points: { show: points.length < 2 }, spanGaps: false }],
    hooks: {
      drawClear: [(plot) => drawBand(plot, target, color("--band"), color("--me"))],
      draw: [(plot) => drawNudges(plot, nudges, color("--signal"))],
      setCursor: [
        ({ cursor, data: drawn }) => {
          const { idx } = cursor;
          const time = idx == null ? undefined : drawn[0][idx];
          const wpm = idx == null ? undefined : drawn[1]?.[idx];
          onPoint(time == null || wpm == null ? null : { at_ms: time * 1000, wpm });
        },
      ],
    },
  };
}

function drawBand(plot: uPlot, target: Target | null, fill: string, edge: string): void {
  if (target == null) return;
  const { ctx, bbox } = plot;
  const top = target.max == null ? bbox.top : plot.valToPos(target.max, "y", true);
  const bottom = target.min == null ? bbox.top + bbox.height : plot.valToPos(target.min, "y", true);
  ctx.save();
  ctx.fillStyle = fill;
  ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
  ctx.fillStyle = edge;
  ctx.globalAlpha = 0.6;
  const hair = devicePixelRatio;
  if (target.max != null) ctx.fillRect(bbox.left, top, bbox.width, hair);
  if (target.min != null) ctx.fillRect(bbox.left, bottom, bbox.width, hair);
  ctx.restore();
}

/** A small triangle on the upper edge where a pace nudge was shown. */
function drawNudges(plot: uPlot, nudges: readonly Nudge[], fill: string): void {
  const { ctx, bbox } = plot;
  const size = 5 * devicePixelRatio;
  ctx.save();
  ctx.fillStyle = fill;
  for (const { at_ms } of nudges) {
    const x = plot.valToPos(at_ms / 1000, "x", true);
    ctx.beginPath();
    ctx.moveTo(x - size, bbox.top - 2 * size);
    ctx.lineTo(x + size, bbox.top - 2 * size);
    ctx.lineTo(x, bbox.top - size / 2);
    ctx.fill();
  }
  ctx.restore();
}

/** What the person's own device makes of their eyes and windows, where they chose that: three cards, and nothing on how they feel. */
import type { Alertness, AttentionCards as Cards, Environment } from "../../api/model";
import { rounded } from "../../format/measure";
import { Cell, Value } from "./cell";

export function AttentionCards({ cards }: { cards: Cards }) {
  return (
    <>
      <Cell label="Alertness" mark={<AlertnessMark alertness={cards.alertness} />}>
        <AlertnessFigure alertness={cards.alertness} />
      </Cell>
      <Cell label="Environment">
        <EnvironmentFigure environment={cards.environment} />
      </Cell>
      <Cell label="Steadiness" className="col-span-2">
        <p className="mt-1.5 text-sm text-ink-3">After an assessment: no camera measures it.</p>
      </Cell>
    </>
  );
}

/** A shape and a word, never colour alone; nothing where it is usual or not known. */
function AlertnessMark({ alertness }: { alertness: Alertness }) {
  if (alertness.state !== "raised" && alertness.state !== "break") return null;
  return (
    <span className="inline-flex items-baseline gap-1.5 text-sm text-signal">
      <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true" fill="currentColor" className="translate-y-px">
        <path d="M6 1.5 11 10.5H1z" />
      </svg>
      {alertness.state === "raised" ? "Raised" : "Break?"}
    </span>
  );
}

function AlertnessFigure({ alertness }: { alertness: Alertness }) {
  if (alertness.state === "not_enough_data") return <Gate what="with your eyes in view" {...alertness} />;
  return (
    <>
      <Value figure={rounded(alertness.perclos)} unit="% eyes closed" />
      <p className="text-xs text-ink-3">{advice[alertness.state]}</p>
    </>
  );
}

/** Limits are those of A6: usual below 6 %, a break suggested from 10 %. */
const advice = {
  usual: "Droops over 3 minutes. Below 6 % is usual.",
  raised: "Droops over 3 minutes. Below 6 % is usual.",
  break: "Droops over 3 minutes. From 10 % on a short break is worth it.",
} as const;

function EnvironmentFigure({ environment }: { environment: Environment }) {
  if (environment.state === "not_enough_data") return <Gate what="in the meeting" {...environment} />;
  const switches = rounded(environment.switches_per_10_min);
  return (
    <>
      <Value figure={String(Math.round(environment.focus))} unit="% in front" />
      <p className="text-xs text-ink-3">
        {switches} {switches === "1" ? "switch" : "switches"} to another window per 10 minutes.
      </p>
    </>
  );
}

/** Too little to tell. */
function Gate({ what, seconds, need }: { what: string; seconds: number; need: number }) {
  return (
    <p className="tabular mt-1.5 text-sm text-ink-3">
      {seconds} of {need} s {what} so far
    </p>
  );
}

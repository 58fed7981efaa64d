/** One thing to read while a meeting goes on: its name, its figure, its mark. */
import type { ReactNode } from "react";

export function Cell({ label, mark, className = "", children }: { label: string; mark?: ReactNode; className?: string; children: ReactNode }) {
  return (
    <section aria-label={label} className={`border-t border-line ${className}`}>
      <div className="flex items-baseline justify-between gap-3">
        <h2 className="eyebrow">{label}</h2>
        {mark}
      </div>
      {children}
    </section>
  );
}

export function Value({ figure, unit, spoken, large = false }: { figure: string; unit: string; spoken?: string; large?: boolean }) {
  return (
    <p className="mt-1">
      <span className={`figure tabular ${large ? "text-3xl" : "text-2xl"}`} aria-hidden={spoken === undefined ? undefined : true}>
        {figure}
      </span>
      {spoken !== undefined && <span className="sr-only">{spoken}</span>}
      {unit !== "" && <span className="ml-1.5 text-sm text-ink-2">{unit}</span>}
    </p>
  );
}

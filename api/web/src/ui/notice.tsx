/** A calm sentence about the state of things: something to know, or something that went wrong and how to go on. */
import type { ReactNode } from "react";
import { ApiFailure } from "../api/failure";
import { Button } from "./button";
import { Icon } from "./icon";

type Tone = "info" | "signal" | "danger";

const tones: Record<Tone, string> = {
  info: "border-line bg-surface text-ink-2",
  signal: "border-signal-line bg-signal-soft text-ink",
  danger: "border-danger/40 bg-danger-soft text-ink",
};
const marks: Record<Tone, string> = { info: "text-ink-3", signal: "text-signal", danger: "text-danger" };

export function Notice({ tone = "info", title, children }: { tone?: Tone; title?: string; children?: ReactNode }) {
  return (
    <div className={`flex gap-3 rounded-md border px-4 py-3 text-sm ${tones[tone]}`}>
      <span className={`mt-px ${marks[tone]}`}>
        <Icon name={tone === "info" ? "info" : "warning"} />
      </span>
      <div className="min-w-0 flex-1">
        {title !== undefined && <p className="font-semibold text-ink">{title}</p>}
        {children}
      </div>
    </div>
  );
}

/** A request failed: what, and a way to try again. */
export function Failed({ what, error, onRetry }: { what: string; error: Error; onRetry: () => void }) {
  const reference = error instanceof ApiFailure ? error.requestId : undefined;
  return (
    <div role="alert">
      <Notice tone="danger" title={what}>
        <p className="mt-0.5 text-ink-2">
          {error.message}
          {reference !== undefined && <span className="text-ink-3"> Reference: {reference}</span>}
        </p>
        <Button className="mt-3" onClick={onRetry}>
          <Icon name="retry" size={18} />
          Try again
        </Button>
      </Notice>
    </div>
  );
}

/** Things of one kind that a person has, a row each, with what can be done about it. */
import { useId, type ReactNode } from "react";
import { dayInSentence, herePlace } from "../../format/time";
import { Button } from "../../ui/button";
import { Cancel } from "../../ui/dialog";
import { Facts } from "../../ui/facts";

export function Listed({ title, children }: { title: string; children: ReactNode }) {
  const name = useId();
  return (
    <div role="group" aria-labelledby={name}>
      <h3 id={name} className="border-b border-line pb-2 text-sm font-medium text-ink-2">
        {title}
      </h3>
      <div className="space-y-3 pt-3">{children}</div>
    </div>
  );
}

export function Row({ name, facts, children }: { name: string; facts: readonly string[]; children: ReactNode }) {
  return (
    <div className="flex items-start justify-between gap-4 border-b border-line pb-3">
      <div className="min-w-0">
        <p className="break-words">{name}</p>
        <Facts className="mt-0.5 text-xs text-ink-3" facts={facts} />
      </div>
      {children}
    </div>
  );
}

export function Choice({ stay, go, onGo }: { stay: string; go: string; onGo: () => void }) {
  return (
    <div className="mt-6 flex justify-end gap-3">
      <Cancel asChild>
        <Button>{stay}</Button>
      </Cancel>
      <Button weight="danger" onClick={onGo}>
        {go}
      </Button>
    </div>
  );
}

export function day(at: string): string {
  return dayInSentence(at, new Date(), herePlace());
}

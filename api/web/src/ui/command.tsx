/** A command to run in a terminal, with a button that copies it. */
import { useState } from "react";
import { Icon } from "./icon";

export function Command({ children }: { children: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(children);
    setCopied(true);
  };
  return (
    <span className="flex w-full items-stretch rounded-md border border-line bg-surface">
      <code className="min-w-0 flex-1 overflow-x-auto px-4 py-2.5 font-mono text-sm text-ink" tabIndex={0}>
        {children}
      </code>
      <button
        type="button"
        onClick={() => void copy().catch(() => setCopied(false))}
        aria-label={copied ? `Copied ${children}` : `Copy ${children}`}
        className="grid w-11 place-items-center border-l border-line text-ink-3 hover:text-ink"
      >
        <Icon name={copied ? "check" : "copy"} size={18} />
      </button>
    </span>
  );
}

/** A switch beside its words: on or off, told by its place and a word, not by colour alone. */
import { Switch as Base } from "radix-ui";
import { useId, type ReactNode } from "react";

interface SwitchProps {
  label: string;
  /** What on and off mean. */
  children: ReactNode;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}

export function Switch({ label, children, checked, disabled = false, onChange }: SwitchProps) {
  const [name, explanation] = [useId(), useId()];
  return (
    <div className="flex items-start justify-between gap-6">
      <div className="min-w-0">
        <label htmlFor={name} className="font-medium">
          {label}
        </label>
        <div id={explanation} className="mt-1 max-w-[34rem] text-sm text-ink-2">
          {children}
        </div>
      </div>
      <div className="flex shrink-0 items-center gap-2.5">
        <span aria-hidden="true" className="text-sm text-ink-3">
          {checked ? "On" : "Off"}
        </span>
        <Base.Root
          id={name}
          checked={checked}
          disabled={disabled}
          onCheckedChange={onChange}
          aria-describedby={explanation}
          className="h-6 w-11 rounded-full border border-ink-3 bg-sunken p-px transition-colors disabled:opacity-50 data-[state=checked]:border-me data-[state=checked]:bg-me"
        >
          <Base.Thumb className="block size-5 rounded-full border border-ink-3 bg-surface transition-transform data-[state=checked]:translate-x-5 data-[state=checked]:border-transparent" />
        </Base.Root>
      </div>
    </div>
  );
}

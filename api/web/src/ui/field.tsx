/** A labelled line to type in, with what was wrong with it. */
import { useId, type ComponentProps, type ReactNode } from "react";

interface FieldProps extends Omit<ComponentProps<"input">, "id"> {
  label: string;
  /** What is to be known before typing. */
  hint?: ReactNode;
}

export function Field({ label, hint, className = "", ...rest }: FieldProps) {
  const [field, about] = [useId(), useId()];
  return (
    <div className={className}>
      <label htmlFor={field} className="text-sm font-medium">
        {label}
      </label>
      {hint !== undefined && (
        <p id={about} className="mt-0.5 text-sm text-ink-3">
          {hint}
        </p>
      )}
      <input
        {...rest}
        id={field}
        aria-describedby={hint === undefined ? undefined : about}
        className="mt-1.5 h-11 w-full rounded-md border border-line-strong bg-surface px-3"
      />
    </div>
  );
}

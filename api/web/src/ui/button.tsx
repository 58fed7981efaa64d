/** Buttons, in the few weights the app needs. */
import type { ComponentProps } from "react";

type Weight = "primary" | "quiet" | "danger" | "icon";

const weights: Record<Weight, string> = {
  primary: "h-10 px-4 bg-ink text-paper hover:bg-ink-2 font-medium",
  quiet: "h-10 px-4 border border-line-strong text-ink hover:bg-sunken font-medium",
  danger: "h-10 px-4 bg-danger text-paper hover:opacity-90 font-medium",
  icon: "size-10 justify-center text-ink-2 hover:text-ink hover:bg-sunken",
};

/** The look of a button, for links that act like one. */
export function buttonClass(weight: Weight): string {
  return `inline-flex items-center justify-center gap-2 rounded-md text-sm whitespace-nowrap transition-colors disabled:opacity-50 ${weights[weight]}`;
}

export function Button({ weight = "quiet", className = "", ...rest }: ComponentProps<"button"> & { weight?: Weight }) {
  return <button type="button" {...rest} className={`${buttonClass(weight)} ${className}`} />;
}

/**
 * A dialog over the page, on Radix primitives. The backdrop is our own element and not Radix's `Overlay`: that one locks
 * scrolling by injecting a `<style>`, which the content security policy forbids; `styles.css` locks it instead.
 */
import { AlertDialog as Alert, Dialog as Base } from "radix-ui";
import type { ReactNode } from "react";

interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description: string;
  children: ReactNode;
}

const backdrop = "fixed inset-0 z-40 bg-[#060c0e]/45 animate-arrive";
const panel =
  "fixed z-50 left-1/2 top-[12dvh] -translate-x-1/2 w-[min(28rem,calc(100vw-2rem))] max-h-[80dvh] overflow-auto rounded-lg border border-line bg-surface p-6 shadow-float focus:outline-none";

export function Dialog({ open, onOpenChange, title, description, children }: DialogProps) {
  return (
    <Base.Root open={open} onOpenChange={onOpenChange}>
      <Base.Portal>
        <div className={backdrop} data-dialog="" />
        <Base.Content className={panel}>
          <Base.Title className="text-lg font-semibold tracking-[-0.01em]">{title}</Base.Title>
          <Base.Description className="mt-1 text-sm text-ink-2">{description}</Base.Description>
          {children}
        </Base.Content>
      </Base.Portal>
    </Base.Root>
  );
}

/** A dialog that must be answered: a click beside it does not close it. Its [`Cancel`] takes the focus. */
export function Confirmation({ open, onOpenChange, title, description, children }: DialogProps) {
  return (
    <Alert.Root open={open} onOpenChange={onOpenChange}>
      <Alert.Portal>
        <div className={backdrop} data-dialog="" />
        <Alert.Content className={panel}>
          <Alert.Title className="text-lg font-semibold tracking-[-0.01em]">{title}</Alert.Title>
          <Alert.Description className="mt-1 text-sm text-ink-2">{description}</Alert.Description>
          {children}
        </Alert.Content>
      </Alert.Portal>
    </Alert.Root>
  );
}

/** The answer that changes nothing. */
export const Cancel = Alert.Cancel;

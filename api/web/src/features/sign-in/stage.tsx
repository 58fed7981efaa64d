/** What stands in the middle of a page where nobody is signed in yet. */
import type { ReactNode } from "react";

interface StageProps {
  title: string;
  /** Something is under way. */
  busy?: boolean;
  children: ReactNode;
}

export function Stage({ title, busy = false, children }: StageProps) {
  return (
    <>
      <Dial busy={busy} />
      <h1 className="mt-8 text-2xl font-semibold tracking-[-0.02em]">{title}</h1>
      <div className="mt-2 text-ink-2">{children}</div>
    </>
  );
}

/** The page around it. */
export function Doorstep({ children }: { children: ReactNode }) {
  return <div className="mx-auto grid w-full max-w-[26rem] flex-1 grid-cols-[minmax(0,1fr)] content-center px-5 py-16">{children}</div>;
}

/** The tuner's scale. Its needle rests in the middle, and breathes while something is under way. */
function Dial({ busy }: { busy: boolean }) {
  const ticks = Array.from({ length: 25 }, (_, index) => index - 12);
  return (
    <svg viewBox="-100 0 200 40" className="w-full" aria-hidden="true" strokeLinecap="round">
      {ticks.map((tick) => (
        <path key={tick} d={`M${tick * 8} ${tick % 6 === 0 ? 14 : 22}V34`} stroke="var(--line-strong)" strokeWidth="1" />
      ))}
      <path d="M0 4V38" stroke="var(--me)" strokeWidth="2.5" className={busy ? "animate-breathe" : ""} />
    </svg>
  );
}

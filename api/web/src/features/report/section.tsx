/** A section of the report: its name and one sentence on the left, its content on the right. */
import type { ReactNode } from "react";

export function Section({ id, title, lead, flow = false, children }: { id: string; title: string; lead?: string; flow?: boolean; children: ReactNode }) {
  return (
    <section
      aria-labelledby={id}
      className={`grid grid-cols-[minmax(0,1fr)] gap-x-12 gap-y-5 border-t border-line py-9 lg:grid-cols-[12.5rem_minmax(0,1fr)] lg:py-12 print:grid-cols-1 print:py-5 ${flow ? "flow" : ""}`}
    >
      <div>
        <h2 id={id} className="scroll-mt-6 text-xl font-semibold tracking-[-0.02em]">
          {title}
        </h2>
        {lead !== undefined && <p className="mt-1.5 max-w-[34rem] text-sm text-ink-3">{lead}</p>}
      </div>
      <div className="min-w-0">{children}</div>
    </section>
  );
}

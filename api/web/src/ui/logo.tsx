/** The mark: a tuner's ticks and its needle, in tune. */

export function Logo() {
  return (
    <span className="inline-flex items-center gap-2.5 text-ink">
      <svg viewBox="0 0 28 24" width="28" height="24" aria-hidden="true" fill="none" strokeLinecap="round">
        <g stroke="currentColor" strokeWidth="1.75" className="text-ink-3">
          <path d="M3 14v4.5M8.5 11v7.5M19.5 11v7.5M25 14v4.5" />
        </g>
        <path d="M14 3.5v17" stroke="var(--me)" strokeWidth="2.5" />
      </svg>
      <span className="text-lg font-semibold tracking-[-0.02em]">Attune</span>
    </span>
  );
}

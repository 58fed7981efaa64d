/** In, above or below the target: a shape and its words, never colour alone. */
import { standingWords, type Standing } from "./standing";

export function StandingMark({ standing }: { standing: Standing }) {
  return (
    <span className={`inline-flex items-baseline gap-1.5 text-sm ${standing === "in" ? "text-me" : "text-signal"}`}>
      <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true" fill="currentColor" className="translate-y-px">
        {standing === "in" && <circle cx="6" cy="6" r="4" />}
        {standing === "above" && <path d="M6 1.5 11 10.5H1z" />}
        {standing === "below" && <path d="M6 10.5 1 1.5h10z" />}
      </svg>
      {standingWords[standing]}
    </span>
  );
}

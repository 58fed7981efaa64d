/** The nudge that counts now, large and calm; the earlier ones as a list under it. */
import { clock } from "../../format/time";
import type { LiveState } from "./live-state";
import { NudgeGlyph } from "../../nudge/nudge-glyph";

export function NudgePanel({ nudges, nowMs }: { nudges: LiveState["nudges"]; nowMs: number }) {
  const last = nudges.at(-1);
  const current = last !== undefined && last.expires_at_ms >= nowMs ? last : undefined;
  const earlier = (current === undefined ? nudges : nudges.slice(0, -1)).toReversed();
  if (nudges.length === 0) return null;
  return (
    <section aria-label="Nudges" className="mb-6 lg:mb-8">
      {current !== undefined && (
        <div key={current.id} className="flex animate-arrive gap-4 rounded-lg border border-signal-line bg-signal-soft p-4">
          <NudgeGlyph rule={current.rule} size={40} />
          <div className="min-w-0">
            <p className="text-lg font-semibold tracking-[-0.01em]">{current.headline}</p>
            <p className="text-sm text-ink-2">{current.evidence}</p>
          </div>
        </div>
      )}
      {earlier.length > 0 && (
        <details className={current === undefined ? "" : "mt-3"} open={undefined}>
          <summary className="tabular rounded-sm text-sm text-ink-2 hover:text-ink">
            {earlier.length} earlier {earlier.length === 1 ? "nudge" : "nudges"}
          </summary>
          <ol className="mt-2 space-y-2">
            {earlier.map((nudge) => (
              <li key={nudge.id} className="flex items-center gap-3 text-sm">
                <NudgeGlyph rule={nudge.rule} size={20} />
                <span className="min-w-0 flex-1">{nudge.headline}</span>
                <span className="tabular text-ink-3">{clock(nudge.at_ms)}</span>
              </li>
            ))}
          </ol>
        </details>
      )}
    </section>
  );
}

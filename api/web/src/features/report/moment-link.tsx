/** A moment of the meeting that leads to its words. */
import type { Source } from "../../api/model";
import { clock } from "../../format/time";

export function MomentLink({ source }: { source: Source }) {
  const at = clock(source.t0_ms);
  const said = source.utterances[0];
  if (said === undefined) return <span className="tabular text-sm text-ink-3">{at}</span>;
  return (
    <a
      href={`#${said}`}
      aria-label={`Show ${at} in the transcript`}
      className="tabular rounded-sm text-sm text-ink-2 underline decoration-line-strong underline-offset-4 hover:text-ink hover:decoration-ink"
    >
      {at}
    </a>
  );
}

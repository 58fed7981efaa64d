/** The nudges that were shown, each with its reason and the moment it spoke of. */
import type { Nudge, Report } from "../../api/model";
import { clock } from "../../format/time";
import { NudgeGlyph } from "../../nudge/nudge-glyph";
import { utteranceAt } from "./moment";
import { Section } from "./section";

export function NudgesSection({ report }: { report: Report }) {
  return (
    <Section id="nudges" title="Nudges" lead="What you were told while it happened, and why.">
      {report.nudges.length === 0 ? (
        <p className="text-ink-2">None was shown.</p>
      ) : (
        <ol className="border-t border-line">
          {report.nudges.map((nudge) => (
            <Shown key={nudge.id} nudge={nudge} report={report} />
          ))}
        </ol>
      )}
    </Section>
  );
}

function Shown({ nudge, report }: { nudge: Nudge; report: Report }) {
  const moment = utteranceAt(report.utterances, nudge.at_ms);
  return (
    <li className="flex items-center gap-4 border-b border-line py-4 last:border-b-0 last:pb-0">
      <NudgeGlyph rule={nudge.rule} />
      <div className="min-w-0 flex-1">
        <p className="font-semibold tracking-[-0.01em]">{nudge.headline}</p>
        <p className="text-sm text-ink-2">{nudge.evidence}</p>
      </div>
      {moment === undefined ? (
        <span className="tabular text-sm text-ink-3">{clock(nudge.at_ms)}</span>
      ) : (
        <a
          href={`#${moment.id}`}
          aria-label={`Show ${clock(nudge.at_ms)} in the transcript`}
          className="tabular rounded-sm text-sm text-ink-2 underline decoration-line-strong underline-offset-4 hover:text-ink hover:decoration-ink"
        >
          {clock(nudge.at_ms)}
        </a>
      )}
    </li>
  );
}

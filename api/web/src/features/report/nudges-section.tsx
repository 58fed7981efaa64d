/** The nudges that were shown, each with its reason, the moment it spoke of and what became of it; and those held out by lot. */
import type { HeldOut, Nudge, Report } from "../../api/model";
import { rounded } from "../../format/measure";
import { clock } from "../../format/time";
import { NudgeGlyph } from "../../nudge/nudge-glyph";
import { utteranceAt } from "./moment";
import { Section } from "./section";

export function NudgesSection({ report }: { report: Report }) {
  const { nudges, held_out: heldOut = [] } = report.coaching;
  return (
    <Section id="nudges" title="Nudges" lead="What you were told while it happened, why, and what became of the number that it was about.">
      {nudges.length === 0 ? (
        <p className="text-ink-2">None was shown.</p>
      ) : (
        <ol className="border-t border-line">
          {nudges.map((nudge) => (
            <Shown key={nudge.id} nudge={nudge} report={report} />
          ))}
        </ol>
      )}
      {heldOut.length > 0 && <Held moments={heldOut} />}
    </Section>
  );
}

const reactions: Record<string, string> = { helpful: "You found it helpful", dismissed: "You dismissed it" };

function Shown({ nudge, report }: { nudge: Nudge; report: Report }) {
  const moment = utteranceAt(report.record.utterances, nudge.at_ms);
  const became = [...(nudge.reaction == null ? [] : [reactions[nudge.reaction] ?? nudge.reaction]), ...change(nudge)];
  return (
    <li className="flex items-center gap-4 border-b border-line py-4 last:border-b-0 last:pb-0">
      <NudgeGlyph rule={nudge.rule} />
      <div className="min-w-0 flex-1">
        <p className="font-semibold tracking-[-0.01em]">{nudge.headline}</p>
        <p className="text-sm text-ink-2">{nudge.evidence}</p>
        {became.length > 0 && <p className="tabular text-sm text-ink-3">{became.join(" · ")}</p>}
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

/** One in five is left out by lot, so that what nudges change can be told from what would have changed anyway. */
function Held({ moments }: { moments: readonly HeldOut[] }) {
  return (
    <div className="mt-6">
      <h3 className="text-sm font-semibold">Held out by lot, not shown</h3>
      <ul className="tabular mt-2 space-y-1 text-sm text-ink-2">
        {moments.map((moment) => (
          <li key={moment.id}>{[clock(moment.at_ms), moment.headline, ...change(moment)].join(" · ")}</li>
        ))}
      </ul>
    </div>
  );
}

function change({ before, after }: { before?: number | null; after?: number | null }): string[] {
  return before == null || after == null ? [] : [`${rounded(before)} in the two minutes before, ${rounded(after)} in the two after`];
}

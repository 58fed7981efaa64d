/** The nudges that were shown, each with its reason, the moment it spoke of and what became of it; and those held out by lot. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { reactToNudge, reportQuery, withReaction } from "../../api/meetings";
import type { HeldOut, Nudge, Report } from "../../api/model";
import { rounded } from "../../format/measure";
import { clock } from "../../format/time";
import { NudgeGlyph } from "../../nudge/nudge-glyph";
import { utteranceAt } from "./moment";
import { Section } from "./section";

export function NudgesSection({ meetingId, report }: { meetingId: string; report: Report }) {
  const { nudges, held_out: heldOut = [] } = report.coaching;
  return (
    <Section id="nudges" title="Nudges" lead="What you were told while it happened, why, and what became of the number that it was about.">
      {nudges.length === 0 ? (
        <p className="text-ink-2">None was shown.</p>
      ) : (
        <ol className="border-t border-line">
          {nudges.map((nudge) => (
            <Shown key={nudge.id} meetingId={meetingId} nudge={nudge} report={report} />
          ))}
        </ol>
      )}
      {heldOut.length > 0 && <Held moments={heldOut} />}
    </Section>
  );
}

const reactions: Record<string, string> = { helpful: "You found it helpful", dismissed: "You dismissed it" };

function Shown({ meetingId, nudge, report }: { meetingId: string; nudge: Nudge; report: Report }) {
  const moment = utteranceAt(report.record.utterances, nudge.at_ms);
  const became = [...(nudge.reaction == null ? [] : [reactions[nudge.reaction] ?? nudge.reaction]), ...change(nudge)];
  return (
    <li className="flex items-center gap-4 border-b border-line py-4 last:border-b-0 last:pb-0">
      <NudgeGlyph rule={nudge.rule} />
      <div className="min-w-0 flex-1">
        <p className="font-semibold tracking-[-0.01em]">{nudge.headline}</p>
        <p className="text-sm text-ink-2">{nudge.evidence}</p>
        {became.length > 0 && <p className="tabular text-sm text-ink-3">{became.join(" · ")}</p>}
        <Thumbs meetingId={meetingId} nudge={nudge} />
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

/** What the person makes of it: the last word counts, and tunes what is said to them next time. */
function Thumbs({ meetingId, nudge }: { meetingId: string; nudge: Nudge }) {
  const queryClient = useQueryClient();
  const { queryKey } = reportQuery(meetingId);
  const react = useMutation({
    mutationFn: (reaction: "helpful" | "dismissed") => reactToNudge(meetingId, nudge.id, reaction),
    onSuccess: async (_, reaction) => {
      await queryClient.cancelQueries({ queryKey });
      queryClient.setQueryData(queryKey, (report) => (report == null ? report : withReaction(report, nudge.id, reaction)));
    },
  });
  const choices = [
    ["helpful", "Helpful"],
    ["dismissed", "Not helpful"],
  ] as const;
  return (
    <div role="group" aria-label={`What you make of ${nudge.headline}, ${clock(nudge.at_ms)}`} className="mt-2 flex flex-wrap items-center gap-2 print:hidden">
      {choices.map(([reaction, label]) => (
        <button
          key={reaction}
          type="button"
          aria-pressed={nudge.reaction === reaction}
          disabled={react.isPending}
          onClick={() => react.mutate(reaction)}
          className="rounded-md border border-line-strong px-2.5 py-1 text-sm text-ink-2 hover:bg-sunken hover:text-ink disabled:opacity-50 aria-pressed:border-me aria-pressed:bg-me-soft aria-pressed:text-ink"
        >
          {label}
        </button>
      ))}
      {react.isError && (
        <p role="alert" className="text-sm text-danger">
          Not noted. {react.error.message}
        </p>
      )}
    </div>
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

/** What the meeting came to, in the words that were said: decisions, what is to be done, questions without an answer. */
import type { ReactNode } from "react";
import type { ActionItem, MeetingRecord, Missing, Source, Who } from "../../api/model";
import { whoName } from "../../format/measure";
import { MomentLink } from "./moment-link";
import { Section } from "./section";

export function OutcomeSection({ record }: { record: MeetingRecord }) {
  const { decisions = [], actions = [], open_questions: questions = [], missing = [] } = record;
  return (
    <Section id="outcome" title="Outcome" lead="Nothing here is worded anew: each is a quotation, and leads to its place. An owner and a day stand only where they were spoken.">
      <div className="space-y-8">
        <Statements title="Decisions" none="No decision was heard.">
          {decisions.map(({ text, by, source }) => (
            <Statement key={`${source.t0_ms}-${text}`} by={by} source={source} text={text} />
          ))}
        </Statements>
        <Statements title="To do" none="Nothing to do was heard.">
          {actions.map((action) => (
            <Statement key={`${action.source.t0_ms}-${action.text}`} by={action.by} source={action.source} text={action.text} terms={terms(action)} />
          ))}
        </Statements>
        <Statements title="Open questions" none="No question was left open.">
          {questions.map(({ text, by, source }) => (
            <Statement key={`${source.t0_ms}-${text}`} by={by} source={source} text={text} />
          ))}
        </Statements>
        <NotThere parts={missing} />
      </div>
    </Section>
  );
}

function Statements({ title, none, children }: { title: string; none: string; children: ReactNode[] }) {
  return (
    <div>
      <h3 className="text-sm font-semibold">{title}</h3>
      {children.length === 0 ? <p className="mt-1.5 text-sm text-ink-3">{none}</p> : <ul className="mt-1.5 divide-y divide-line border-y border-line">{children}</ul>}
    </div>
  );
}

function Statement({ by, source, text, terms: said }: { by: Who; source: Source; text: string; terms?: string }) {
  return (
    <li className="grid gap-x-4 py-2.5 sm:grid-cols-[4rem_minmax(0,1fr)]">
      <MomentLink source={source} />
      <div className="min-w-0">
        <p dir="auto" className="said break-words">
          {text}
        </p>
        <p className="text-sm text-ink-3">
          <bdi>{whoName(by)}</bdi>
          {said !== undefined && ` · ${said}`}
        </p>
      </div>
    </li>
  );
}

/** Whose it is and by when, as far as that was said. */
function terms({ owner, due }: ActionItem): string {
  return `${owner == null ? "no owner was named" : `owner: ${whoName(owner)}`}, ${due == null ? "no day" : `“${due}”`}`;
}

/** What a record or a coaching does not have, and why. */
export function NotThere({ parts }: { parts: readonly Missing[] }) {
  const reasons = [...new Set(parts.map(({ why }) => why))];
  return (
    <ul className="space-y-1 text-sm text-ink-3">
      {reasons.map((reason) => (
        <li key={reason}>
          Not here: {parts.filter(({ why }) => why === reason).map(({ part }) => part.replaceAll("_", " ")).join(", ")}. {reason}
        </li>
      ))}
    </ul>
  );
}

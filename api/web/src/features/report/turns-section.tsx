/** How the floor changed hands: who followed whom, who cut in, how long I waited, and what I asked. */
import type { Coaching, MissedQuestion, QuestionAsked, TurnTaking } from "../../api/model";
import { GapHistogram } from "../../chart/gap-histogram";
import { speakerName, whoName } from "../../format/measure";
import { clock } from "../../format/time";
import { MomentLink } from "./moment-link";
import { Section } from "./section";

/** People that the map shows; more cannot be told apart by eye. */
const MOST = 8;
/** More than these would crowd the page. */
const SHOWN_QUESTIONS = 6;

const NOBODY: TurnTaking = { people: [], follows: [], interruptions: [] };

export function TurnsSection({ coaching }: { coaching: Coaching }) {
  const { turn_taking: map = NOBODY, questions = [], missed_questions: missed = [], charts, measures } = coaching;
  const gaps = charts?.gaps ?? [];
  return (
    <Section id="turns" title="Turn-taking" lead="How the floor changed hands, and what you asked.">
      {map.follows.length === 0 && questions.length === 0 ? (
        <p className="text-ink-2">The floor never changed hands.</p>
      ) : (
        <div className="space-y-9">
          {map.follows.length > 0 && <FloorMap map={map} />}
          {gaps.length > 0 && (
            <div>
              <h3 className="mb-3 text-sm font-semibold">Before you spoke</h3>
              <GapHistogram bars={gaps} target={measures.find(({ id }) => id === "C13")?.target ?? null} />
            </div>
          )}
          {questions.length > 0 && <Questions questions={questions} />}
          {missed.length > 0 && <Missed missed={missed} />}
        </div>
      )}
    </Section>
  );
}

function FloorMap({ map }: { map: TurnTaking }) {
  const people = map.people.slice(0, MOST);
  const most = Math.max(...map.follows.map(({ times }) => times));
  const times = (from: number, to: number): number => map.follows.find((edge) => edge.from === from && edge.to === to)?.times ?? 0;
  const cuts = (failed: boolean): string[] =>
    people.flatMap((by) => {
      const of = map.interruptions.filter((cut) => cut.failed === failed && cut.by.speaker === by.speaker && (cut.by.name ?? null) === (by.name ?? null));
      return of.length === 0 ? [] : [`${whoName(by)} ${of.length}`];
    });
  return (
    <div>
      <h3 className="mb-3 text-sm font-semibold">Who took the floor after whom</h3>
      <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Who took the floor after whom">
        <table className="tabular text-sm">
          <thead>
            <tr className="border-b border-line text-ink-3">
              <th scope="col" className="py-2 pr-4 text-left font-medium">
                After
              </th>
              {people.map((who) => (
                <th key={`${who.speaker}-${who.name ?? ""}`} scope="col" className="max-w-36 truncate px-4 py-2 text-center font-medium">
                  {whoName(who)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {people.map((who, from) => (
              <tr key={`${who.speaker}-${who.name ?? ""}`} className="border-b border-line">
                <th scope="row" className="max-w-36 truncate py-1.5 pr-4 text-left font-medium">
                  {whoName(who)}
                </th>
                {people.map(({ speaker, name }, to) => (
                  <td key={`${speaker}-${name ?? ""}`} className="px-4 py-1.5 text-center">
                    <Times times={times(from, to)} most={most} mine={speaker === "me"} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="mt-3 text-sm text-ink-2">
        Cut in: {cuts(false).join(", ") || "nobody"}. Tried to and gave up: {cuts(true).join(", ") || "nobody"}.
      </p>
    </div>
  );
}

/** A number with a dot as large as it is. */
function Times({ times, most, mine }: { times: number; most: number; mine: boolean }) {
  if (times === 0) return <span className="text-ink-3">–</span>;
  const radius = 3 + 10 * Math.sqrt(times / Math.max(most, 1));
  return (
    <span className="inline-flex items-center gap-2">
      <svg viewBox="0 0 28 28" width="28" height="28" aria-hidden="true" className={mine ? "text-me" : "text-them"}>
        <circle cx="14" cy="14" r={radius} fill="currentColor" />
      </svg>
      {times}
    </span>
  );
}

function Questions({ questions }: { questions: readonly QuestionAsked[] }) {
  const open = questions.filter(({ kind }) => kind === "open").length;
  const followUps = questions.filter(({ follow_up: followUp }) => followUp).length;
  const [shown, more] = [questions.slice(0, SHOWN_QUESTIONS), questions.slice(SHOWN_QUESTIONS)];
  return (
    <div>
      <h3 className="text-sm font-semibold">{speakerName("me")} asked</h3>
      <p className="mt-1 text-sm text-ink-2">
        {open} open, {questions.length - open} closed; {followUps} took up a word that was just said.
      </p>
      <Asked questions={shown} />
      {more.length > 0 && (
        <details className="mt-2">
          <summary className="w-fit rounded-sm text-sm text-ink-2 underline decoration-line-strong underline-offset-4 hover:text-ink">{more.length} more questions</summary>
          <Asked questions={more} />
        </details>
      )}
    </div>
  );
}

/** Long answers after which I spoke of something else: each an opportunity, not a fault. */
function Missed({ missed }: { missed: readonly MissedQuestion[] }) {
  return (
    <div>
      <h3 className="text-sm font-semibold">You could have asked</h3>
      <p className="mt-1 text-sm text-ink-2">Long answers after which you spoke of something else: no word of them came back in what you said next.</p>
      <ul className="mt-2 divide-y divide-line border-y border-line">
        {missed.map(({ source, text, by, replied_at_ms: repliedAt }) => (
          <li key={`${source.t0_ms}-${repliedAt}`} className="grid gap-x-4 py-2 sm:grid-cols-[4rem_minmax(0,1fr)]">
            <MomentLink source={source} />
            <p>
              <span className="mr-3 text-sm text-ink-3">{whoName(by)} ended</span>
              <span dir="auto" className="said break-words">
                … {text}
              </span>
              <span className="tabular ml-3 text-sm text-ink-3">you went on at {clock(repliedAt)}</span>
            </p>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Asked({ questions }: { questions: readonly QuestionAsked[] }) {
  return (
    <ul className="mt-2 divide-y divide-line border-y border-line">
      {questions.map(({ source, text, kind, follow_up: followUp }) => (
        <li key={`${source.t0_ms}-${text}`} className="grid gap-x-4 py-2 sm:grid-cols-[4rem_minmax(0,1fr)]">
          <MomentLink source={source} />
          <p>
            <span dir="auto" className="said break-words">
              {text}
            </span>
            <span className="ml-3 text-sm text-ink-3">
              {kind}
              {followUp && ", follow-up"}
            </span>
          </p>
        </li>
      ))}
    </ul>
  );
}

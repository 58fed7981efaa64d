/** Who held the floor: the shares as one bar against the target for this kind of meeting. */
import { Fragment } from "react";
import type { Band, Coaching, ParticipantTalk, Talk } from "../../api/model";
import { percents } from "../../format/measure";
import { length } from "../../format/time";
import { missingWords, targetWords } from "../../measure/catalogue";
import { standing } from "../../measure/standing";
import { StandingMark } from "../../measure/standing-mark";
import { TalkBar } from "../../measure/talk-bar";
import { Section } from "./section";

/** Why the others' voices are not told apart; names come from captions alone then. */
const MISSING_VOICES = {
  not_installed: "The others’ voices are not told apart: the model is not installed.",
  off: "The others’ voices are not told apart: it is turned off on this server.",
};

export function TalkSection({ coaching }: { coaching: Coaching }) {
  const measure = coaching.measures.find(({ id }) => id === "C1");
  const me = coaching.talk.find(({ speaker }) => speaker === "me");
  const them = coaching.talk.find(({ speaker }) => speaker === "them");
  return (
    <Section id="talk" title="Who spoke" lead="Silence is left out; where two people spoke at once, both count.">
      {them === undefined ? (
        <p className="text-ink-2">One channel carried everybody, so nobody can be told apart and there is no talk share.</p>
      ) : me?.share == null || them.share == null ? (
        <p className="text-ink-2">Nobody spoke, so there is no talk share.</p>
      ) : (
        <>
          <Shares me={me} them={them} target={measure?.target ?? null} participants={coaching.participants ?? []} />
          {them.seconds > 0 && coaching.voices != null && coaching.voices !== "apart" && <p className="mt-3 text-sm text-ink-2">{MISSING_VOICES[coaching.voices]}</p>}
        </>
      )}
      {measure?.target != null && measure.state !== "not_covered" && (
        <p className="mt-3 flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-ink-2">
          {measure.value != null && <StandingMark standing={standing(measure.value, measure.target)} />}
          <span>Target for your share, the bracket: {targetWords(measure)}</span>
          {measure.state === "not_enough_speech" && <span>Not enough speech to judge it: {missingWords(measure)}.</span>}
        </p>
      )}
    </Section>
  );
}

function Shares({ me, them, target, participants }: { me: Talk; them: Talk; target: Band | null; participants: ParticipantTalk[] }) {
  const [mine = 0, theirs = 0] = percents([me.share ?? 0, them.share ?? 0]);
  return (
    <>
      <div className="mb-3 flex items-end justify-between gap-6">
        <Side name="You" share={mine} seconds={me.seconds} />
        <Side name="Others" share={theirs} seconds={them.seconds} end />
      </div>
      <TalkBar share={{ me: mine, them: theirs }} />
      {target !== null && <Bracket target={target} />}
      {participants.length > 0 && <Participants participants={participants} />}
    </>
  );
}

/** The others by name or by voice, as far as either tells who spoke. */
function Participants({ participants }: { participants: ParticipantTalk[] }) {
  return (
    <dl aria-label="The others by name" className="mt-4 grid max-w-md grid-cols-[1fr_auto_auto] gap-x-6 gap-y-1 text-sm">
      {participants.map(({ name, share, seconds }) => (
        <Fragment key={name ?? ""}>
          <dt className="truncate text-ink-2">{name ?? "Not told apart"}</dt>
          <dd className="tabular text-right">{percents([share, 1 - share])[0]} %</dd>
          <dd className="tabular text-right text-ink-3">{length(seconds * 1000)}</dd>
        </Fragment>
      ))}
    </dl>
  );
}

/** Where the end of your bar should be. */
function Bracket({ target }: { target: Band }) {
  const from = target.low ?? 0;
  const to = target.high ?? 100;
  return (
    <div aria-hidden="true" className="relative mt-1.5 h-2">
      <span className="absolute inset-y-0 rounded-b-[2px] border-x border-b border-me" style={{ left: `${from}%`, width: `${to - from}%` }} />
    </div>
  );
}

function Side({ name, share, seconds, end = false }: { name: string; share: number; seconds: number; end?: boolean }) {
  return (
    <p className={end ? "text-right" : ""}>
      <span className="block text-sm text-ink-2">{name}</span>
      <span className="figure text-[2.75rem] leading-none">{share}</span>
      <span className="ml-1 text-ink-2">%</span>
      <span className="tabular mt-1 block text-sm text-ink-3">{length(seconds * 1000)}</span>
    </p>
  );
}

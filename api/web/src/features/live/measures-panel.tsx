/** How it is going: pace on its scale, who has the floor and for how long, fillers and questions. */
import type { Band, LiveMeasures } from "../../api/model";
import { rounded } from "../../format/measure";
import { clock, spokenLength } from "../../format/time";
import { bandWords, pace } from "../../measure/catalogue";
import { Ruler } from "../../measure/ruler";
import { standing } from "../../measure/standing";
import { StandingMark } from "../../measure/standing-mark";
import { TalkBar } from "../../measure/talk-bar";
import { AttentionCards } from "./attention-cards";
import { Cell, Value } from "./cell";

export function LiveMeasuresPanel({ measures }: { measures: LiveMeasures | null }) {
  if (measures === null) {
    return <p className="border-t border-line pt-5 text-sm text-ink-3 max-lg:hidden">Measures appear with the first words.</p>;
  }
  return (
    <div className="grid grid-cols-2 gap-x-6 [&>*]:py-3 lg:[&>*]:py-4">
      <Pace wpm={measures.pace_wpm ?? null} target={measures.pace_target} />
      <Cell label="Talk share">
        {measures.talk_share_me == null ? (
          <Missing />
        ) : (
          <>
            <Value figure={String(Math.round(measures.talk_share_me * 100))} unit="% you" />
            <div className="mt-2">
              <TalkBar share={{ me: measures.talk_share_me, them: 1 - measures.talk_share_me }} height="thin" />
            </div>
          </>
        )}
        {measures.voices != null && measures.voices !== "apart" && (
          <p className="text-xs text-ink-3 max-lg:hidden">The others’ voices are not told apart here: names come from captions.</p>
        )}
      </Cell>
      <Cell label="Your turn">
        {measures.current_turn_ms === 0 ? (
          <p className="mt-1.5 text-sm text-ink-3">Someone else’s</p>
        ) : (
          <Value figure={clock(measures.current_turn_ms)} unit="" spoken={spokenLength(measures.current_turn_ms)} />
        )}
      </Cell>
      <Cell label="Fillers" className="max-lg:hidden">
        {measures.fillers_per_min == null ? <Missing /> : <Value figure={rounded(measures.fillers_per_min)} unit="a minute" />}
        {!measures.filled_pauses_covered && <p className="text-xs text-ink-3">Um and uh are not covered by this recognizer.</p>}
      </Cell>
      <Cell label="Your questions" className="max-lg:hidden">
        <Value figure={String(measures.questions)} unit="" />
      </Cell>
      {measures.attention != null && <AttentionCards cards={measures.attention} />}
    </div>
  );
}

function Pace({ wpm, target }: { wpm: number | null; target: Band }) {
  const stands = wpm === null ? null : standing(wpm, target);
  return (
    <Cell label={pace.label} className="col-span-2" mark={stands !== null && <StandingMark standing={stands} />}>
      {wpm === null ? <Missing /> : <Value figure={pace.figure(wpm).figure} unit={pace.figure(wpm).unit} large />}
      <div className="mt-2">
        <Ruler scale={pace.scale} target={target} value={wpm} standing={stands} labelled />
        <p className="sr-only">Target {bandWords(target, pace.figure)}</p>
      </div>
    </Cell>
  );
}

function Missing() {
  return <p className="mt-1.5 text-sm text-ink-3">Not enough speech yet</p>;
}

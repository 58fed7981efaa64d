/** How it is going: pace on its scale, who has the floor and for how long, and fillers. */
import type { LiveMeasures, Measure } from "../../api/model";
import { speakerName } from "../../format/measure";
import { clock, spokenLength } from "../../format/time";
import { entryOf, missingWords, targetWords } from "../../measure/catalogue";
import { Ruler } from "../../measure/ruler";
import { standing } from "../../measure/standing";
import { StandingMark } from "../../measure/standing-mark";
import { TalkBar } from "../../measure/talk-bar";

export function LiveMeasuresPanel({ measures, nowMs }: { measures: LiveMeasures | null; nowMs: number }) {
  if (measures === null) {
    return <p className="border-t border-line pt-5 text-sm text-ink-3 max-lg:hidden">Measures appear with the first words.</p>;
  }
  const share = measures.talk_share;
  return (
    <div className="grid gap-x-8 max-lg:grid-cols-2 max-sm:gap-x-5 lg:block">
      <Reading measure={measures.pace} className="max-lg:col-span-2" />
      <div className="border-t border-line py-4">
        <h2 className="eyebrow">Talk share</h2>
        {share.value === null ? (
          <Missing measure={share} />
        ) : (
          <>
            <p className="mt-1">
              <span className="figure text-2xl">{Math.round(share.value)}</span>
              <span className="ml-1 text-sm text-ink-2">% you</span>
            </p>
            <div className="mt-2">
              <TalkBar share={{ me: share.value / 100, them: 1 - share.value / 100 }} height="thin" />
            </div>
          </>
        )}
      </div>
      <div className="border-t border-line py-4">
        <h2 className="eyebrow">Now speaking</h2>
        {measures.turn === null ? (
          <p className="mt-1 text-ink-3">Nobody</p>
        ) : (
          <p className="mt-1">
            <span className="figure text-2xl" aria-label={spokenLength(nowMs - measures.turn.started_ms)}>
              {clock(nowMs - measures.turn.started_ms)}
            </span>
            <span className="ml-2 text-sm text-ink-2">{speakerName(measures.turn.speaker)}</span>
          </p>
        )}
      </div>
      <Reading measure={measures.fillers} className="max-lg:col-span-2 max-lg:hidden" />
    </div>
  );
}

function Reading({ measure, className = "" }: { measure: Measure; className?: string }) {
  const { label, figure, scale } = entryOf(measure);
  const shown = measure.value === null ? null : figure(measure.value);
  const stands = measure.value !== null && measure.target !== null ? standing(measure.value, measure.target) : null;
  const target = targetWords(measure);
  return (
    <div className={`border-t border-line py-4 ${className}`}>
      <div className="flex items-baseline justify-between gap-3">
        <h2 className="eyebrow">{label}</h2>
        {stands !== null && <StandingMark standing={stands} />}
      </div>
      {shown === null ? (
        <Missing measure={measure} />
      ) : (
        <>
          <p className="mt-1">
            <span className="figure text-3xl">{shown.figure}</span>
            <span className="ml-1.5 text-sm text-ink-2">{shown.unit}</span>
          </p>
          <div className="mt-2">
            <Ruler scale={scale} target={measure.target} value={measure.value} standing={stands} labelled format={(value) => figure(value).figure} />
            {target !== null && <p className="sr-only">Target {target}</p>}
          </div>
        </>
      )}
    </div>
  );
}

function Missing({ measure }: { measure: Measure }) {
  return (
    <p className="mt-1 text-sm text-ink-3">
      {measure.state === "not_covered" ? "Not covered by this recognizer" : `Not enough speech yet: ${missingWords(measure)}`}
    </p>
  );
}

/** How well the meeting was heard: what became of every second of each track, and what was lost. */
import type { Coverage, Gap, MeetingRecord, Track } from "../../api/model";
import { clock, length } from "../../format/time";
import { reasonWords } from "../../transcript/unheard";
import { total } from "./coverage";
import { heardAgain } from "./hearing";
import { Section } from "./section";

const trackNames: Record<Track, string> = { mic: "Your microphone", tab: "The others" };

const classes = [
  ["decoded_s", "Speech in words"],
  ["non_speech_s", "Silence and noise"],
  ["suppressed_s", "Judged not to be speech"],
  ["withheld_s", "Withheld by you"],
  ["gap_s", "Lost"],
] as const satisfies readonly (readonly [keyof Coverage, string])[];

export function CaptureSection({ record, fingerprint }: { record: MeetingRecord; fingerprint: string | null }) {
  const { recognizer } = record;
  return (
    <Section id="capture" title="Capture" lead="What became of every second of sound. Only what was withheld or lost is missing from this report.">
      <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="What became of every second">
        <table className="tabular w-full min-w-[34rem] text-sm">
          <thead>
            <tr className="border-b border-line text-left text-ink-3">
              <th scope="col" className="py-2 pr-4 font-medium">
                Track
              </th>
              {classes.map(([key, name]) => (
                <th key={key} scope="col" className="px-2 py-2 text-right font-medium">
                  {name}
                </th>
              ))}
              <th scope="col" className="py-2 pl-4 text-right font-medium">
                In all
              </th>
            </tr>
          </thead>
          <tbody>
            {record.coverage.map((coverage) => (
              <tr key={coverage.track} className="border-b border-line">
                <th scope="row" className="py-2.5 pr-4 text-left font-medium">
                  {trackNames[coverage.track]}
                </th>
                {classes.map(([key]) => (
                  <td key={key} className={`px-2 py-2.5 text-right ${key === "gap_s" && coverage.gap_s > 0 ? "font-semibold text-signal" : ""}`}>
                    {coverage[key] === 0 ? <span className="text-ink-3">0 s</span> : clockOrSeconds(coverage[key])}
                  </td>
                ))}
                <td className="py-2.5 pl-4 text-right">{clockOrSeconds(total(coverage))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Reasons coverage={record.coverage} />
      <Gaps gaps={record.gaps} />
      <dl className="mt-8 grid gap-x-8 gap-y-4 text-sm sm:grid-cols-[10rem_minmax(0,1fr)]">
        <dt className="text-ink-3">Recognizer</dt>
        <dd>
          {recognizer.name} {recognizer.version}, model {recognizer.model} ({recognizer.languages.join(", ")})
        </dd>
        <dt className="text-ink-3">Known weakness</dt>
        <dd>{recognizer.weakness}</dd>
        <dt className="text-ink-3">Hearing</dt>
        <dd>
          {record.second_hearing == null
            ? "The first: as it was written while the meeting went on."
            : `${heardAgain(record.second_hearing)} Live it was written by ${record.second_hearing.live_recognizer}.`}
        </dd>
        <dt className="text-ink-3">Report</dt>
        <dd>
          Version {record.version}
          {record.incomplete ? ", incomplete" : ""}. Only you can read it; it is stored encrypted with your own key, and so is audio, where you chose to keep it.
        </dd>
        {fingerprint !== null && (
          <>
            <dt className="text-ink-3">Fingerprint</dt>
            <dd>
              <span className="font-mono text-xs break-all">{fingerprint}</span>
              <span className="block text-ink-3">The same events give the same one, on any server.</span>
            </dd>
          </>
        )}
      </dl>
    </Section>
  );
}

function clockOrSeconds(seconds: number): string {
  return seconds < 60 ? `${Math.round(seconds)} s` : clock(seconds * 1000);
}

/** Why what was not heard was not, in minutes; nothing in reports that are older than this was told. */
function Reasons({ coverage }: { coverage: readonly Coverage[] }) {
  const unheard = coverage.filter(({ reasons }) => (reasons ?? []).length > 0);
  if (unheard.length === 0) return null;
  return (
    <div className="mt-6">
      <h3 className="text-sm font-semibold">Why some was not heard</h3>
      <ul className="tabular mt-2 space-y-1 text-sm text-ink-2">
        {unheard.map(({ track, reasons }) => (
          <li key={track}>
            {trackNames[track]}: {(reasons ?? []).map(({ reason, seconds }) => `${reasonWords(reason)} ${clockOrSeconds(seconds)}`).join(", ")}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Gaps({ gaps }: { gaps: readonly Gap[] }) {
  if (gaps.length === 0) return <p className="mt-4 text-sm text-ink-2">Nothing was lost.</p>;
  return (
    <div className="mt-6">
      <h3 className="text-sm font-semibold">Lost stretches</h3>
      <ul className="tabular mt-2 space-y-1 text-sm text-ink-2">
        {gaps.map((gap) => (
          <li key={`${gap.track}-${gap.t0_ms}`}>
            {clock(gap.t0_ms)}–{clock(gap.t1_ms)} ({length(gap.t1_ms - gap.t0_ms)}), {trackNames[gap.track].toLowerCase()}: {reasonWords(gap.reason)}
          </li>
        ))}
      </ul>
    </div>
  );
}

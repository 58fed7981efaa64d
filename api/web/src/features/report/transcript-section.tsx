/** What was said, by speaker, with times; searchable. */
import { useDeferredValue, useId, useMemo, useState } from "react";
import type { Report } from "../../api/model";
import { clock } from "../../format/time";
import { passages, type Passage, type Said } from "../../transcript/passages";
import { occurs, split } from "../../transcript/search";
import { SpeakerLabel } from "../../transcript/speaker-label";
import { Icon } from "../../ui/icon";
import { Section } from "./section";

export function TranscriptSection({ report }: { report: Report }) {
  const field = useId();
  const [typed, setTyped] = useState("");
  const sought = useDeferredValue(typed.trim());
  const all = useMemo(() => passages(report.utterances), [report.utterances]);
  const shown = sought === "" ? all : all.filter((passage) => passage.pieces.some((piece) => occurs(piece.text, sought)));

  return (
    <Section id="transcript" title="Transcript" lead="As the recognizer wrote it." flow>
      <div className="mb-6 flex flex-wrap items-center gap-x-4 gap-y-2 print:hidden">
        <label htmlFor={field} className="sr-only">
          Search the transcript
        </label>
        <div className="relative w-full max-w-sm">
          <span className="pointer-events-none absolute inset-y-0 left-3 grid place-items-center text-ink-3">
            <Icon name="search" size={18} />
          </span>
          <input
            id={field}
            type="search"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            placeholder="Search the transcript"
            autoComplete="off"
            spellCheck={false}
            className="h-10 w-full rounded-md border border-line-strong bg-surface pr-3 pl-10 text-sm placeholder:text-ink-3"
          />
        </div>
        <p role="status" className="tabular text-sm text-ink-3">
          {sought !== "" && (shown.length === 0 ? "Nobody said that" : `${shown.length} ${shown.length === 1 ? "passage" : "passages"}`)}
        </p>
      </div>
      {all.length === 0 ? (
        <p className="text-ink-2">No words.</p>
      ) : (
        <ol>
          {shown.map((passage) => (
            <Lines key={passage.id} passage={passage} sought={sought} />
          ))}
        </ol>
      )}
    </Section>
  );
}

function Lines({ passage, sought }: { passage: Passage; sought: string }) {
  const named = passage.named || sought !== "";
  return (
    <li className={`grid gap-x-3 sm:grid-cols-[3rem_minmax(0,1fr)] ${named ? "pt-5" : "pt-2.5"}`}>
      <span className={`tabular text-xs text-ink-3 max-sm:hidden ${named ? "pt-0.5" : "pt-1.5"}`}>{clock(passage.t0_ms)}</span>
      <div className={`border-l-2 pl-4 ${passage.speaker === "me" ? "border-me" : "border-line"}`}>
        {named && <SpeakerLabel speaker={passage.speaker} atMs={passage.t0_ms} />}
        <p className="said max-w-[42rem] text-base sm:text-lg">
          {passage.pieces.map((piece) => (
            <Words key={piece.id} piece={piece} sought={sought} />
          ))}
        </p>
      </div>
    </li>
  );
}

function Words({ piece, sought }: { piece: Said; sought: string }) {
  return (
    <>
      <span id={piece.id} className="scroll-mt-[30dvh] target:bg-me-soft target:shadow-[0_0_0_3px_var(--me-soft)]">
        {sought === "" ? piece.text : split(piece.text, sought).map(({ text, found }, index) => (found ? <mark key={index}>{text}</mark> : text))}
      </span>{" "}
    </>
  );
}

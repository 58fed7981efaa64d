/** What was said, by speaker, with times; searchable. */
import { Fragment, useDeferredValue, useEffect, useId, useMemo, useRef, useState, type RefObject } from "react";
import type { Gap, MeetingRecord, Utterance } from "../../api/model";
import { clock, length } from "../../format/time";
import { passages, type Passage } from "../../transcript/passages";
import { occurs, split } from "../../transcript/search";
import { SpeakerLabel } from "../../transcript/speaker-label";
import { Icon } from "../../ui/icon";
import { CorrectionForm, type Drafts } from "./correction-form";
import { Section } from "./section";

export function TranscriptSection({ meetingId, record, onCorrected }: { meetingId: string; record: MeetingRecord; onCorrected: (reportVersion: number) => void }) {
  const field = useId();
  const [typed, setTyped] = useState("");
  const sought = useDeferredValue(typed.trim());
  const all = useMemo(() => passages(record.utterances), [record.utterances]);
  const names = [...new Set(record.utterances.flatMap(({ participant }) => (participant == null ? [] : [participant.name])))].sort();
  const unsure = record.utterances.some((utterance) => utterance.low_confidence === true);
  // The passage whose words are being put right, by the utterance it begins with: a newer report may join it otherwise.
  const [editing, setEditing] = useState<string | null>(null);
  // Kept here: a form comes and goes with its passage.
  const [drafts, setDrafts] = useState<Drafts>({});
  // Whoever came by keyboard goes on where they were.
  const left = useRef<string | null>(null);
  const close = (passage: string): void => {
    left.current = passage;
    setEditing((now) => (now === passage ? null : now));
  };
  const shown = sought === "" ? all : all.filter((passage) => passage.pieces.some((piece) => piece.id === editing || occurs(piece.text, sought)));

  return (
    <Section
      id="transcript"
      title="Transcript"
      lead={`As the recognizer wrote it${record.utterances.some(({ corrected }) => corrected != null) ? ", and as you put it right" : ""}.${unsure ? " Where it was unsure, the words are paler, and left out of the measures." : ""}`}
      flow
    >
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
          {shown.map((passage, index) => (
            <Fragment key={passage.id}>
              {sought === "" && gapsBetween(record.gaps, shown[index - 1], passage).map((gap) => <Lost key={`${gap.track}-${gap.t0_ms}`} gap={gap} />)}
              {passage.pieces.some(({ id }) => id === editing) ? (
                <CorrectionForm
                  meetingId={meetingId}
                  passage={passage}
                  names={names}
                  drafts={drafts}
                  onDrafts={setDrafts}
                  onClose={() => close(editing ?? passage.id)}
                  onCorrected={onCorrected}
                />
              ) : (
                <Lines passage={passage} sought={sought} onEdit={() => setEditing(passage.id)} wasLeft={left} />
              )}
            </Fragment>
          ))}
        </ol>
      )}
    </Section>
  );
}

function Lines({ passage, sought, onEdit, wasLeft }: { passage: Passage<Utterance>; sought: string; onEdit: () => void; wasLeft: RefObject<string | null> }) {
  const named = passage.named || sought !== "";
  const edit = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (wasLeft.current !== passage.id) return;
    wasLeft.current = null;
    edit.current?.focus();
  }, [wasLeft, passage.id]);
  return (
    <li className={`group grid gap-x-3 sm:grid-cols-[3rem_minmax(0,1fr)] ${named ? "pt-5" : "pt-2.5"}`}>
      <span className={`tabular text-xs text-ink-3 max-sm:hidden ${named ? "pt-0.5" : "pt-1.5"}`}>{clock(passage.t0_ms)}</span>
      <div className={`border-l-2 pl-4 ${passage.speaker === "me" ? "border-me" : "border-line"}`}>
        {named && <SpeakerLabel speaker={passage.speaker} name={passage.name} atMs={passage.t0_ms} />}
        <p className="said max-w-[42rem] text-base sm:text-lg">
          {passage.pieces.map((piece) => (
            <Words key={piece.id} piece={piece} sought={sought} />
          ))}
          <button
            ref={edit}
            type="button"
            onClick={onEdit}
            aria-label={`Correct the words at ${clock(passage.t0_ms)}`}
            className="inline-grid size-7 place-items-center rounded-sm align-middle text-ink-3 opacity-0 transition-opacity group-hover:opacity-100 hover:text-ink focus-visible:opacity-100 pointer-coarse:opacity-100 print:hidden"
          >
            <Icon name="rename" size={16} />
          </button>
        </p>
      </div>
    </li>
  );
}

/** What was lost before a passage and after the one before it. */
function gapsBetween(gaps: readonly Gap[], before: Passage | undefined, passage: Passage): Gap[] {
  return gaps.filter(({ t0_ms }) => t0_ms >= (before?.t0_ms ?? 0) && t0_ms < passage.t0_ms);
}

function Lost({ gap }: { gap: Gap }) {
  return (
    <li className="grid gap-x-3 pt-5 sm:grid-cols-[3rem_minmax(0,1fr)]">
      <span className="tabular text-xs text-ink-3 max-sm:hidden">{clock(gap.t0_ms)}</span>
      <p className="flex items-center gap-3 text-sm text-signal">
        <span aria-hidden="true" className="hatch-gap h-4 w-10 rounded-[2px]" />
        {length(gap.t1_ms - gap.t0_ms)} of {gap.track === "mic" ? "your microphone" : "the others"} were not captured here
      </p>
    </li>
  );
}

function Words({ piece, sought }: { piece: Utterance; sought: string }) {
  return (
    <>
      <span id={piece.id} className={`scroll-mt-[30dvh] target:bg-me-soft target:shadow-[0_0_0_3px_var(--me-soft)] ${piece.low_confidence === true ? "text-ink-3" : ""}`}>
        {sought === "" ? piece.text : split(piece.text, sought).map(({ text, found }, index) => (found ? <mark key={index}>{text}</mark> : text))}
      </span>
      {piece.corrected != null && (
        <span className="ml-1.5 font-sans text-xs text-ink-3" title={`Heard: ${piece.corrected.heard}`}>
          corrected<span className="sr-only">; heard: {piece.corrected.heard}</span>
        </span>
      )}{" "}
    </>
  );
}

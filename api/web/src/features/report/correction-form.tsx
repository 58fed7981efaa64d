/** Puts the words of a passage right: a field for each stretch that was heard, by keyboard or not. What was typed stays until it is saved. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState, type FormEvent, type KeyboardEvent } from "react";
import { correctUtterance, reportQuery, withCorrection } from "../../api/meetings";
import { ApiFailure } from "../../api/failure";
import type { Utterance } from "../../api/model";
import { clock } from "../../format/time";
import type { Passage } from "../../transcript/passages";
import { SpeakerLabel } from "../../transcript/speaker-label";
import { Button } from "../../ui/button";

/** As the server takes it. */
const LONGEST_TEXT = 2_000;

interface Props {
  meetingId: string;
  passage: Passage<Utterance>;
  onClose: () => void;
  onCorrected: () => void;
}

export function CorrectionForm({ meetingId, passage, onClose, onCorrected }: Props) {
  const help = useId();
  const queryClient = useQueryClient();
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const textOf = (piece: Utterance): string => typed[piece.id] ?? piece.text;
  const isChanged = (piece: Utterance): boolean => words(textOf(piece)) !== words(piece.text);
  const save = useMutation({
    mutationFn: async () => {
      // One after another: what is saved is shown as saved also where the next one fails.
      for (const piece of passage.pieces.filter(isChanged)) {
        const corrected = await correctUtterance(meetingId, piece, words(textOf(piece)));
        queryClient.setQueryData(reportQuery(meetingId).queryKey, (report) => (report == null ? report : withCorrection(report, corrected)));
        onCorrected();
      }
    },
    onSuccess: onClose,
    onError: async (error) => {
      // Somebody else put them right meanwhile: theirs is shown beside what was typed, which the next save puts in its place.
      if (error instanceof ApiFailure && error.code === "outdated") await queryClient.invalidateQueries({ queryKey: reportQuery(meetingId).queryKey });
    },
  });
  const missing = passage.pieces.some((piece) => words(textOf(piece)) === "");
  const submit = (event?: FormEvent): void => {
    event?.preventDefault();
    if (missing || save.isPending) return;
    if (passage.pieces.some(isChanged)) save.mutate();
    else onClose();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // A key that ends a composition is not meant for the form.
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape") onClose();
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      submit();
    }
  };
  return (
    <li className="grid gap-x-3 pt-5 sm:grid-cols-[3rem_minmax(0,1fr)] print:hidden">
      <span className="tabular pt-0.5 text-xs text-ink-3 max-sm:hidden">{clock(passage.t0_ms)}</span>
      <form onSubmit={submit} aria-label={`Correct the words at ${clock(passage.t0_ms)}`} className={`border-l-2 pl-4 ${passage.speaker === "me" ? "border-me" : "border-line"}`}>
        <SpeakerLabel speaker={passage.speaker} name={passage.name} atMs={passage.t0_ms} />
        {passage.pieces.map((piece, index) => (
          <Field
            key={piece.id}
            piece={piece}
            text={textOf(piece)}
            help={help}
            first={index === 0}
            onType={(text) => setTyped((before) => ({ ...before, [piece.id]: text }))}
            onKeyDown={onKeyDown}
          />
        ))}
        <p id={help} className="mt-2 max-w-[42rem] text-sm text-ink-3">
          Enter saves, Escape leaves everything as it was. Your words stand in this report and every later one, and its measures follow.
        </p>
        {save.isError && (
          <p role="alert" className="mt-3 text-sm text-danger">
            Not saved; what you typed is still here. {save.error.message}
          </p>
        )}
        <div className="mt-3 flex gap-3">
          <Button type="submit" weight="primary" disabled={save.isPending || missing}>
            {save.isPending ? "Saving…" : "Save words"}
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </form>
    </li>
  );
}

interface FieldProps {
  piece: Utterance;
  text: string;
  help: string;
  first: boolean;
  onType: (text: string) => void;
  onKeyDown: (event: KeyboardEvent) => void;
}

function Field({ piece, text, help, first, onType, onKeyDown }: FieldProps) {
  return (
    <div className="mt-2 max-w-[42rem]">
      <textarea
        aria-label={`Words at ${clock(piece.t0_ms)}`}
        aria-describedby={help}
        value={text}
        rows={Math.max(1, Math.ceil(text.length / 60))}
        maxLength={LONGEST_TEXT}
        autoFocus={first}
        onChange={(event) => onType(event.target.value)}
        onKeyDown={onKeyDown}
        className="said w-full resize-none rounded-md border border-line-strong bg-surface px-3 py-2 text-base text-ink sm:text-lg"
      />
      {piece.corrected != null && piece.corrected.heard !== "" && <p className="text-sm text-ink-3">Heard: {piece.corrected.heard}</p>}
      {piece.live_text != null && <p className="text-sm text-ink-3">Live: {piece.live_text}</p>}
    </div>
  );
}

/** What the server keeps of a text: its words, with single spaces. */
function words(text: string): string {
  return text.split(/\s+/).filter(Boolean).join(" ");
}

/** Puts the words of a passage right, and who of the others said them: a field for each stretch that was heard, by keyboard or not. What was typed stays until it is saved or given up. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState, type Dispatch, type FormEvent, type KeyboardEvent, type SetStateAction } from "react";
import { correctUtterance, reportQuery, withCorrection } from "../../api/meetings";
import { ApiFailure } from "../../api/failure";
import type { Utterance } from "../../api/model";
import { clock } from "../../format/time";
import type { Passage } from "../../transcript/passages";
import { SpeakerLabel } from "../../transcript/speaker-label";
import { Button } from "../../ui/button";

/** As the server takes it. */
const LONGEST_TEXT = 2_000;
const LONGEST_NAME = 100;

/** What was typed for an utterance and is not saved, and the correction that it was typed over. */
export type Drafts = Readonly<Record<string, { text: string; over: number }>>;

interface Props {
  meetingId: string;
  passage: Passage<Utterance>;
  /** Who else is known to have spoken. */
  names: readonly string[];
  drafts: Drafts;
  onDrafts: Dispatch<SetStateAction<Drafts>>;
  onClose: () => void;
  onCorrected: (reportVersion: number) => void;
}

export function CorrectionForm({ meetingId, passage, names, drafts, onDrafts, onClose, onCorrected }: Props) {
  const help = useId();
  const [who, setWho] = useState(passage.name ?? "");
  const queryClient = useQueryClient();
  const { queryKey } = reportQuery(meetingId);
  const textOf = (piece: Utterance): string => drafts[piece.id]?.text ?? piece.text;
  const type = (piece: Utterance, text: string): void =>
    onDrafts((before) => ({ ...before, [piece.id]: { text, over: before[piece.id]?.over ?? versionOf(piece) } }));
  const drop = (ids: readonly string[]): void => onDrafts((before) => Object.fromEntries(Object.entries(before).filter(([id]) => !ids.includes(id))));
  const named = words(who) !== "" && words(who) !== passage.name;
  const isChanged = (piece: Utterance): boolean => named || words(textOf(piece)) !== words(piece.text);
  // A name that a person gave stays when only words change.
  const nameOf = (piece: Utterance): string | null => (named ? words(who) : piece.participant?.told_by === "person" ? piece.participant.name : null);
  const save = useMutation({
    mutationFn: async () => {
      // One after another: what is saved is shown as saved also where the next one fails.
      for (const piece of passage.pieces.filter(isChanged)) {
        const corrected = await correctUtterance(meetingId, piece, words(textOf(piece)), nameOf(piece));
        // An answer under way knows nothing of it yet.
        await queryClient.cancelQueries({ queryKey });
        queryClient.setQueryData(queryKey, (report) => (report == null ? report : withCorrection(report, corrected, nameOf(piece))));
        drop([piece.id]);
        onCorrected(corrected.report_version ?? 0);
      }
    },
    onSuccess: () => leave(),
    onError: async (error) => {
      // Somebody else put them right meanwhile: theirs is shown beside what was typed, which the next save puts in its place.
      if (error instanceof ApiFailure && error.code === "outdated") await queryClient.invalidateQueries({ queryKey });
    },
  });
  const leave = (): void => {
    drop(passage.pieces.map(({ id }) => id));
    onClose();
  };
  const missing = passage.pieces.some((piece) => words(textOf(piece)) === "");
  const submit = (event?: FormEvent): void => {
    event?.preventDefault();
    if (missing || save.isPending) return;
    if (passage.pieces.some(isChanged)) save.mutate();
    else leave();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // A key that ends a composition is not meant for the form.
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape" && !save.isPending) leave();
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
        {passage.speaker === "them" && <WhoSpoke name={who} names={names} isSaving={save.isPending} onType={setWho} onKeyDown={onKeyDown} />}
        {passage.pieces.map((piece, index) => (
          <Field
            key={piece.id}
            piece={piece}
            text={textOf(piece)}
            isNew={drafts[piece.id] !== undefined && drafts[piece.id]?.over !== versionOf(piece)}
            isSaving={save.isPending}
            help={help}
            first={index === 0}
            onType={(text) => type(piece, text)}
            onKeyDown={onKeyDown}
          />
        ))}
        <p id={help} className="mt-2 max-w-[42rem] text-sm text-ink-3">
          Enter saves, Escape leaves everything as it was. What you write stands in this report and every later one, and its measures follow.
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
          <Button onClick={leave} disabled={save.isPending}>
            Cancel
          </Button>
        </div>
      </form>
    </li>
  );
}

interface WhoProps {
  name: string;
  names: readonly string[];
  isSaving: boolean;
  onType: (name: string) => void;
  onKeyDown: (event: KeyboardEvent) => void;
}

/** Who of the others said it: a name that is known, or any. */
function WhoSpoke({ name, names, isSaving, onType, onKeyDown }: WhoProps) {
  const [field, known] = [useId(), useId()];
  return (
    <div className="mt-2 flex max-w-[42rem] flex-wrap items-center gap-x-3 gap-y-1">
      <label htmlFor={field} className="text-sm text-ink-2">
        Who spoke
      </label>
      <input
        id={field}
        list={known}
        value={name}
        maxLength={LONGEST_NAME}
        readOnly={isSaving}
        autoComplete="off"
        placeholder="Not told apart"
        onChange={(event) => onType(event.target.value)}
        onKeyDown={onKeyDown}
        className="h-9 w-full max-w-60 rounded-md border border-line-strong bg-surface px-3 text-sm placeholder:text-ink-3"
      />
      <datalist id={known}>
        {names.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
    </div>
  );
}

interface FieldProps {
  piece: Utterance;
  text: string;
  /** Somebody else put these words right since the first key was pressed. */
  isNew: boolean;
  isSaving: boolean;
  help: string;
  first: boolean;
  onType: (text: string) => void;
  onKeyDown: (event: KeyboardEvent) => void;
}

function Field({ piece, text, isNew, isSaving, help, first, onType, onKeyDown }: FieldProps) {
  return (
    <div className="mt-2 max-w-[42rem]">
      <textarea
        aria-label={`Words at ${clock(piece.t0_ms)}`}
        aria-describedby={help}
        value={text}
        rows={Math.max(1, Math.ceil(text.length / 60))}
        maxLength={LONGEST_TEXT}
        readOnly={isSaving}
        autoFocus={first}
        onChange={(event) => onType(event.target.value)}
        onKeyDown={onKeyDown}
        className="said w-full resize-none rounded-md border border-line-strong bg-surface px-3 py-2 text-base text-ink sm:text-lg"
      />
      {isNew && (
        <p role="status" className="text-sm text-signal">
          Saved elsewhere meanwhile: {piece.text}
        </p>
      )}
      {piece.corrected != null && piece.corrected.heard !== "" && piece.corrected.heard !== piece.text && <p className="text-sm text-ink-3">Heard: {piece.corrected.heard}</p>}
      {piece.live_text != null && <p className="text-sm text-ink-3">Live: {piece.live_text}</p>}
    </div>
  );
}

function versionOf(piece: Utterance): number {
  return piece.corrected?.version ?? 0;
}

/** What the server keeps of a text: its words, with single spaces. */
function words(text: string): string {
  return text.split(/\s+/).filter(Boolean).join(" ");
}

/** What a person says of their own speech: what is not to be held against them, and the words that they keep. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState, type SubmitEvent } from "react";
import type { Speech } from "../../api/model";
import { changeSpeech, speechQuery } from "../../api/settings";
import { Button } from "../../ui/button";
import { Switch } from "../../ui/switch";
import { Section, Unchanged } from "./section";

export function SpeechSection() {
  const speech = useQuery(speechQuery);
  const broken = speech.isError ? { error: speech.error, retry: () => void speech.refetch() } : undefined;
  return (
    <Section title="My speech" about="What is not to be held against you. It is encrypted under your own key, and nobody else sees it." broken={broken}>
      {speech.isSuccess && <Choices speech={speech.data} />}
    </Section>
  );
}

const ways = [
  ["second_language", "I speak in a second language"],
  ["accent", "I have an accent that is heard badly"],
  ["stutter", "I stutter"],
] as const;

function Choices({ speech }: { speech: Speech }) {
  const queryClient = useQueryClient();
  const change = useMutation({
    mutationFn: changeSpeech,
    onSuccess: (changed) => queryClient.setQueryData(speechQuery.queryKey, changed),
  });
  const stands = change.isPending ? change.variables : speech;
  return (
    <div className="space-y-7">
      {ways.map(([way, label]) => (
        <Switch key={way} label={label} checked={stands[way]} disabled={change.isPending} onChange={(on) => change.mutate({ ...stands, [way]: on })}>
          Pace, fillers and pauses are still measured, but against no target, and nothing is said of them while you speak.
        </Switch>
      ))}
      <Kept words={stands.keep} disabled={change.isPending} onChange={(keep) => change.mutate({ ...stands, keep })} />
      {change.isError && <Unchanged error={change.error} />}
      <p className="text-sm text-ink-3">All of this holds for meetings that begin, and reports that are made, from now on.</p>
    </div>
  );
}

interface KeptProps {
  words: string[];
  disabled: boolean;
  onChange: (words: string[]) => void;
}

/** The words and phrases that a person keeps, one to add and each to take away. */
function Kept({ words, disabled, onChange }: KeptProps) {
  const [name, explanation] = [useId(), useId()];
  const [written, setWritten] = useState("");
  const add = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const phrase = written.trim();
    if (phrase !== "" && !words.includes(phrase)) onChange([...words, phrase]);
    setWritten("");
  };
  return (
    <div>
      <form onSubmit={add} className="max-w-[34rem]">
        <label htmlFor={name} className="font-medium">
          Words that I keep
        </label>
        <p id={explanation} className="mt-1 text-sm text-ink-2">
          A word or phrase that is yours on purpose. It is counted as no filler, hedge or repetition, and no other is offered for it.
        </p>
        <div className="mt-3 flex gap-2.5">
          <input
            id={name}
            aria-describedby={explanation}
            value={written}
            maxLength={60}
            disabled={disabled}
            onChange={(event) => setWritten(event.target.value)}
            className="h-10 min-w-0 flex-1 rounded-md border border-line-strong bg-surface px-3 text-sm"
          />
          <Button type="submit" disabled={disabled || written.trim() === ""}>
            Keep it
          </Button>
        </div>
      </form>
      {words.length > 0 && (
        <ul aria-label="Words that I keep" className="mt-4 flex flex-wrap gap-2">
          {words.map((word) => (
            <li key={word} className="flex max-w-full items-center gap-2 rounded-md border border-line bg-sunken py-1 pr-1 pl-3 text-sm">
              <span className="min-w-0 break-words">{word}</span>
              <Button className="h-7! px-2!" disabled={disabled} aria-label={`Remove ${word}`} onClick={() => onChange(words.filter((kept) => kept !== word))}>
                Remove
              </Button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** How long what is kept of a person is kept, by their own choice, and what the nights destroyed. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId } from "react";
import type { Kept, RetentionKind, RetentionRun } from "../../api/model";
import { changeRetention, retentionQuery, retentionRunsQuery, type RetentionChoice } from "../../api/settings";
import { dayInSentence, herePlace } from "../../format/time";
import { Section, Unchanged } from "./section";

export function RetentionSection() {
  const retention = useQuery(retentionQuery);
  const broken = retention.isError ? { error: retention.error, retry: () => void retention.refetch() } : undefined;
  return (
    <Section title="How long it is kept" about="What is older is destroyed every night, and each night says what it destroyed." broken={broken}>
      {retention.isSuccess && <Kinds kinds={retention.data.kinds} />}
    </Section>
  );
}

const names: Record<RetentionKind, { label: string; about: string }> = {
  audio: { label: "Audio", about: "Where you keep the audio of your meetings." },
  transcript: { label: "Transcripts", about: "What was said, and whatever quotes it or names somebody. The numbers of a report stay." },
  insights: { label: "Insights", about: "What your device made of camera and focus, minute by minute." },
  reports: { label: "Reports", about: "Measures, advice and nudges." },
};

const offered = [7, 30, 90, 180, 365] as const;
const FOR_EVER = "for-ever";

function Kinds({ kinds }: { kinds: readonly Kept[] }) {
  const queryClient = useQueryClient();
  const change = useMutation({
    mutationFn: changeRetention,
    onSuccess: (changed) => {
      queryClient.setQueryData(retentionQuery.queryKey, changed);
      void queryClient.invalidateQueries({ queryKey: retentionRunsQuery.queryKey });
    },
  });
  const choose = (kind: RetentionKind, days: number | null): void => {
    const others = kinds.filter((kept) => kept.chosen && kept.kind !== kind).map(({ kind, days }): RetentionChoice => ({ kind, days: days ?? null }));
    change.mutate([...others, { kind, days }]);
  };
  return (
    <div className="space-y-6">
      {kinds.map((kept) => (
        <Kind key={kept.kind} kept={kept} disabled={change.isPending} onChange={(days) => choose(kept.kind, days)} />
      ))}
      {change.isError && <Unchanged error={change.error} />}
      <p className="text-sm text-ink-3">A shorter time holds at once: what is older then cannot be brought back.</p>
      <Nights />
    </div>
  );
}

interface KindProps {
  kept: Kept;
  disabled: boolean;
  onChange: (days: number | null) => void;
}

function Kind({ kept, disabled, onChange }: KindProps) {
  const [name, explanation] = [useId(), useId()];
  const { label, about } = names[kept.kind];
  const ceiling = kept.ceiling_days ?? Infinity;
  const choices = [...new Set([...offered, kept.days ?? 0, kept.ceiling_days ?? 0])].filter((days) => days > 0 && days <= ceiling).sort((a, b) => a - b);
  return (
    <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-2">
      <div className="min-w-0">
        <label htmlFor={name} className="font-medium">
          {label}
        </label>
        <p id={explanation} className="mt-1 max-w-[34rem] text-sm text-ink-2">
          {about}
          {kept.ceiling_days !== null && kept.ceiling_days !== undefined && ` At most ${inDays(kept.ceiling_days)} here.`}
        </p>
      </div>
      <select
        id={name}
        aria-describedby={explanation}
        value={kept.days ?? FOR_EVER}
        disabled={disabled}
        onChange={({ target }) => onChange(target.value === FOR_EVER ? null : Number(target.value))}
        className="h-10 shrink-0 rounded-md border border-line-strong bg-surface px-3 text-sm"
      >
        {choices.map((days) => (
          <option key={days} value={days}>
            {inDays(days)}
          </option>
        ))}
        {ceiling === Infinity && <option value={FOR_EVER}>Until I delete it</option>}
      </select>
    </div>
  );
}

/** What the newest nights destroyed; those that had nothing to destroy are told of together. */
function Nights() {
  const runs = useQuery(retentionRunsQuery);
  if (!runs.isSuccess) return runs.isError && <Unchanged error={runs.error} />;
  const destroyed = runs.data.runs.filter(({ records }) => records > 0);
  const newest = runs.data.runs.find(({ finished_at }) => finished_at !== null && finished_at !== undefined);
  const place = herePlace();
  return (
    <div>
      <h3 className="font-medium">What was destroyed</h3>
      <p className="mt-1 text-sm text-ink-2">
        {newest?.finished_at ? `Last looked through ${dayInSentence(newest.finished_at, new Date(), place)}. ` : "Not looked through yet. "}
        {destroyed.length === 0 && "Nothing was past its time in the last thirty nights."}
      </p>
      {destroyed.length > 0 && (
        <ul aria-label="What was destroyed" className="mt-3 border-t border-line">
          {destroyed.map((run) => (
            <li key={`${run.night} ${run.kind}`} className="border-b border-line py-2.5 text-sm">
              {told(run)}
              <span className="block text-xs text-ink-3">{left(run)}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function told({ night, kind, meetings, records }: RetentionRun): string {
  return `${night}: ${names[kind].label.toLowerCase()} of ${meetings === 1 ? "1 meeting" : `${meetings} meetings`}, ${records === 1 ? "1 record" : `${records} records`}`;
}

function left({ oldest_left }: RetentionRun): string {
  return oldest_left === null || oldest_left === undefined ? "None is left" : `The oldest that is left is of ${oldest_left.slice(0, 10)}`;
}

function inDays(days: number): string {
  return days === 1 ? "1 day" : `${days} days`;
}

/** What a wearable recorded of the person's heartbeat: uploaded here, computed by the server, and nothing on how they feel. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ChangeEvent } from "react";
import { ApiFailure } from "../../api/failure";
import { deleteHeartRecording, heartQuery, uploadHeartRecording } from "../../api/heart";
import type { HeartRecording } from "../../api/model";
import { rounded } from "../../format/measure";
import { fullDay, herePlace, timeOfDay } from "../../format/time";
import { Button, buttonClass } from "../../ui/button";
import { Cancel, Confirmation } from "../../ui/dialog";
import { Facts } from "../../ui/facts";
import { Icon } from "../../ui/icon";
import { Section, Unchanged } from "./section";

export function HeartSection() {
  const recordings = useQuery(heartQuery);
  const broken = recordings.isError ? { error: recordings.error, retry: () => void recordings.refetch() } : undefined;
  return (
    <Section title="Heart" about="Variability of your heartbeat, from a chest strap or a watch." broken={broken}>
      {recordings.isSuccess && <Recordings recordings={recordings.data.recordings} />}
    </Section>
  );
}

function Recordings({ recordings }: { recordings: readonly HeartRecording[] }) {
  const queryClient = useQueryClient();
  const onSettled = (): Promise<void> => queryClient.invalidateQueries({ queryKey: ["heart"] });
  const upload = useMutation({ mutationFn: uploadHeartRecording, onSettled });
  const remove = useMutation({ mutationFn: deleteHeartRecording, onSettled });
  const [asking, setAsking] = useState<HeartRecording | null>(null);
  const choose = (event: ChangeEvent<HTMLInputElement>): void => {
    const file = event.target.files?.[0];
    // The same file may be chosen again.
    event.target.value = "";
    if (file !== undefined) upload.mutate(file);
  };
  return (
    <div className="space-y-5">
      <p className="max-w-[38rem] text-sm text-ink-2">
        A file with the time between beats: a table with the columns <code>time</code> and <code>rr_ms</code>, or the same as JSON. It takes a minute or more,
        sitting still and silent, with at most 5 % of beats missed. The file is not kept; what is computed of it is encrypted under your own key. These are
        lengths of time: they say nothing about how you feel.
      </p>
      <label className={`${buttonClass("quiet")} cursor-pointer focus-within:outline-2 focus-within:outline-offset-2 focus-within:outline-me`}>
        {upload.isPending ? "Computing…" : "Upload a recording"}
        <input type="file" accept=".csv,.json,text/csv,application/json" className="sr-only" disabled={upload.isPending} onChange={choose} />
      </label>
      {upload.isError && (
        <p role="alert" className="text-sm text-danger">
          Nothing was kept. {problem(upload.error)}
        </p>
      )}
      {remove.isError && <Unchanged error={remove.error} />}
      {recordings.length > 0 && (
        <ul aria-label="Recordings of your heart" className="border-t border-line">
          {recordings.map((recording) => (
            <Recording key={recording.id} recording={recording} onDelete={() => setAsking(recording)} />
          ))}
        </ul>
      )}
      <Confirmation
        open={asking !== null}
        onOpenChange={(open) => !open && setAsking(null)}
        title="Delete this recording?"
        description="What was computed of it is deleted, and no longer counts for what is usual for you. This cannot be undone."
      >
        <div className="mt-6 flex justify-end gap-3">
          <Cancel asChild>
            <Button>Keep it</Button>
          </Cancel>
          <Button
            weight="danger"
            onClick={() => {
              if (asking !== null) remove.mutate(asking.id);
              setAsking(null);
            }}
          >
            Delete it
          </Button>
        </div>
      </Confirmation>
    </div>
  );
}

function Recording({ recording, onDelete }: { recording: HeartRecording; onDelete: () => void }) {
  const { variability, started_at: at } = recording;
  const place = herePlace();
  const day = fullDay(at, place);
  return (
    <li className="flex items-start justify-between gap-4 border-b border-line py-3">
      <div className="min-w-0">
        <p className="text-sm text-ink-2">
          {day}, {timeOfDay(at, place)}
        </p>
        <p className="mt-0.5">
          <span className="figure tabular text-2xl">{rounded(variability.rmssd_ms)}</span>
          <span className="ml-1.5 text-sm text-ink-2">ms RMSSD, {usual(recording)}</span>
        </p>
        <Facts
          className="mt-1 text-xs text-ink-3"
          facts={[
            `SDNN ${rounded(variability.sdnn_ms)} ms`,
            `pNN50 ${rounded(variability.pnn50_percent)} %`,
            `SD1 ${rounded(variability.sd1_ms)} ms`,
            `SD2 ${rounded(variability.sd2_ms)} ms`,
            `${variability.intervals} intervals`,
            `${rounded(100 * variability.artefacts)} % artefacts`,
          ]}
        />
      </div>
      <Button weight="icon" aria-label={`Delete the recording of ${day}`} onClick={onDelete}>
        <Icon name="remove" />
      </Button>
    </li>
  );
}

const stands = { below: "lower than your usual", usual: "within your usual", above: "higher than your usual" } as const;

/** Where a recording stands among the person's own of the 14 days before. */
function usual({ own }: HeartRecording): string {
  if (own == null) return "with fewer than five others of the 14 days before to compare it with";
  return `${stands[own.standing]} ${rounded(own.from_ms)} to ${rounded(own.to_ms)}`;
}

/** What was wrong with the file, where the server says it. */
function problem(error: Error): string {
  return (error instanceof ApiFailure ? error.problems[0] : undefined) ?? error.message;
}

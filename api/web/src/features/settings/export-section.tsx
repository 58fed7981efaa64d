/** Everything that is a person's: to take away, in an archive that is made in the background and kept for a week, and to erase. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { askForExport, deleteExport, exportAddress, exportsQuery } from "../../api/exports";
import type { Export } from "../../api/model";
import { bytes } from "../../format/size";
import { dayInSentence, herePlace, timeOfDay } from "../../format/time";
import { Button, buttonClass } from "../../ui/button";
import { Facts } from "../../ui/facts";
import { Icon } from "../../ui/icon";
import { useProven } from "../../proof/proof";
import { Erasure } from "./erasure";
import { Section, Unchanged } from "./section";

export function ExportSection() {
  const exports = useQuery(exportsQuery);
  const broken = exports.isError ? { error: exports.error, retry: () => void exports.refetch() } : undefined;
  return (
    <Section title="Your data" about="All of it: to keep, to take elsewhere, to erase." broken={broken}>
      {exports.isSuccess && <Exports exports={exports.data.exports} />}
    </Section>
  );
}

function Exports({ exports }: { exports: readonly Export[] }) {
  const queryClient = useQueryClient();
  const proven = useProven();
  const onSettled = (): Promise<void> => queryClient.invalidateQueries({ queryKey: ["exports"] });
  const ask = useMutation({ mutationFn: () => proven(askForExport), onSettled });
  const remove = useMutation({ mutationFn: deleteExport, onSettled });
  const isUnderWay = exports.some(({ state }) => state !== "ready");
  return (
    <div className="space-y-5">
      <p className="max-w-[38rem] text-sm text-ink-2">
        An archive (ZIP) of your meetings, reports, transcripts, measures, insights, consents and what was done on your behalf, with your audio where you keep
        it. It is encrypted under your own key until you download it, and destroyed after a week.
      </p>
      <Button disabled={isUnderWay || ask.isPending} onClick={() => ask.mutate()}>
        {isUnderWay ? "Being made…" : "Make an archive"}
      </Button>
      {ask.isError && <Unchanged error={ask.error} />}
      {remove.isError && <Unchanged error={remove.error} />}
      {exports.length > 0 && (
        <ul aria-label="Archives" className="border-t border-line">
          {exports.map((made) => (
            <Row key={made.id} made={made} onDelete={() => remove.mutate(made.id)} />
          ))}
        </ul>
      )}
      <Erasure />
    </div>
  );
}

function Row({ made, onDelete }: { made: Export; onDelete: () => void }) {
  const place = herePlace();
  const asked = `${dayInSentence(made.created_at, new Date(), place)}, ${timeOfDay(made.created_at, place)}`;
  const isReady = made.state === "ready";
  return (
    <li className="flex items-start justify-between gap-4 border-b border-line py-3">
      <div className="min-w-0 flex-1">
        <p>Archive of {asked}</p>
        {isReady ? (
          <Facts className="mt-0.5 text-xs text-ink-3" facts={[bytes(made.bytes), counted(made.meetings), `until ${dayInSentence(made.expires_at, new Date(), place)}`]} />
        ) : (
          <div className="mt-1.5 max-w-[22rem]">
            <progress aria-label="How far the archive is" className="block h-1.5 w-full appearance-none overflow-hidden rounded-full bg-sunken [&::-moz-progress-bar]:bg-me [&::-webkit-progress-bar]:bg-sunken [&::-webkit-progress-value]:bg-me" max={Math.max(made.meetings, 1)} value={made.meetings_done} />
            <p role="status" className="text-xs text-ink-3">
              {made.state === "waiting" ? "Waiting for its turn" : `${made.meetings_done} of ${counted(made.meetings)}`}
            </p>
          </div>
        )}
      </div>
      <div className="flex items-center gap-1">
        {isReady && (
          <a className={buttonClass("quiet")} href={exportAddress(made.id)} download>
            Download
          </a>
        )}
        <Button weight="icon" aria-label={isReady ? `Delete the archive of ${asked}` : `Stop making the archive of ${asked}`} onClick={onDelete}>
          <Icon name="remove" />
        </Button>
      </div>
    </li>
  );
}

function counted(meetings: number): string {
  return meetings === 1 ? "1 meeting" : `${meetings} meetings`;
}

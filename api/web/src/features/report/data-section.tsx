/** What is stored of a meeting, where, and until when; and how to be rid of it. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { deleteAudio, storedQuery } from "../../api/meetings";
import type { Meeting, Stored } from "../../api/model";
import { fullDay, herePlace } from "../../format/time";
import { Button } from "../../ui/button";
import { Confirmation } from "../../ui/dialog";
import { LastWord } from "../../ui/last-word";
import { Failed } from "../../ui/notice";
import { Skeleton } from "../../ui/skeleton";
import { DeleteDialog } from "../../meeting/delete-dialog";
import { Section } from "./section";

export function DataSection({ meeting }: { meeting: Meeting }) {
  const stored = useQuery(storedQuery(meeting.id));
  return (
    <Section id="data" title="My data" lead="What is stored of this meeting, where, and until when. All of it is encrypted under the meeting's own key, which goes with it.">
      {stored.data !== undefined ? (
        <Box meeting={meeting} stored={stored.data} />
      ) : stored.isError ? (
        <Failed what="What is stored could not be read" error={stored.error} onRetry={() => void stored.refetch()} />
      ) : (
        <div role="status" aria-label="Loading what is stored" className="space-y-3">
          <Skeleton className="h-5 w-1/2" />
          <Skeleton className="h-5 w-2/3" />
        </div>
      )}
    </Section>
  );
}

const partNames: Record<string, string> = {
  words: "Words, by segment",
  corrections: "Words and names that you put right",
  captions: "What the meeting's page showed",
  insights: "What your device made of camera and wearable",
  nudges: "Nudges",
  events: "Marks, gaps and other events",
  reports: "Versions of this report",
};

function Box({ meeting, stored }: { meeting: Meeting; stored: Stored }) {
  const [asking, setAsking] = useState<"audio" | "meeting" | null>(null);
  const navigate = useNavigate();
  const cell = "py-2.5 pr-4 text-left";
  return (
    <>
      <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="What is stored">
        <table className="tabular w-full min-w-[34rem] text-sm">
          <thead>
            <tr className="border-b border-line text-ink-3">
              {["What", "How much", "Where", "Until"].map((head) => (
                <th key={head} scope="col" className="py-2 pr-4 text-left font-medium">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {stored.parts.map(({ part, count, bytes }) => (
              <tr key={part} className="border-b border-line">
                <th scope="row" className={`${cell} font-medium`}>
                  {partNames[part] ?? part}
                </th>
                <td className={cell}>
                  {count}, {size(bytes)}
                </td>
                <td className={cell}>Database of this server</td>
                <td className={cell}>You delete the meeting</td>
              </tr>
            ))}
            <tr className="border-b border-line">
              <th scope="row" className={`${cell} font-medium`}>
                Audio
              </th>
              {stored.audio == null ? (
                <td colSpan={3} className={`${cell} text-ink-2`}>
                  None is kept
                </td>
              ) : (
                <>
                  <td className={cell}>{size(stored.audio.bytes)}</td>
                  <td className={cell}>{stored.audio.place === "server" ? "Disk of this server" : "Object store that this server names"}</td>
                  <td className={cell}>{fullDay(stored.audio.expires_at, herePlace())}</td>
                </>
              )}
            </tr>
          </tbody>
        </table>
      </div>
      <p className="mt-4 max-w-[42rem] text-sm text-ink-2">
        Whose words they are, and what they are, can be put right in the transcript; the report is made again with that. A wrong side cannot: what came over your microphone is yours.
      </p>
      <div className="mt-5 flex flex-wrap gap-3 print:hidden">
        {stored.audio != null && <Button onClick={() => setAsking("audio")}>Delete the audio now</Button>}
        <Button onClick={() => setAsking("meeting")}>Delete this meeting now</Button>
      </div>
      {stored.audio != null && <AudioDialog meeting={meeting} open={asking === "audio"} onClose={() => setAsking(null)} />}
      {asking === "meeting" && (
        <DeleteDialog
          meeting={meeting}
          onOpenChange={(open) => {
            if (!open) setAsking(null);
          }}
          onDeleted={() => void navigate({ to: "/" })}
        />
      )}
    </>
  );
}

function AudioDialog({ meeting, open, onClose }: { meeting: Meeting; open: boolean; onClose: () => void }) {
  const queryClient = useQueryClient();
  const remove = useMutation({
    mutationFn: () => deleteAudio(meeting.id),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: storedQuery(meeting.id).queryKey });
      onClose();
    },
  });
  return (
    <Confirmation open={open} onOpenChange={(is) => !is && onClose()} title="Delete the audio?" description="What is kept of this meeting's sound is destroyed at once, and it cannot be heard again. Its words and its report stay.">
      <LastWord deed="Delete the audio" isPending={remove.isPending} failed={remove.error} onDeed={() => remove.mutate()} />
    </Confirmation>
  );
}

/** Bytes as a person reads them. */
function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

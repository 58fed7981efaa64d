/** Whether the audio of a person's meetings is kept for a while, to be heard again for a better report. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { consentsQuery, giveConsent } from "../../api/settings";
import { Button } from "../../ui/button";
import { Cancel, Confirmation } from "../../ui/dialog";
import { Switch } from "../../ui/switch";
import { Section, Unchanged } from "./section";

export function AudioSection() {
  const consents = useQuery(consentsQuery);
  const broken = consents.isError ? { error: consents.error, retry: () => void consents.refetch() } : undefined;
  return (
    <Section title="Audio" about="What becomes of the sound of your meetings." broken={broken}>
      {consents.isSuccess && <Choice kept={consents.data.consents.some(({ kind, granted }) => kind === "keep_audio" && granted)} days={consents.data.audio_days} />}
    </Section>
  );
}

function Choice({ kept, days }: { kept: boolean; days: number }) {
  const queryClient = useQueryClient();
  const [asking, setAsking] = useState(false);
  const keep = useMutation({
    mutationFn: (granted: boolean) => giveConsent("keep_audio", granted),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ["consents"] }),
  });
  return (
    <div className="space-y-7">
      <Switch
        label="Keep the audio of my meetings"
        checked={keep.isPending ? keep.variables : kept}
        disabled={keep.isPending}
        onChange={(granted) => (granted ? keep.mutate(true) : setAsking(true))}
      >
        For {days === 1 ? "a day" : `${days} days`}, encrypted under your own key. After a meeting it is heard again, by the recognizer that Speech recognition allows, and the report takes what is understood better. Otherwise
        no audio outlives its meeting. What goes off the record is never kept. Tell the others in the call.
      </Switch>
      {keep.isError && <Unchanged error={keep.error} />}
      <Confirmation open={asking} onOpenChange={setAsking} title="Destroy the audio that is kept?" description="What was kept of all your meetings is destroyed at once. Their reports stay. This cannot be undone.">
        <div className="mt-6 flex justify-end gap-3">
          <Cancel asChild>
            <Button>Keep it</Button>
          </Cancel>
          <Button
            weight="danger"
            onClick={() => {
              setAsking(false);
              keep.mutate(false);
            }}
          >
            Destroy it
          </Button>
        </div>
      </Confirmation>
    </div>
  );
}

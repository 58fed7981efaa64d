/** Where speech becomes words: on this server alone, or on one elsewhere, which takes two to agree. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Organisation } from "../../api/model";
import { allowRemoteRecognition, consentsQuery, giveConsent, meQuery, organisationQuery } from "../../api/settings";
import { Notice } from "../../ui/notice";
import { Switch } from "../../ui/switch";
import { Section, Unchanged } from "./section";

export function RecognitionSection() {
  const [me, organisation, consents] = [useQuery(meQuery), useQuery(organisationQuery), useQuery(consentsQuery)];
  const broken = [me, organisation, consents].find((query) => query.isError);
  return (
    <Section
      title="Speech recognition"
      about="Where what you say is turned into words."
      broken={broken?.error != null ? { error: broken.error, retry: () => void broken.refetch() } : undefined}
    >
      {me.isSuccess && organisation.isSuccess && consents.isSuccess && (
        <Choices
          administers={me.data.role !== "member"}
          organisation={organisation.data}
          consents={consents.data.consents.some(({ kind, granted }) => kind === "remote_recognition" && granted)}
        />
      )}
    </Section>
  );
}

function Choices({ administers, organisation, consents }: { administers: boolean; organisation: Organisation; consents: boolean }) {
  const queryClient = useQueryClient();
  const onSettled = (): Promise<void> => queryClient.invalidateQueries({ queryKey: ["organisation"] });
  const allow = useMutation({ mutationFn: allowRemoteRecognition, onSettled });
  const consent = useMutation({
    mutationFn: (granted: boolean) => giveConsent("remote_recognition", granted),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ["consents"] }),
  });
  const host = organisation.recognizer_elsewhere;
  const everybody = organisation.kind === "personal" ? "this account" : "your organisation";
  return (
    <div className="space-y-7">
      <Notice>{stand(host ?? null, organisation.remote_recognition, consents)}</Notice>
      <Switch
        label="Send my speech to the recognizer elsewhere"
        checked={consent.isPending ? consent.variables : consents}
        disabled={consent.isPending}
        onChange={(granted) => consent.mutate(granted)}
      >
        What you say, and what you hear in the call, {host == null ? "would leave this server for the one that its operator names" : `leaves this server for ${host}`}. Turned off,
        that stops within a second, also in the middle of a meeting. Tell the others in the call, too.
      </Switch>
      {consent.isError && <Unchanged error={consent.error} />}
      <Switch
        label={`Allow it in ${everybody}`}
        checked={allow.isPending ? allow.variables : organisation.remote_recognition}
        disabled={!administers || allow.isPending}
        onChange={(allowed) => allow.mutate(allowed)}
      >
        {administers ? "Each person still decides for themselves. Changes are written to the audit log." : "Only an owner or an administrator can change this."}
      </Switch>
      {allow.isError && <Unchanged error={allow.error} />}
    </div>
  );
}

/** How things stand, in a sentence. */
function stand(host: string | null, allowed: boolean, consents: boolean): string {
  if (host === null) return "This server has no recognizer elsewhere. Whatever you choose here, your audio stays on it.";
  if (allowed && consents) return `Your speech is recognized by ${host}. Where that does not answer in time, this server does it.`;
  const missing = [...(consents ? [] : ["your consent"]), ...(allowed ? [] : ["permission"])].join(" and ");
  return `Your speech is recognized on this server. ${host} could do it too; that takes ${missing}.`;
}

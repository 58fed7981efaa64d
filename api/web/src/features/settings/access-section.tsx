/** What may act for a person: who signs them in, the devices that record, and the places where they are signed in. Each can be stopped
 * from here. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { devicesQuery, endOtherSignIns, endSignIn, revokeDevice, signInsQuery } from "../../api/access";
import { identitiesQuery, problemOf, providersQuery } from "../../api/external";
import type { Device, SignIn } from "../../api/model";
import { Button } from "../../ui/button";
import { Confirmation } from "../../ui/dialog";
import { Choice, day, Listed, Row } from "./listed";
import { Section, Unchanged } from "./section";
import { WaysIn } from "./ways-in";

export function AccessSection({ problem }: { problem: string | undefined }) {
  const [devices, signIns] = [useQuery(devicesQuery), useQuery(signInsQuery)];
  const [identities, providers] = [useQuery(identitiesQuery), useQuery(providersQuery)];
  const broken = [devices, signIns, identities, providers].find((query) => query.isError);
  return (
    <Section
      title="Access"
      about="How you sign in, what may record for you, and where you are signed in."
      broken={broken?.error != null ? { error: broken.error, retry: () => void broken.refetch() } : undefined}
    >
      {devices.isSuccess && signIns.isSuccess && identities.isSuccess && providers.isSuccess && (
        <div className="space-y-10">
          <WaysIn identities={identities.data.identities} offered={providers.data.providers} problem={problemOf(problem)} />
          <Devices devices={devices.data.devices} />
          <SignIns signIns={signIns.data.sign_ins} />
        </div>
      )}
    </Section>
  );
}

const KINDS: Record<string, string> = { native: "Program", extension: "Chrome extension", web: "Browser" };

function Devices({ devices }: { devices: readonly Device[] }) {
  const queryClient = useQueryClient();
  const revoke = useMutation({ mutationFn: revokeDevice, onSettled: () => queryClient.invalidateQueries({ queryKey: ["devices"] }) });
  const [asking, setAsking] = useState<Device | null>(null);
  return (
    <Listed title="Devices that record">
      {devices.length === 0 && <p className="text-sm text-ink-2">None yet. The extension enrols itself when you first record a meeting.</p>}
      {devices.map((device) => (
        <Row
          key={device.id}
          name={device.name}
          facts={[KINDS[device.kind] ?? device.kind, `enrolled ${day(device.enrolled_at)}`, device.recorded_at == null ? "has not recorded yet" : `last recorded ${day(device.recorded_at)}`]}
        >
          <Button aria-label={`Remove ${device.name}`} disabled={revoke.isPending} onClick={() => setAsking(device)}>
            Remove
          </Button>
        </Row>
      ))}
      {revoke.isError && <Unchanged error={revoke.error} />}
      <Confirmation
        open={asking !== null}
        onOpenChange={(open) => !open && setAsking(null)}
        title={`Remove ${asking?.name ?? "this device"}?`}
        description="A meeting that it records is cut off within seconds, and what it has not sent yet stays on it and is lost. To record again it must be enrolled again. Meetings that were saved stay."
      >
        <Choice
          stay="Keep it"
          go="Remove it"
          onGo={() => {
            if (asking !== null) revoke.mutate(asking.id);
            setAsking(null);
          }}
        />
      </Confirmation>
    </Listed>
  );
}

function SignIns({ signIns }: { signIns: readonly SignIn[] }) {
  const queryClient = useQueryClient();
  const onSettled = (): Promise<void> => queryClient.invalidateQueries({ queryKey: ["sign-ins"] });
  const end = useMutation({ mutationFn: endSignIn, onSettled });
  const endOthers = useMutation({ mutationFn: endOtherSignIns, onSettled });
  const [asking, setAsking] = useState(false);
  const failed = end.error ?? endOthers.error;
  const busy = end.isPending || endOthers.isPending;
  return (
    <Listed title="Signed in">
      {signIns.map((signIn) => {
        const kind = KINDS[signIn.client] ?? signIn.client;
        return (
          <Row key={signIn.id} name={signIn.current ? "This browser" : kind} facts={[`since ${day(signIn.signed_in_at)}`, `last used ${day(signIn.used_at)}`, `until ${day(signIn.expires_at)}`]}>
            {!signIn.current && (
              <Button aria-label={`Sign out the ${kind.toLowerCase()} that was last used ${day(signIn.used_at)}`} disabled={busy} onClick={() => end.mutate(signIn.id)}>
                Sign out
              </Button>
            )}
          </Row>
        );
      })}
      {signIns.length > 1 && (
        <Button className="mt-4" disabled={busy} onClick={() => setAsking(true)}>
          Sign out everywhere else
        </Button>
      )}
      {failed !== null && <Unchanged error={failed} />}
      <Confirmation
        open={asking}
        onOpenChange={setAsking}
        title="Sign out everywhere else?"
        description="Every other browser and program must sign in again. A meeting that one of them records is cut off within seconds; once it is signed in again it goes on where it was."
      >
        <Choice
          stay="Stay signed in"
          go="Sign out"
          onGo={() => {
            setAsking(false);
            endOthers.mutate();
          }}
        />
      </Confirmation>
    </Listed>
  );
}

/** Who vouches for a person who signs in: accounts elsewhere, linked and unlinked here. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { setOutToLink, unlinkIdentity } from "../../api/external";
import { leaveFor } from "../../api/leave";
import type { LinkedIdentity, OfferedProvider, Provider } from "../../api/model";
import { useProven } from "../../proof/proof";
import { Button } from "../../ui/button";
import { Confirmation } from "../../ui/dialog";
import { Choice, day, Listed, Row } from "./listed";
import { Unchanged } from "./section";

export function WaysIn({ identities, offered, problem }: { identities: readonly LinkedIdentity[]; offered: readonly OfferedProvider[]; problem: string | undefined }) {
  const queryClient = useQueryClient();
  const proven = useProven();
  const unlink = useMutation({ mutationFn: (id: string) => proven(() => unlinkIdentity(id)), onSettled: () => queryClient.invalidateQueries({ queryKey: ["identities"] }) });
  const link = useMutation({ mutationFn: (provider: Provider) => proven(() => setOutToLink(provider)), onSuccess: ({ url }) => leaveFor(url) });
  const [asking, setAsking] = useState<LinkedIdentity | null>(null);
  const failed = unlink.error ?? link.error;
  const free = offered.filter(({ provider }) => !identities.some((linked) => linked.provider === provider));
  if (identities.length === 0 && offered.length === 0) return null;
  return (
    <Listed title="Ways to sign in">
      {problem !== undefined && (
        <p role="alert" className="text-sm text-danger">
          Nothing was linked. {problem}
        </p>
      )}
      {identities.length === 0 && <p className="text-sm text-ink-2">No account elsewhere signs you in yet.</p>}
      {identities.map((linked) => (
        <Row key={linked.id} name={linked.name} facts={[`linked ${day(linked.linked_at)}`]}>
          <Button aria-label={`Unlink ${linked.name}`} disabled={unlink.isPending} onClick={() => setAsking(linked)}>
            Unlink
          </Button>
        </Row>
      ))}
      {free.length > 0 && (
        <ul className="flex flex-wrap gap-2 pt-1">
          {free.map(({ provider, name }) => (
            <li key={provider} className="max-w-full">
              <Button className="max-w-full" disabled={link.isPending} onClick={() => link.mutate(provider)}>
                <span className="truncate">Link {name}</span>
              </Button>
            </li>
          ))}
        </ul>
      )}
      {failed !== null && <Unchanged error={failed} />}
      <Confirmation
        open={asking !== null}
        onOpenChange={(open) => !open && setAsking(null)}
        title={`Unlink ${asking?.name ?? "this account"}?`}
        description="It signs you in no longer. Where you are signed in you stay so. To use it again, link it again."
      >
        <Choice
          stay="Keep it"
          go="Unlink it"
          onGo={() => {
            if (asking !== null) unlink.mutate(asking.id);
            setAsking(null);
          }}
        />
      </Confirmation>
    </Listed>
  );
}

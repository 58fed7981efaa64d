/** The end of the account: everything goes, and a receipt stays with the person. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useId, useState, type FormEvent } from "react";
import { ERASE_EVERYTHING, eraseEverything } from "../../api/account";
import type { ErasureReceipt } from "../../api/model";
import { Button } from "../../ui/button";
import { Cancel, Confirmation } from "../../ui/dialog";
import { useProven } from "../../proof/proof";
import { Unchanged } from "./section";

export function Erasure() {
  const navigate = useNavigate();
  const proven = useProven();
  const queryClient = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const [typed, setTyped] = useState("");
  const field = useId();
  const erase = useMutation({
    mutationFn: () => proven(eraseEverything),
    onSuccess: async (receipt) => {
      hand(receipt);
      queryClient.clear();
      await navigate({ to: "/sign-in", search: { next: "/" } });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (typed === ERASE_EVERYTHING) erase.mutate();
  };
  return (
    <div className="border-t border-line pt-5">
      <p className="max-w-[38rem] text-sm text-ink-2">
        Everything can be erased at once: meetings, reports, audio, devices and the account. The keys are destroyed, so that backups hold nothing readable either. You get a signed receipt.
      </p>
      <Button className="mt-4" onClick={() => setAsking(true)}>
        Erase everything…
      </Button>
      <Confirmation
        open={isAsking}
        onOpenChange={setAsking}
        title="Erase everything?"
        description="Your meetings, reports, audio, devices and your account are gone at once, and nobody can bring them back. Make an archive first if you want to keep any of it."
      >
        <form onSubmit={submit} className="mt-5">
          <label htmlFor={field} className="text-sm">
            Type <strong>{ERASE_EVERYTHING}</strong>
          </label>
          <input
            id={field}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            className="mt-1.5 h-10 w-full rounded-md border border-line-strong bg-surface px-3"
          />
          {erase.isError && <Unchanged error={erase.error} />}
          <div className="mt-6 flex justify-end gap-3">
            <Cancel asChild>
              <Button>Keep everything</Button>
            </Cancel>
            <Button type="submit" weight="danger" disabled={typed !== ERASE_EVERYTHING || erase.isPending}>
              {erase.isPending ? "Erasing…" : "Erase everything"}
            </Button>
          </div>
        </form>
      </Confirmation>
    </div>
  );
}

/** Gives the person the receipt as a file. */
function hand(receipt: ErasureReceipt): void {
  const address = URL.createObjectURL(new Blob([JSON.stringify(receipt, null, 2)], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = "attune-erasure-receipt.json";
  link.click();
  URL.revokeObjectURL(address);
}

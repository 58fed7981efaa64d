/** Signing in by way of an account elsewhere: a button for each that the server was set up with, none where it was not. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { providersQuery, setOut } from "../../api/external";
import { leaveFor } from "../../api/leave";
import { Button } from "../../ui/button";

export function ExternalProviders() {
  const name = useId();
  const offered = useQuery(providersQuery);
  const leave = useMutation({ mutationFn: setOut, onSuccess: ({ url }) => leaveFor(url) });
  const providers = offered.data?.providers ?? [];
  if (providers.length === 0) return null;
  return (
    <section aria-labelledby={name} className="mt-8 border-t border-line pt-6">
      <h2 id={name} className="text-sm text-ink-3">
        Or with an account you have
      </h2>
      <ul className="mt-3 grid grid-cols-[minmax(0,1fr)] gap-2">
        {providers.map(({ provider, name: called }) => (
          <li key={provider}>
            <Button className="w-full" disabled={leave.isPending} onClick={() => leave.mutate(provider)}>
              <span className="truncate">Continue with {called}</span>
            </Button>
          </li>
        ))}
      </ul>
      {leave.isError && (
        <p role="alert" className="mt-3 text-sm text-danger">
          {leave.error.message}
        </p>
      )}
    </section>
  );
}

/** What a person signs in with: an address, a password, and one-time codes. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import type { SigningInWith } from "../../api/model";
import { askForAddress, changePassword, signingInWithQuery, waysInQuery } from "../../api/sign-in";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Codes } from "./codes";
import { useProven } from "../../proof/proof";
import { Section, Unchanged } from "./section";

export function SignInSection() {
  const [signingIn, ways] = [useQuery(signingInWithQuery), useQuery(waysInQuery)];
  const broken = [signingIn, ways].find((query) => query.isError);
  return (
    <Section
      title="Signing in"
      about="What shows that it is you."
      broken={broken?.error != null ? { error: broken.error, retry: () => void broken.refetch() } : undefined}
    >
      {signingIn.isSuccess && ways.isSuccess && (
        <div className="space-y-8">
          <Address signingIn={signingIn.data} mail={ways.data.password} />
          {(signingIn.data.address != null || signingIn.data.password) && <Password signingIn={signingIn.data} />}
          <Codes signingIn={signingIn.data} />
        </div>
      )}
    </Section>
  );
}

function Address({ signingIn, mail }: { signingIn: SigningInWith; mail: boolean }) {
  const proven = useProven();
  const [isOpen, setOpen] = useState(false);
  const [address, setAddress] = useState("");
  const ask = useMutation({ mutationFn: (to: string) => proven(() => askForAddress(to)), onSuccess: () => setOpen(false) });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    ask.mutate(address);
  };
  return (
    <Part title="E-mail address" stands={signingIn.address ?? "None. You sign in with a link that the server's owner makes."}>
      {ask.isSuccess && (
        <p role="status" className="text-sm text-ink-2">
          There is a link for you at {address}. It becomes your address once you open it.
        </p>
      )}
      {!mail ? (
        <p className="text-sm text-ink-3">This server sends no mail, so an address cannot be confirmed.</p>
      ) : isOpen ? (
        <form onSubmit={submit} className="max-w-[26rem] space-y-4">
          <Field label="Address to sign in with" type="email" autoComplete="email" required value={address} onChange={(event) => setAddress(event.target.value)} />
          {ask.isError && <Unchanged error={ask.error} />}
          <Answers go="Send me a link" busy={ask.isPending} onLeave={() => setOpen(false)} />
        </form>
      ) : (
        <Button onClick={() => setOpen(true)}>{signingIn.address == null ? "Add an address" : "Change it"}</Button>
      )}
    </Part>
  );
}

function Password({ signingIn }: { signingIn: SigningInWith }) {
  const proven = useProven();
  const queryClient = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const [password, setPassword] = useState("");
  const change = useMutation({
    mutationFn: (to: string) => proven(() => changePassword(to)),
    onSuccess: async () => {
      setPassword("");
      setOpen(false);
      await Promise.all([signingInWithQuery.queryKey, ["sign-ins"]].map((queryKey) => queryClient.invalidateQueries({ queryKey })));
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    change.mutate(password);
  };
  return (
    <Part title="Password" stands={signingIn.password ? "You have one." : "None yet."}>
      {change.isSuccess && (
        <p role="status" className="text-sm text-ink-2">
          That is your password now. Everywhere else you must sign in again.
        </p>
      )}
      {isOpen ? (
        <form onSubmit={submit} className="max-w-[26rem] space-y-4">
          <Field
            label="New password"
            hint="10 characters or more. Everywhere else you must sign in again with it."
            type="password"
            autoComplete="new-password"
            minLength={10}
            required
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
          {change.isError && <Unchanged error={change.error} />}
          <Answers go="Take this password" busy={change.isPending} onLeave={() => setOpen(false)} />
        </form>
      ) : (
        <Button onClick={() => setOpen(true)}>{signingIn.password ? "Change it" : "Choose one"}</Button>
      )}
    </Part>
  );
}

/** One of the things that somebody signs in with. */
export function Part({ title, stands, children }: { title: string; stands: string; children: ReactNode }) {
  return (
    <div className="space-y-3">
      <div>
        <h3 className="font-medium">{title}</h3>
        <p className="mt-0.5 text-sm break-words text-ink-2">{stands}</p>
      </div>
      {children}
    </div>
  );
}

/** The answers to a form that opened in place. */
export function Answers({ go, busy, onLeave }: { go: string; busy: boolean; onLeave: () => void }) {
  return (
    <div className="flex gap-3">
      <Button type="submit" weight="primary" disabled={busy}>
        {go}
      </Button>
      <Button onClick={onLeave}>Leave it</Button>
    </div>
  );
}

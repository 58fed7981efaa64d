/** Showing that it is really the person, before what is dangerous is done. Asked for only where the server asks. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { createContext, useContext, useRef, useState, type FormEvent, type ReactNode } from "react";
import { ApiFailure } from "../api/failure";
import { prove, signingInWithQuery } from "../api/sign-in";
import { Button, buttonClass } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";

/** Does something; where the server asks for proof first, so does the page, and does it again. */
type Proven = <T>(act: () => Promise<T>) => Promise<T>;

const ProofContext = createContext<Proven>((act) => act());

export const useProven = (): Proven => useContext(ProofContext);

export function ProofProvider({ children }: { children: ReactNode }) {
  const [isAsking, setAsking] = useState(false);
  // What goes on once it is shown, or given up.
  const answer = useRef<(shown: boolean) => void>(() => undefined);
  const settle = (shown: boolean): void => {
    setAsking(false);
    answer.current(shown);
  };
  const proven: Proven = async (act) => {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof ApiFailure) || error.code !== "proof_needed") throw error;
      const shown = await new Promise<boolean>((resolve) => {
        answer.current = resolve;
        setAsking(true);
      });
      if (!shown) throw error;
      return act();
    }
  };
  return (
    <ProofContext value={proven}>
      {children}
      <Dialog open={isAsking} onOpenChange={(open) => !open && settle(false)} title="Is it you?" description="What you are about to do is dangerous in other hands. Show that it is you; that counts for five minutes.">
        <Proof onShown={() => settle(true)} onGiveUp={() => settle(false)} />
      </Dialog>
    </ProofContext>
  );
}

function Proof({ onShown, onGiveUp }: { onShown: () => void; onGiveUp: () => void }) {
  const signingIn = useQuery(signingInWithQuery);
  const [typed, setTyped] = useState("");
  const [byCode, setByCode] = useState(false);
  const proving = useMutation({ mutationFn: prove, onSuccess: onShown, onError: () => setTyped("") });
  if (!signingIn.isSuccess) return null;
  const { password, codes } = signingIn.data;
  const takesCode = codes && (byCode || !password);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    proving.mutate(takesCode ? { code: typed } : { password: typed });
  };
  if (!password && !codes) {
    return (
      <div className="mt-5">
        <p className="text-sm">You have no password here. Sign in again, and you can go on.</p>
        <div className="mt-6 flex justify-end gap-3">
          <Button onClick={onGiveUp}>Not now</Button>
          <Link to="/sign-in" search={{ next: "/settings" }} onClick={onGiveUp} className={buttonClass("primary")}>
            Sign in again
          </Link>
        </div>
      </div>
    );
  }
  return (
    <form onSubmit={submit} className="mt-5 space-y-4">
      {takesCode ? (
        <Field key="code" label="Code" hint="From your authenticator, or one of your recovery codes." autoComplete="one-time-code" autoFocus required value={typed} onChange={(event) => setTyped(event.target.value)} />
      ) : (
        <Field key="password" label="Password" type="password" autoComplete="current-password" autoFocus required value={typed} onChange={(event) => setTyped(event.target.value)} />
      )}
      {proving.isError && (
        <p role="alert" className="text-sm text-danger">
          {proving.error.message}
        </p>
      )}
      {password && codes && (
        <button type="button" className="text-sm underline underline-offset-2" onClick={() => setByCode(!takesCode)}>
          {takesCode ? "Use your password" : "Use a code"}
        </button>
      )}
      <div className="flex justify-end gap-3">
        <Button onClick={onGiveUp}>Not now</Button>
        <Button type="submit" weight="primary" disabled={proving.isPending || typed === ""}>
          Go on
        </Button>
      </div>
    </form>
  );
}

/** The second of two factors. */
import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { ApiFailure } from "../../api/failure";
import { signInWithCode } from "../../api/sign-in";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Problem } from "./problem";

interface CodeFormProps {
  /** What came when the first factor was right. */
  token: string;
  onSignedIn: () => void;
  /** Begins from the start. */
  onAgain: () => void;
}

export function CodeForm({ token, onSignedIn, onAgain }: CodeFormProps) {
  const [code, setCode] = useState("");
  const signIn = useMutation({ mutationFn: signInWithCode, onSuccess: onSignedIn, onError: () => setCode("") });
  const isOver = signIn.error instanceof ApiFailure && signIn.error.code === "code_token_gone";
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    signIn.mutate({ code_token: token, code });
  };
  return (
    <form onSubmit={submit} className="mt-5 space-y-4 text-ink">
      <Field
        label="Code"
        hint="Six digits from your authenticator, or one of your recovery codes."
        autoComplete="one-time-code"
        autoFocus
        required
        disabled={isOver}
        value={code}
        onChange={(event) => setCode(event.target.value)}
      />
      {signIn.isError && <Problem what="You were not signed in." error={signIn.error} />}
      <div className="flex gap-3">
        <Button type="submit" weight="primary" className="flex-1" disabled={signIn.isPending || isOver}>
          {signIn.isPending ? "Signing in…" : "Go on"}
        </Button>
        <Button onClick={onAgain}>Start again</Button>
      </div>
    </form>
  );
}

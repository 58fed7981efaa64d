/** An address and a password, and a one-time code where one is asked for. */
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { signInWithPassword } from "../../api/sign-in";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { CodeForm } from "./code-form";
import { Problem } from "./problem";

interface PasswordFormProps {
  /** Anybody may make an account. */
  signUp: boolean;
  onSignedIn: () => void;
}

export function PasswordForm({ signUp, onSignedIn }: PasswordFormProps) {
  const [address, setAddress] = useState("");
  const [password, setPassword] = useState("");
  const signIn = useMutation({
    mutationFn: signInWithPassword,
    onSuccess: ({ code }) => {
      setPassword("");
      if (code === null) onSignedIn();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    signIn.mutate({ address, password });
  };
  if (signIn.data?.code != null) return <CodeForm token={signIn.data.code} onSignedIn={onSignedIn} onAgain={signIn.reset} />;
  return (
    <form onSubmit={submit} className="mt-5 space-y-4 text-ink">
      <Field label="E-mail address" type="email" autoComplete="username" required value={address} onChange={(event) => setAddress(event.target.value)} />
      <Field label="Password" type="password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} />
      {signIn.isError && <Problem what="You were not signed in." error={signIn.error} />}
      <Button type="submit" weight="primary" className="w-full" disabled={signIn.isPending}>
        {signIn.isPending ? "Signing in…" : "Sign in"}
      </Button>
      <p className="flex flex-wrap justify-between gap-x-6 gap-y-2 text-sm">
        <Link to="/forgot-password" className="underline underline-offset-2">
          Forgot your password?
        </Link>
        {signUp && (
          <Link to="/sign-up" className="underline underline-offset-2">
            Make an account
          </Link>
        )}
      </p>
    </form>
  );
}

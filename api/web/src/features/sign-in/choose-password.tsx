/** Chooses a password with a link that was mailed, and goes on signed in. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import type { Chosen, Progress } from "../../api/sign-in";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { CodeForm } from "./code-form";
import { Problem } from "./problem";
import { Stage } from "./stage";

/** What the server takes. */
const SHORTEST = 10;

interface ChoosePasswordProps {
  title: string;
  token: string;
  choose: (chosen: Chosen) => Promise<Progress>;
}

export function ChoosePassword({ title, token, choose }: ChoosePasswordProps) {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [password, setPassword] = useState("");
  const onSignedIn = (): void => {
    queryClient.clear();
    void navigate({ to: "/", replace: true });
  };
  const choosing = useMutation({
    mutationFn: choose,
    onSuccess: ({ code }) => {
      setPassword("");
      if (code === null) onSignedIn();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    choosing.mutate({ token, password });
  };
  if (choosing.data?.code != null) {
    return (
      <Stage title="One more thing">
        <CodeForm token={choosing.data.code} onSignedIn={onSignedIn} onAgain={() => void navigate({ to: "/sign-in" })} />
      </Stage>
    );
  }
  return (
    <Stage title={title} busy={choosing.isPending}>
      <form onSubmit={submit} className="mt-5 space-y-4 text-ink">
        <Field
          label="Password"
          hint="10 characters or more. A few words that only you would put together are good."
          type="password"
          autoComplete="new-password"
          minLength={SHORTEST}
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        {choosing.isError && <Problem what="Nothing was changed." error={choosing.error} />}
        <Button type="submit" weight="primary" className="w-full" disabled={choosing.isPending}>
          {choosing.isPending ? "One moment…" : "Take this password"}
        </Button>
      </form>
    </Stage>
  );
}

/** Asks for a link by mail, and says where it went, whether or not there is such an account. */
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { Problem } from "./problem";
import { Stage } from "./stage";

interface AskForLinkProps {
  title: string;
  about: string;
  /** What stands there once it was sent. */
  sent: string;
  ask: (address: string) => Promise<void>;
}

export function AskForLink({ title, about, sent, ask }: AskForLinkProps) {
  const [address, setAddress] = useState("");
  const asking = useMutation({ mutationFn: ask });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    asking.mutate(address);
  };
  if (asking.isSuccess) {
    return (
      <Stage title="Look at your mail">
        <p role="status">{sent}</p>
        <p className="mt-3 text-sm text-ink-3">Nothing there after some minutes? Look among unwanted mail, or ask again.</p>
        <Button className="mt-5" onClick={() => asking.reset()}>
          Ask again
        </Button>
      </Stage>
    );
  }
  return (
    <Stage title={title} busy={asking.isPending}>
      <p>{about}</p>
      <form onSubmit={submit} className="mt-5 space-y-4 text-ink">
        <Field label="E-mail address" type="email" autoComplete="username" required value={address} onChange={(event) => setAddress(event.target.value)} />
        {asking.isError && <Problem what="Nothing was sent." error={asking.error} />}
        <Button type="submit" weight="primary" className="w-full" disabled={asking.isPending}>
          {asking.isPending ? "Sending…" : "Send me a link"}
        </Button>
        <p className="text-sm">
          <Link to="/sign-in" className="underline underline-offset-2">
            Sign in instead
          </Link>
        </p>
      </form>
    </Stage>
  );
}

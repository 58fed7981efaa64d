/** One-time codes: set up with an authenticator, and given up. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { encode } from "uqr";
import type { CodesBegun, SigningInWith } from "../../api/model";
import { beginCodes, confirmCodes, endCodes, signingInWithQuery } from "../../api/sign-in";
import { Button } from "../../ui/button";
import { Command } from "../../ui/command";
import { Field } from "../../ui/field";
import { useProven } from "../../proof/proof";
import { Unchanged } from "./section";
import { Answers, Part } from "./sign-in-section";

export function Codes({ signingIn }: { signingIn: SigningInWith }) {
  const proven = useProven();
  const queryClient = useQueryClient();
  const onSettled = (): Promise<unknown> =>
    Promise.all([signingInWithQuery.queryKey, ["sign-ins"]].map((queryKey) => queryClient.invalidateQueries({ queryKey })));
  const begin = useMutation({ mutationFn: () => proven(beginCodes) });
  const confirm = useMutation({ mutationFn: confirmCodes, onSuccess: () => begin.reset(), onSettled });
  const end = useMutation({ mutationFn: () => proven(endCodes), onSettled });
  const failed = begin.error ?? end.error;
  return (
    <Part title="One-time codes" stands={standing(signingIn)}>
      {confirm.isSuccess && <RecoveryCodes codes={confirm.data} />}
      {begin.isSuccess ? (
        <SetUp begun={begin.data} error={confirm.error} busy={confirm.isPending} onCode={confirm.mutate} onLeave={() => begin.reset()} />
      ) : signingIn.codes ? (
        <Button disabled={end.isPending} onClick={() => end.mutate()}>
          Ask for no codes any more
        </Button>
      ) : (
        <Button disabled={begin.isPending} onClick={() => begin.mutate()}>
          Set up
        </Button>
      )}
      {failed !== null && <Unchanged error={failed} />}
    </Part>
  );
}

function standing({ codes, recovery_codes }: SigningInWith): string {
  if (!codes) return "Not asked for. With them, a password that somebody learns is not enough.";
  return `Asked for at each sign-in. ${recovery_codes} recovery ${recovery_codes === 1 ? "code is" : "codes are"} left.`;
}

interface SetUpProps {
  begun: CodesBegun;
  error: Error | null;
  busy: boolean;
  onCode: (code: string) => void;
  onLeave: () => void;
}

function SetUp({ begun, error, busy, onCode, onLeave }: SetUpProps) {
  const [code, setCode] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onCode(code);
  };
  return (
    <form onSubmit={submit} className="max-w-[26rem] space-y-4">
      <p className="text-sm text-ink-2">Show this to your authenticator, or type the key into it. Then type the code that it makes.</p>
      <QrCode text={begun.url} />
      <Command>{begun.secret}</Command>
      <Field label="Code" hint="Six digits." autoComplete="one-time-code" inputMode="numeric" required value={code} onChange={(event) => setCode(event.target.value)} />
      {error !== null && <Unchanged error={error} />}
      <Answers go="Ask for codes from now on" busy={busy} onLeave={onLeave} />
    </form>
  );
}

/** Black on white in either theme: some cameras read it only so. */
function QrCode({ text }: { text: string }) {
  const { data, size } = encode(text, { border: 3 });
  const dark = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return (
    <svg viewBox={`0 0 ${size} ${size}`} role="img" aria-label="A QR code with the key for your authenticator" shapeRendering="crispEdges" className="w-52 rounded-md border border-line">
      <path d={`M0 0h${size}v${size}H0z`} fill="#fff" />
      <path d={dark.join("")} fill="#000" />
    </svg>
  );
}

function RecoveryCodes({ codes }: { codes: readonly string[] }) {
  return (
    <div role="status" className="max-w-[26rem] rounded-md border border-signal-line bg-signal-soft px-4 py-3">
      <p className="text-sm font-semibold">Keep these recovery codes now: they are not shown again.</p>
      <p className="mt-1 text-sm text-ink-2">Each lets you in once, if you lose your authenticator.</p>
      <ul aria-label="Recovery codes" className="mt-3 grid gap-x-6 gap-y-1 font-mono text-sm sm:grid-cols-2">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
    </div>
  );
}

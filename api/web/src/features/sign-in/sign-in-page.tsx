/** Signing in: a link from the terminal carries a token; this page exchanges it, once, for a cookie. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, type ReactNode } from "react";
import { redeemLoginLink } from "../../api/account";
import { ApiFailure } from "../../api/failure";
import { Button } from "../../ui/button";
import { Command } from "../../ui/command";
import { Icon } from "../../ui/icon";
import { useTitle } from "../../ui/title";
import { takeLinkToken } from "./link-token";

export function SignInPage({ next }: { next: string }) {
  useTitle("Sign in");
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const redeem = useMutation({
    mutationFn: redeemLoginLink,
    onSuccess: async () => {
      queryClient.clear();
      await navigate({ href: next, replace: true });
    },
  });

  // A token works once, and effects may run twice: the ref lets it out of the address only once.
  const token = useRef<string | null>(null);
  const { mutate } = redeem;
  useEffect(() => {
    const mounted = new AbortController();
    const take = (): void => {
      const taken = takeLinkToken();
      if (taken === null) return;
      token.current = taken;
      mutate(taken);
    };
    take();
    // Another link pasted into this tab changes only the fragment.
    window.addEventListener("hashchange", take, { signal: mounted.signal });
    return () => mounted.abort();
  }, [mutate]);

  return (
    <div className="mx-auto grid w-full max-w-[26rem] flex-1 content-center px-5 py-16">
      <div aria-live="polite">
        {redeem.isPending || redeem.isSuccess ? (
          <Stage title="Signing you in" busy>
            <p>One moment.</p>
          </Stage>
        ) : redeem.isError ? (
          <Refused error={redeem.error} onRetry={() => token.current !== null && redeem.mutate(token.current)} />
        ) : (
          <Stage title="Sign in with a link">
            <p>Attune has no password. Ask the server for a link; it works once, for 15 minutes.</p>
            <LinkCommand />
          </Stage>
        )}
      </div>
    </div>
  );
}

function Refused({ error, onRetry }: { error: Error; onRetry: () => void }) {
  const failure = error instanceof ApiFailure ? error : undefined;
  if (failure !== undefined && failure.retryable) {
    return (
      <Stage title="The server did not answer">
        <p>{failure.message} Try again; if the link was used meanwhile, ask for another.</p>
        <Button weight="primary" onClick={onRetry} className="mt-5">
          <Icon name="retry" size={18} />
          Try again
        </Button>
      </Stage>
    );
  }
  if (failure?.code === "login_link_gone") {
    return (
      <Stage title="This link no longer works">
        <p>It was used before, is older than 15 minutes, or was cut short when it was copied. Ask the server for a new one.</p>
        <LinkCommand />
      </Stage>
    );
  }
  return (
    <Stage title="You were not signed in">
      <p>{error.message} Ask the server for another link.</p>
      <LinkCommand />
    </Stage>
  );
}

function LinkCommand() {
  return (
    <div className="mt-5">
      <Command>attune login-link</Command>
      <p className="mt-3 text-sm text-ink-3">Run it where the server runs, then open the address it prints.</p>
    </div>
  );
}

function Stage({ title, busy = false, children }: { title: string; busy?: boolean; children: ReactNode }) {
  return (
    <>
      <Dial busy={busy} />
      <h1 className="mt-8 text-2xl font-semibold tracking-[-0.02em]">{title}</h1>
      <div className="mt-2 text-ink-2">{children}</div>
    </>
  );
}

/** The tuner's scale. Its needle rests in the middle, and breathes while something is under way. */
function Dial({ busy }: { busy: boolean }) {
  const ticks = Array.from({ length: 25 }, (_, index) => index - 12);
  return (
    <svg viewBox="-100 0 200 40" className="w-full" aria-hidden="true" strokeLinecap="round">
      {ticks.map((tick) => (
        <path key={tick} d={`M${tick * 8} ${tick % 6 === 0 ? 14 : 22}V34`} stroke="var(--line-strong)" strokeWidth="1" />
      ))}
      <path d="M0 4V38" stroke="var(--me)" strokeWidth="2.5" className={busy ? "animate-breathe" : ""} />
    </svg>
  );
}

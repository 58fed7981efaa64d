/** Signing in: with an address and a password where the server sends mail, or with a link from the terminal, whose token this page exchanges, once, for a cookie. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { redeemLoginLink } from "../../api/account";
import { problemOf } from "../../api/external";
import { ApiFailure } from "../../api/failure";
import { waysInQuery } from "../../api/sign-in";
import { Button } from "../../ui/button";
import { Command } from "../../ui/command";
import { Icon } from "../../ui/icon";
import { Notice } from "../../ui/notice";
import { useTitle } from "../../ui/title";
import { ExternalProviders } from "./external-providers";
import { takeLinkToken } from "./link-token";
import { PasswordForm } from "./password-form";
import { Doorstep, Stage } from "./stage";

export function SignInPage({ next, problem }: { next: string; problem: string | undefined }) {
  useTitle("Sign in");
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const ways = useQuery(waysInQuery);
  const goOn = async (): Promise<void> => {
    queryClient.clear();
    await navigate({ href: next, replace: true });
  };
  const redeem = useMutation({ mutationFn: redeemLoginLink, onSuccess: goOn });

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

  const why = problemOf(problem);
  return (
    <Doorstep>
      {why !== undefined && redeem.isIdle && (
        <div role="alert" className="mb-8">
          <Notice tone="signal" title="You were not signed in">
            <p>{why}</p>
          </Notice>
        </div>
      )}
      <div aria-live="polite">
        {redeem.isPending || redeem.isSuccess ? (
          <Stage title="Signing you in" busy>
            <p>One moment.</p>
          </Stage>
        ) : redeem.isError ? (
          <Refused error={redeem.error} onRetry={() => token.current !== null && redeem.mutate(token.current)} />
        ) : ways.data?.password === true ? (
          <Stage title="Sign in">
            <PasswordForm signUp={ways.data.sign_up} onSignedIn={() => void goOn()} />
          </Stage>
        ) : (
          !ways.isPending && (
            <Stage title="Sign in with a link">
              <p>This server has no passwords. Ask it for a link; it works once, for 15 minutes.</p>
              <LinkCommand />
            </Stage>
          )
        )}
      </div>
      {!redeem.isPending && !redeem.isSuccess && <ExternalProviders />}
    </Doorstep>
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

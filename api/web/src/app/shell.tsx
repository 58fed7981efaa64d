/** What every page has around it: a way past the header, the mark, the theme, the way out. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { signOut } from "../api/account";
import { ProofProvider } from "../proof/proof";
import { buttonClass } from "../ui/button";
import { Icon } from "../ui/icon";
import { Logo } from "../ui/logo";
import { Failed } from "../ui/notice";
import { ThemeToggle } from "./theme-toggle";

/** Pages where nobody is signed in yet. */
const OUTSIDE = new Set(["/sign-in", "/sign-in/code", "/sign-up", "/forgot-password", "/reset-password", "/confirm-address"]);

export function Shell() {
  const pathname = useRouterState({ select: ({ location }) => location.pathname });
  const content = useContentFocus(pathname);
  const isOutside = OUTSIDE.has(pathname);
  return (
    <>
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:fixed focus:left-4 focus:top-3 focus:z-50 focus:rounded-md focus:bg-surface focus:px-4 focus:py-2 focus:shadow-float"
      >
        Skip to content
      </a>
      <header className="border-b border-line print:hidden">
        <div className="relative mx-auto flex h-14 w-full max-w-[75rem] items-center justify-between gap-4 px-5 sm:px-8">
          <Link to="/" aria-label="Attune: your meetings" className="rounded-sm">
            <Logo />
          </Link>
          <div className="flex items-center gap-2">
            <ThemeToggle />
            {!isOutside && (
              <Link to="/settings" aria-label="Settings" title="Settings" className={buttonClass("icon")}>
                <Icon name="settings" />
              </Link>
            )}
            {/* Anew on every page, so that a failure is not carried to the next. */}
            {!isOutside && <SignOut key={pathname} />}
          </div>
        </div>
      </header>
      <main id="content" ref={content} tabIndex={-1} className="flex flex-1 flex-col outline-none">
        <ProofProvider>
          <Outlet />
        </ProofProvider>
      </main>
    </>
  );
}

/** Another page of the app is another page to a screen reader too: the focus goes to its beginning. */
function useContentFocus(pathname: string) {
  const content = useRef<HTMLElement>(null);
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current !== pathname) content.current?.focus({ preventScroll: true });
    shown.current = pathname;
  }, [pathname]);
  return content;
}

function SignOut() {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const leave = useMutation({
    mutationFn: signOut,
    onSuccess: async () => {
      await navigate({ to: "/sign-in" });
      // What the page that was left showed; the one that is there now asks for its own.
      queryClient.removeQueries({ type: "inactive" });
    },
  });
  return (
    <>
      <button type="button" onClick={() => leave.mutate()} disabled={leave.isPending} aria-label="Sign out" title="Sign out" className={buttonClass("icon")}>
        <Icon name="signOut" />
      </button>
      {leave.isError && (
        <div className="absolute top-full right-5 z-30 mt-3 w-[min(24rem,calc(100vw-2.5rem))] rounded-md bg-paper shadow-float sm:right-8">
          <Failed what="You are still signed in" error={leave.error} onRetry={() => leave.mutate()} />
        </div>
      )}
    </>
  );
}

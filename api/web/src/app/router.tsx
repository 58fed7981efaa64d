/** The pages and their addresses. */
import { createRootRoute, createRoute, createRouter, type RouterHistory } from "@tanstack/react-router";
import { LivePage } from "../features/live/live-page";
import { MeetingPage } from "../features/meetings/meeting-page";
import { MeetingsPage } from "../features/meetings/meetings-page";
import { ReportPage } from "../features/report/report-page";
import { SettingsPage } from "../features/settings/settings-page";
import { CodePage } from "../features/sign-in/code-page";
import { ConfirmAddressPage, ForgotPasswordPage, ResetPasswordPage, SignUpPage } from "../features/sign-in/mailed-pages";
import { SignInPage } from "../features/sign-in/sign-in-page";
import { NotFound } from "./not-found";
import { Shell } from "./shell";
import { Crashed } from "./crashed";

const rootRoute = createRootRoute({ component: Shell, notFoundComponent: NotFound, errorComponent: Crashed });

const meetingsRoute = createRoute({ getParentRoute: () => rootRoute, path: "/", component: MeetingsPage });

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  // Only a path of this app: "//elsewhere.example" would lead away. What is refused must be named: what validation leaves
  // out, the router fills in from the address.
  validateSearch: (search: Record<string, unknown>): { next?: string | undefined; problem?: string | undefined } => ({
    problem: problemIn(search),
    next: typeof search["next"] === "string" && /^\/(?![/\\])/.test(search["next"]) ? search["next"] : undefined,
  }),
  component: function SignIn() {
    const { next, problem } = signInRoute.useSearch();
    return <SignInPage next={next ?? "/"} problem={problem} />;
  },
});

const codeRoute = createRoute({ getParentRoute: () => rootRoute, path: "/sign-in/code", component: CodePage });
const signUpRoute = createRoute({ getParentRoute: () => rootRoute, path: "/sign-up", component: SignUpPage });
const forgotPasswordRoute = createRoute({ getParentRoute: () => rootRoute, path: "/forgot-password", component: ForgotPasswordPage });
const resetPasswordRoute = createRoute({ getParentRoute: () => rootRoute, path: "/reset-password", component: ResetPasswordPage });
const confirmAddressRoute = createRoute({ getParentRoute: () => rootRoute, path: "/confirm-address", component: ConfirmAddressPage });

const meetingRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/meetings/$id",
  component: function Meeting() {
    return <MeetingPage id={meetingRoute.useParams().id} />;
  },
});

const liveRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/meetings/$id/live",
  component: function Live() {
    const { id } = liveRoute.useParams();
    return <LivePage key={id} id={id} />;
  },
});

const reportRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/meetings/$id/report",
  component: function Report() {
    const { id } = reportRoute.useParams();
    return <ReportPage key={id} id={id} />;
  },
});

const settingsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/settings",
  validateSearch: (search: Record<string, unknown>): { problem?: string | undefined } => ({ problem: problemIn(search) }),
  component: function Settings() {
    return <SettingsPage problem={settingsRoute.useSearch().problem} />;
  },
});

/** Why somebody came back from an account elsewhere in vain. */
function problemIn(search: Record<string, unknown>): string | undefined {
  return typeof search["problem"] === "string" ? search["problem"] : undefined;
}

const routeTree = rootRoute.addChildren([
  meetingsRoute,
  signInRoute,
  codeRoute,
  signUpRoute,
  forgotPasswordRoute,
  resetPasswordRoute,
  confirmAddressRoute,
  meetingRoute,
  liveRoute,
  reportRoute,
  settingsRoute,
]);

/** `history` is the browser's own unless a test brings another. */
export function createAppRouter(history?: RouterHistory) {
  return createRouter({ routeTree, scrollRestoration: true, defaultPreload: false, ...(history === undefined ? {} : { history }) });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}

/** The whole app over a pretend server, for tests of its pages. */
import { QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, RouterProvider } from "@tanstack/react-router";
import { act, render } from "@testing-library/react";
import userEvent, { type UserEvent } from "@testing-library/user-event";
import { vi } from "vitest";
import { createQueryClient } from "../src/app/query-client";
import { createAppRouter } from "../src/app/router";

/** An answer by `METHOD /path`, without the query; `undefined` body for 204. */
export type Answers = Record<string, (request: Request) => { status: number; body?: unknown } | Promise<{ status: number; body?: unknown }>>;

export interface App {
  user: UserEvent;
  /** Every request so far, as `METHOD /path?query`. */
  requests: string[];
  /** Where the app stands. */
  path: () => string;
  /** Goes to another page, or back to one. */
  go: (path: string) => Promise<void>;
  /** Everything the page shows is asked for again, as happens in the background. */
  refresh: () => Promise<void>;
}

/** An answer in the server's one shape of refusal. */
export function refusal(status: number, code: string, message = "it did not work"): { status: number; body: unknown } {
  return { status, body: { error: { code, message, details: null, timestamp: "2026-11-20T00:00:00Z", request_id: "req-1", retryable: false } } };
}

export function openApp(path: string, answers: Answers): App {
  const requests: string[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const { pathname, search } = new URL(request.url);
    requests.push(`${request.method} ${pathname}${search}`);
    const answer = answers[`${request.method} ${pathname}`] ?? (() => refusal(404, "not_found"));
    const { status, body } = await answer(request);
    return new Response(body === undefined ? null : JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
  });
  const history = createMemoryHistory({ initialEntries: [path] });
  const router = createAppRouter(history);
  const queryClient = createQueryClient(() => router.navigate({ to: "/sign-in", search: { next: history.location.pathname } }));
  queryClient.setDefaultOptions({ queries: { ...queryClient.getDefaultOptions().queries, retry: false } });
  render(
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  return { user: userEvent.setup(), requests, path: () => history.location.pathname, go: (to) => act(() => router.navigate({ to })), refresh: () => act(() => queryClient.refetchQueries()) };
}

/** The one way to the server: paths, bodies and answers typed by its OpenAPI document, failures as `ApiFailure`. */
import createClient from "openapi-fetch";
import { ApiFailure } from "./failure";
import type { paths } from "./schema";

/** Nothing here takes the server longer; a request that does is lost. */
const TIMEOUT_MS = 15_000;

/** The typed client. Its answers hold `data` or `error`; pass them through [`answered`]. */
export const server = createClient<paths>({
  baseUrl: window.location.origin,
  credentials: "same-origin",
  fetch: async (request: Request) => {
    try {
      return await globalThis.fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT_MS)]) });
    } catch (cause) {
      if (request.signal.aborted) throw cause;
      throw ApiFailure.unreachable();
    }
  },
});

/** The body of an answer that succeeded; throws the failure of one that did not. */
export async function answered<T>(answer: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await answer;
  if (!response.ok) throw ApiFailure.from(response.status, error);
  // A 204 has no body; its type is then `undefined` or `never`, which no caller reads.
  return data as T;
}

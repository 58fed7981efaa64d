/** One query client: what is retried, and what happens when the session is over. */
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiFailure } from "../api/failure";

/** Two more tries: enough for a restarting server, short enough that a person is told within seconds. */
const RETRIES = 2;

/** `leave` is called when any answer says that nobody is signed in; what was on the page is forgotten once it is left. */
export function createQueryClient(leave: () => Promise<void>): QueryClient {
  const onError = (error: Error): void => {
    if (error instanceof ApiFailure && error.code === "not_signed_in") void leave().then(() => client.removeQueries({ type: "inactive" }));
  };
  const client = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError: (error) => onError(error) }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (failures, error) => failures < RETRIES && (!(error instanceof ApiFailure) || error.retryable),
      },
    },
  });
  return client;
}

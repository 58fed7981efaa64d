/** One query client: what is retried, and what happens when the session is over. */
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiFailure } from "../api/failure";

/** Two more tries: enough for a restarting server, short enough that a person is told within seconds. */
const RETRIES = 2;

/** `onSignedOut` is called when any answer says that nobody is signed in. */
export function createQueryClient(onSignedOut: () => void): QueryClient {
  const onError = (error: Error): void => {
    if (error instanceof ApiFailure && error.status === 401) onSignedOut();
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError: (error) => onError(error) }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (failures, error) => failures < RETRIES && (!(error instanceof ApiFailure) || error.retryable),
      },
    },
  });
}

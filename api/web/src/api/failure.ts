/** What the server says when it refuses, in its one shape, as an error that the app can show. */

interface ErrorEnvelope {
  error: { code: string; message: string; retryable: boolean; request_id?: string; details?: unknown };
}

/** A request that did not succeed. `status` is 0 when the server could not be reached at all. */
export class ApiFailure extends Error {
  override readonly name = "ApiFailure";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly retryable: boolean,
    readonly requestId?: string,
    /** What is wrong with each field of what was sent, as sentences. */
    readonly problems: readonly string[] = [],
  ) {
    super(message);
  }

  /** The failure that an answer's status and body describe. */
  static from(status: number, body: unknown): ApiFailure {
    if (isEnvelope(body)) {
      const { code, message, retryable, request_id, details } = body.error;
      return new ApiFailure(status, code, sentence(message), retryable, request_id, problemsOf(details));
    }
    return new ApiFailure(status, "unknown", `The server answered ${status}.`, status >= 500);
  }

  /** The failure to reach the server. */
  static unreachable(): ApiFailure {
    return new ApiFailure(0, "unreachable", "The server cannot be reached. Check that it is running.", true);
  }
}

/** `{ fields: [{ field, problem }] }`, where the server says so. */
function problemsOf(details: unknown): string[] {
  if (typeof details !== "object" || details === null || !("fields" in details) || !Array.isArray(details.fields)) return [];
  return details.fields.flatMap((field: unknown) =>
    typeof field === "object" && field !== null && "problem" in field && typeof field.problem === "string" ? [sentence(field.problem)] : [],
  );
}

/** Server messages are lower-case fragments; on the page they are sentences. */
function sentence(message: string): string {
  const trimmed = message.trim();
  if (trimmed === "") return "The server gave no reason.";
  return `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}${/[.!?]$/.test(trimmed) ? "" : "."}`;
}

function isEnvelope(body: unknown): body is ErrorEnvelope {
  if (typeof body !== "object" || body === null || !("error" in body)) return false;
  const { error } = body;
  return (
    typeof error === "object" &&
    error !== null &&
    "code" in error &&
    typeof error.code === "string" &&
    "message" in error &&
    typeof error.message === "string" &&
    "retryable" in error &&
    typeof error.retryable === "boolean"
  );
}

/** Asks a server whether it is there and well. */

export type Health = { kind: "well"; version: string } | { kind: "unwell"; status: number } | { kind: "stranger" } | { kind: "unreachable" };

/** A server that takes longer is as good as away. */
const TIMEOUT_MS = 5_000;

export async function askHealth(origin: string, signal: AbortSignal): Promise<Health> {
  let answer: Response;
  try {
    answer = await fetch(`${origin}/v1/health`, {
      credentials: "omit",
      redirect: "error",
      cache: "no-store",
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
  } catch {
    return { kind: "unreachable" };
  }
  const body: unknown = await answer.json().catch(() => undefined);
  if (answer.ok && isHealth(body)) return { kind: "well", version: body.version };
  if (isRefusal(body)) return { kind: "unwell", status: answer.status };
  return { kind: "stranger" };
}

function isHealth(body: unknown): body is { status: "ok"; version: string } {
  return typeof body === "object" && body !== null && "status" in body && body.status === "ok" && "version" in body && typeof body.version === "string";
}

/** The one shape in which an Attune server refuses. */
function isRefusal(body: unknown): boolean {
  return typeof body === "object" && body !== null && "error" in body && typeof body.error === "object" && body.error !== null && "request_id" in body.error;
}

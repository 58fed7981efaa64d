/** Why a socket closes, and what a client does about it. */

export const CLOSE_CODES = {
  ended: 1000,
  resume: 1012,
  overloaded: 1013,
  malformed: 4400,
  not_authenticated: 4401,
  consent: 4403,
  hello_late: 4408,
  taken_over: 4409,
  too_large: 4413,
  raw_biometrics_refused: 4422,
} as const;

/**
 * What to do after a Close:
 * `finish` everything is decided · `resume` with a new connection, after a wait · `ask_again` with a new ticket, and give
 * up when it is refused again and again · `stop` and keep the buffer · `forget` and delete what is not committed.
 */
export type AfterClose = "finish" | "resume" | "ask_again" | "stop" | "forget";

export function afterClose(code: number): AfterClose {
  switch (code) {
    case CLOSE_CODES.ended:
      return "finish";
    case CLOSE_CODES.not_authenticated:
      return "ask_again";
    case CLOSE_CODES.consent:
      return "forget";
    case CLOSE_CODES.malformed:
    case CLOSE_CODES.taken_over:
    case CLOSE_CODES.too_large:
    case CLOSE_CODES.raw_biometrics_refused:
      return "stop";
    default:
      // Ours that invite it, and every code of something in between: a new connection has new keys.
      return "resume";
  }
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;
const LONGEST_ASKED_MS = 120_000;

/** How long to wait before connection attempt `attempt` (from 0), given what the server asked for and a number in [0, 1). */
export function retryInMs(attempt: number, askedMs: number, random: number): number {
  const wait = Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS);
  return Math.max(wait * (0.5 + random / 2), Math.min(askedMs, LONGEST_ASKED_MS));
}

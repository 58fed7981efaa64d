/** Bytes or JSON that the protocol does not have. Never holds the content. */

export type Refusal =
  | "truncated"
  | "type"
  | "flags"
  | "stream"
  | "range"
  | "packets"
  | "packet"
  | "padding"
  | "samples"
  | "json"
  | "invalid"
  | "too_large"
  | "raw_biometrics";

export class Malformed extends Error {
  override readonly name = "Malformed";

  constructor(
    readonly why: Refusal,
    detail: string,
  ) {
    super(`${why}: ${detail}`);
  }
}

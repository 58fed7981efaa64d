/** `attune.v1` in TypeScript: the twin of the crate `attune-ingest`, held to the same vectors. */
export * from "./audio.ts";
export * from "./bucket.ts";
export * from "./buffer.ts";
export type { Bytes } from "./bytes.ts";
export * from "./close.ts";
export * from "./frame.ts";
export * from "./keys.ts";
export * from "./malformed.ts";
export * from "./messages.ts";
export * from "./outbox.ts";
export * from "./resume.ts";
export * from "./seal.ts";

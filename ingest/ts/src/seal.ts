/**
 * Every frame, sealed and opened: `KID = epoch << 8 | stream`, `CTR = seq`; the clear prefix and the session id are
 * SFrame metadata. Keys are of one connection and one direction, and no number is sealed twice.
 */

import { type Bytes, concat, startsWith, uuidBytes } from "./bytes.ts";
import { encodePrefix, parsePrefix, type Prefix, PREFIX_BYTES, type Stream, STREAMS, streamByte } from "./frame.ts";
import { Malformed } from "./malformed.ts";
import { LIMITS } from "./messages.ts";
import { header, SFrameKey } from "./sframe.ts";

/** A prefix, the longest SFrame header and the tag: what sealing adds at most. */
export const MAX_OVERHEAD_BYTES = PREFIX_BYTES + 17 + 16;

export interface Frame {
  readonly prefix: Prefix;
  readonly payload: Bytes;
}

/** A frame that is not the next of its stream, or not of this connection. Nothing has changed. */
export class NotOpened extends Error {
  override readonly name = "NotOpened";

  constructor(readonly why: "header" | "seen" | "ahead" | "forged") {
    super(`the frame is not opened: ${why}`);
  }
}

function kid(epoch: number, stream: Stream): bigint {
  return (BigInt(epoch) << 8n) | BigInt(streamByte(stream));
}

async function keysOf(baseKey: Bytes, epoch: number): Promise<Map<Stream, SFrameKey>> {
  const derived = STREAMS.map(async (stream) => [stream, await SFrameKey.derive(baseKey, kid(epoch, stream))] as const);
  return new Map(await Promise.all(derived));
}

function keyOf(keys: ReadonlyMap<Stream, SFrameKey>, stream: Stream): SFrameKey {
  const key = keys.get(stream);
  if (key === undefined) {
    throw new TypeError("every stream has a key");
  }
  return key;
}

/** Seals the frames of one direction of one connection. */
export class Sealer {
  readonly #keys: ReadonlyMap<Stream, SFrameKey>;
  readonly #session: Bytes;
  readonly #unused = new Map<Stream, number>();

  private constructor(keys: ReadonlyMap<Stream, SFrameKey>, session: Bytes) {
    this.#keys = keys;
    this.#session = session;
  }

  static async create(baseKey: Bytes, epoch: number, session: string): Promise<Sealer> {
    return new Sealer(await keysOf(baseKey, epoch), uuidBytes(session));
  }

  /** The message that carries `payload` under `prefix`. A stream's numbers only rise within a connection. */
  async seal(prefix: Prefix, payload: Bytes): Promise<Bytes> {
    if (prefix.seq < (this.#unused.get(prefix.stream) ?? 0)) {
      throw new RangeError(`frame ${prefix.seq} of ${prefix.stream} was sealed before`);
    }
    if (payload.length > LIMITS.messageBytes - MAX_OVERHEAD_BYTES) {
      throw new Malformed("too_large", `a payload of ${payload.length} bytes`);
    }
    const clear = encodePrefix(prefix);
    // Before anything waits: no second call may take the same number.
    this.#unused.set(prefix.stream, prefix.seq + 1);
    const key = keyOf(this.#keys, prefix.stream);
    return concat(clear, await key.seal(BigInt(prefix.seq), concat(clear, this.#session), payload));
  }
}

/** Opens the frames of one direction of one connection, each once and in order. */
export class Opener {
  readonly #keys: ReadonlyMap<Stream, SFrameKey>;
  readonly #epoch: number;
  readonly #session: Bytes;
  readonly #next = new Map<Stream, number>();
  /** The call before: WebCrypto waits, and no call may screen before the one ahead of it has recorded. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(keys: ReadonlyMap<Stream, SFrameKey>, epoch: number, session: Bytes) {
    this.#keys = keys;
    this.#epoch = epoch;
    this.#session = session;
  }

  static async create(baseKey: Bytes, epoch: number, session: string): Promise<Opener> {
    return new Opener(await keysOf(baseKey, epoch), epoch, uuidBytes(session));
  }

  /** Expects `stream` to go on at `seq`. */
  expect(stream: Stream, seq: number): void {
    this.#next.set(stream, seq);
  }

  expected(stream: Stream): number {
    return this.#next.get(stream) ?? 0;
  }

  /** Screens a message, opens it and records its number. What is refused changes nothing. */
  open(message: Bytes): Promise<Frame> {
    const opened = this.#turn.then(() => this.#open(message));
    this.#turn = opened.catch(() => undefined);
    return opened;
  }

  async #open(message: Bytes): Promise<Frame> {
    if (message.length > LIMITS.messageBytes) {
      throw new Malformed("too_large", `a message of ${message.length} bytes`);
    }
    const prefix = parsePrefix(message);
    const { stream, seq } = prefix;
    const sframe = message.subarray(PREFIX_BYTES);
    const start = header(kid(this.#epoch, stream), BigInt(seq));
    if (!startsWith(sframe, start)) {
      throw new NotOpened("header");
    }
    const expected = this.expected(stream);
    if (seq !== expected) {
      throw new NotOpened(seq < expected ? "seen" : "ahead");
    }
    const metadata = concat(message.subarray(0, PREFIX_BYTES), this.#session);
    const ciphertext = sframe.slice(start.length);
    const payload = await keyOf(this.#keys, stream)
      .open(BigInt(seq), metadata, ciphertext)
      .catch(() => {
        throw new NotOpened("forged");
      });
    this.#next.set(stream, seq + 1);
    return { prefix, payload };
  }
}

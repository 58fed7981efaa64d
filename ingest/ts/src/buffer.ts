/**
 * The durable buffer of a browser: every frame of a session, sealed in IndexedDB from the moment it is made until the
 * server has committed what it holds.
 *
 * The session's key is a random, non-extractable `CryptoKey`: the page can use it and cannot read it. Each opening of the
 * buffer seals under a key of its own, derived from it with a fresh salt, so that a number that a crash cut off and that
 * is used again never meets the key it was first used with. Nonce = stream ‖ seq, AAD = session ‖ prefix.
 */

import { type Bytes, concat, u64, utf8, uuidBytes } from "./bytes.ts";
import { encodePrefix, isTrack, parsePrefix, type Prefix, type Stream, STREAMS, streamByte } from "./frame.ts";

const DATABASE_VERSION = 1;

/** The index of a session's frames in the order in which they were made. */
const IN_ORDER = "in order";

/** Frames read at once at the start: a minute of two tracks, of the hours that may lie there. */
const BATCH_FRAMES = 512;

/** What may lie in the buffer: a day of two tracks. */
export const DEFAULT_CAP_BYTES = 512 * 1024 * 1024;

interface StoredFrame {
  readonly session: string;
  readonly stream: Stream;
  readonly seq: number;
  /** Its place in the order of all streams. */
  readonly ordinal: number;
  readonly prefix: Bytes;
  /** The salt of the key that it is sealed under. */
  readonly salt: Bytes;
  readonly sealed: Bytes;
}

interface Entry {
  readonly ordinal: number;
  readonly prefix: Prefix;
  readonly bytes: number;
}

interface Kept {
  entries: Entry[];
  nextSeq: number;
}

export interface BufferOptions {
  readonly capBytes?: number;
  readonly indexedDB?: IDBFactory;
  readonly database?: string;
  /** Called with every frame found, in the order in which they were made. */
  readonly found?: (prefix: Prefix, payload: Bytes) => void;
}

/** A frame out of turn: a fault of the caller's. */
export class OutOfTurn extends Error {
  override readonly name = "OutOfTurn";
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result), { once: true });
    request.addEventListener("error", () => reject(request.error), { once: true });
  });
}

function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.addEventListener("complete", () => resolve(), { once: true });
    // Every failure ends here, and only here is it known which: a request that failed is told of before its transaction.
    transaction.addEventListener("abort", () => reject(transaction.error), { once: true });
  });
}

async function openDatabase(factory: IDBFactory, name: string): Promise<IDBDatabase> {
  const request = factory.open(name, DATABASE_VERSION);
  request.addEventListener("upgradeneeded", () => {
    request.result.createObjectStore("keys");
    const frames = request.result.createObjectStore("frames", { keyPath: ["session", "stream", "seq"] });
    frames.createIndex(IN_ORDER, ["session", "ordinal"]);
  });
  return done(request);
}

function isQuota(error: unknown): boolean {
  return error instanceof DOMException && error.name === "QuotaExceededError";
}

function everyFrameOf(session: string): IDBKeyRange {
  // Arrays sort after strings and numbers, so an empty one ends the range.
  return IDBKeyRange.bound([session], [session, []]);
}

function nonce(prefix: Prefix): Bytes {
  return concat(Uint8Array.of(streamByte(prefix.stream), 0, 0, 0), u64(prefix.seq));
}

function randomSalt(): Bytes {
  return crypto.getRandomValues(new Uint8Array(16));
}

/** The frames of one session that the server has not released. One page has it open at a time. */
export class FrameBuffer {
  readonly #database: IDBDatabase;
  readonly #session: string;
  readonly #base: CryptoKey;
  readonly #capBytes: number;
  readonly #kept = new Map<Stream, Kept>(STREAMS.map((stream) => [stream, { entries: [], nextSeq: 0 }]));
  readonly #keys = new Map<string, Promise<CryptoKey>>();
  #salt = randomSalt();
  #nextOrdinal = 0;
  #bytes = 0;
  /** The change before: sealing and storing wait, and changes are made in the order in which they were asked for. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(database: IDBDatabase, session: string, base: CryptoKey, capBytes: number) {
    this.#database = database;
    this.#session = session;
    this.#base = base;
    this.#capBytes = capBytes;
  }

  /** Opens the buffer of `session`, making it if there is none. */
  static async open(session: string, options: BufferOptions = {}): Promise<FrameBuffer> {
    const database = await openDatabase(options.indexedDB ?? indexedDB, options.database ?? "attune-frames");
    const base = await FrameBuffer.#keyOf(database, session);
    const buffer = new FrameBuffer(database, session, base, options.capBytes ?? DEFAULT_CAP_BYTES);
    await buffer.#recover(options.found);
    return buffer;
  }

  static async #keyOf(database: IDBDatabase, session: string): Promise<CryptoKey> {
    const kept: unknown = await done(database.transaction("keys").objectStore("keys").get(session));
    if (kept instanceof CryptoKey) {
      return kept;
    }
    const random = crypto.getRandomValues(new Uint8Array(32));
    const made = await crypto.subtle.importKey("raw", random, "HKDF", false, ["deriveKey"]);
    random.fill(0);
    const transaction = database.transaction("keys", "readwrite");
    transaction.objectStore("keys").put(made, session);
    await committed(transaction);
    return made;
  }

  async #recover(found: BufferOptions["found"]): Promise<void> {
    for await (const frame of this.#stored()) {
      this.#nextOrdinal = frame.ordinal + 1;
      const payload = await this.#unseal(frame).catch(() => undefined);
      if (payload === undefined) {
        continue;
      }
      const prefix = parsePrefix(frame.prefix);
      const kept = this.#of(prefix.stream);
      // A hole in the numbers means that a frame is lost: what lies before it is of no use any more.
      if (prefix.seq !== kept.nextSeq) {
        this.#forget(kept, kept.entries.length);
        await this.#deleteBelow(prefix.stream, prefix.seq);
      }
      kept.entries.push({ ordinal: frame.ordinal, prefix, bytes: frame.sealed.length });
      kept.nextSeq = prefix.seq + 1;
      this.#bytes += frame.sealed.length;
      found?.(prefix, payload);
    }
  }

  /** What lies in the database, in the order in which it was made; never all of it in memory. */
  async *#stored(): AsyncGenerator<StoredFrame> {
    for (let after = -1; ; ) {
      const inOrder = this.#database.transaction("frames").objectStore("frames").index(IN_ORDER);
      const rest = IDBKeyRange.bound([this.#session, after], [this.#session, []], true);
      const batch: StoredFrame[] = await done(inOrder.getAll(rest, BATCH_FRAMES));
      const last = batch.at(-1);
      if (last === undefined) {
        return;
      }
      after = last.ordinal;
      yield* batch;
    }
  }

  /** Does `work` after every change that was asked for before it, so that none sees half of another. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const worked = this.#turn.then(work);
    this.#turn = worked.catch(() => undefined);
    return worked;
  }

  /** Keeps a frame: the next one of its stream. `full` means that it is lost, and its number not used. */
  push(prefix: Prefix, payload: Bytes): Promise<"kept" | "full"> {
    return this.#inTurn(() => this.#push(prefix, payload));
  }

  async #push(prefix: Prefix, payload: Bytes): Promise<"kept" | "full"> {
    const kept = this.#of(prefix.stream);
    if (prefix.seq !== kept.nextSeq) {
      throw new OutOfTurn(`frame ${prefix.seq} of ${prefix.stream} is out of turn`);
    }
    // What is not audio is small, and without it the audio cannot be accounted for.
    if (isTrack(prefix.stream) && this.#bytes + payload.length > this.#capBytes) {
      return "full";
    }
    const ordinal = this.#nextOrdinal;
    const salt = this.#salt;
    const clear = encodePrefix(prefix);
    const key = await this.#keyFor(salt);
    const additionalData = concat(uuidBytes(this.#session), clear);
    const sealing = { name: "AES-GCM", iv: nonce(prefix), additionalData };
    const sealed = new Uint8Array(await crypto.subtle.encrypt(sealing, key, payload));
    const { stream, seq } = prefix;
    const frame: StoredFrame = { session: this.#session, stream, seq, ordinal, prefix: clear, salt, sealed };
    try {
      const transaction = this.#database.transaction("frames", "readwrite", { durability: "relaxed" });
      transaction.objectStore("frames").put(frame);
      await committed(transaction);
    } catch (error) {
      // The number may come again: not under this key.
      this.#salt = randomSalt();
      if (isQuota(error)) {
        return "full";
      }
      throw error;
    }
    kept.entries.push({ ordinal, prefix, bytes: sealed.length });
    kept.nextSeq = seq + 1;
    this.#nextOrdinal = ordinal + 1;
    this.#bytes += sealed.length;
    return "kept";
  }

  /** The number that the next frame of `stream` gets. */
  nextSeq(stream: Stream): number {
    return this.#of(stream).nextSeq;
  }

  /** The lowest number of `stream` that is kept; the next one if none is. */
  firstSeq(stream: Stream): number {
    const kept = this.#of(stream);
    return kept.entries[0]?.prefix.seq ?? kept.nextSeq;
  }

  /** The prefix of frame `seq` of `stream` and its place in the order of all streams, if it is kept. */
  peek(stream: Stream, seq: number): { readonly ordinal: number; readonly prefix: Prefix } | undefined {
    const { entries } = this.#of(stream);
    return entries[seq - this.firstSeq(stream)];
  }

  /** The payload of frame `seq` of `stream`, if it is kept. */
  async read(stream: Stream, seq: number): Promise<Bytes | undefined> {
    if (this.peek(stream, seq) === undefined) {
      return undefined;
    }
    const frames = this.#database.transaction("frames").objectStore("frames");
    const frame: StoredFrame | undefined = await done(frames.get([this.#session, stream, seq]));
    return frame === undefined ? undefined : this.#unseal(frame);
  }

  /** Forgets the frames of `stream` below `seq`: the server has committed what they hold. */
  release(stream: Stream, seq: number): Promise<void> {
    return this.#inTurn(async () => {
      const kept = this.#of(stream);
      const released = kept.entries.filter((entry) => entry.prefix.seq < seq);
      if (released.length === 0) {
        return;
      }
      this.#forget(kept, released.length);
      // The newest frame stays where it is: the next start learns from it which number comes next.
      await this.#deleteBelow(stream, Math.min(seq, kept.nextSeq - 1));
    });
  }

  /** Forgets all of `stream` and goes on at `nextSeq`: what is kept does not meet what the server has. */
  restartAt(stream: Stream, nextSeq: number): Promise<void> {
    return this.#inTurn(async () => {
      const kept = this.#of(stream);
      this.#forget(kept, kept.entries.length);
      // Numbers may come again: not under a key that has sealed them.
      this.#salt = randomSalt();
      kept.nextSeq = nextSeq;
      await this.#deleteBelow(stream, Number.MAX_SAFE_INTEGER);
    });
  }

  /** What the frames that are kept take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Closes the database; the frames stay. */
  close(): void {
    this.#database.close();
  }

  /** Deletes key and frames: the session has ended, or its audio must not be kept. */
  destroy(): Promise<void> {
    return this.#inTurn(async () => {
      const transaction = this.#database.transaction(["keys", "frames"], "readwrite");
      transaction.objectStore("keys").delete(this.#session);
      transaction.objectStore("frames").delete(everyFrameOf(this.#session));
      await committed(transaction);
      this.close();
    });
  }

  /** The first `count` frames of a stream are kept no longer. */
  #forget(kept: Kept, count: number): void {
    for (const entry of kept.entries.splice(0, count)) {
      this.#bytes -= entry.bytes;
    }
  }

  async #deleteBelow(stream: Stream, seq: number): Promise<void> {
    const transaction = this.#database.transaction("frames", "readwrite");
    const gone = IDBKeyRange.bound([this.#session, stream], [this.#session, stream, seq], false, true);
    transaction.objectStore("frames").delete(gone);
    await committed(transaction);
  }

  #of(stream: Stream): Kept {
    const kept = this.#kept.get(stream);
    if (kept === undefined) {
      throw new TypeError("every stream has its frames");
    }
    return kept;
  }

  async #unseal(frame: StoredFrame): Promise<Bytes> {
    const prefix = parsePrefix(frame.prefix);
    const additionalData = concat(uuidBytes(this.#session), frame.prefix);
    const key = await this.#keyFor(frame.salt);
    const opening = { name: "AES-GCM", iv: nonce(prefix), additionalData };
    return new Uint8Array(await crypto.subtle.decrypt(opening, key, frame.sealed));
  }

  #keyFor(salt: Bytes): Promise<CryptoKey> {
    const name = salt.join();
    const known = this.#keys.get(name);
    if (known !== undefined) {
      return known;
    }
    const hkdf = { name: "HKDF", hash: "SHA-256", salt, info: utf8("attune/v1 buffer") };
    const aes = { name: "AES-GCM", length: 256 };
    const derived = crypto.subtle.deriveKey(hkdf, this.#base, aes, false, ["encrypt", "decrypt"]);
    this.#keys.set(name, derived);
    return derived;
  }
}

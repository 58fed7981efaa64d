/** How a connection gets its keys: a device is enrolled once, then every socket runs one HPKE handshake. */

import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import { type Bytes, concat, u64, utf8, uuidBytes } from "./bytes.ts";
import { Malformed } from "./malformed.ts";
import { type Hello, VERSION, write } from "./messages.ts";

const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});

/** The server is not the one that this device was enrolled with, or what it sent was not made for this device. */
export class NotAuthentic extends Error {
  override readonly name = "NotAuthentic";
}

export interface IdentityKey {
  readonly keyId: number;
  /** Ed25519, 32 bytes. */
  readonly public: Bytes;
}

/** The client's half of an enrolment: a key pair for one answer. */
export class Enrolment {
  readonly #pair: CryptoKeyPair;
  /** What goes to the server. */
  readonly public: Bytes;

  private constructor(pair: CryptoKeyPair, publicKey: Bytes) {
    this.#pair = pair;
    this.public = publicKey;
  }

  static async of(pair: CryptoKeyPair): Promise<Enrolment> {
    return new Enrolment(pair, new Uint8Array(await suite.kem.serializePublicKey(pair.publicKey)));
  }

  static async generate(): Promise<Enrolment> {
    return Enrolment.of(await suite.kem.generateKeyPair());
  }

  /** Opens the server's answer for `device`: the 32 bytes that device and account share from now on. */
  async open(device: string, enc: Bytes, ciphertext: Bytes): Promise<Bytes> {
    try {
      const info = concat(utf8("attune/v1 device\0"), uuidBytes(device));
      const context = await suite.createRecipientContext({ recipientKey: this.#pair.privateKey, enc, info });
      const psk = new Uint8Array(await context.open(ciphertext));
      if (psk.length === 32) {
        return psk;
      }
    } catch {
      // Told below, without what went wrong inside.
    }
    throw new NotAuthentic("the device's secret does not open");
  }
}

export interface Offer {
  readonly keyId: number;
  readonly hpkePublic: Bytes;
  readonly signature: Bytes;
}

const OFFER_BYTES = 1 + 1 + 32 + 64;

export function parseOffer(message: Uint8Array): Offer {
  if (message.length !== OFFER_BYTES) {
    throw new Malformed("truncated", `${message.length} bytes are not an offer`);
  }
  const [version, keyId] = message;
  if (version !== VERSION || keyId === undefined) {
    throw new Malformed("type", `the server offers version ${version}`);
  }
  return { keyId, hpkePublic: message.slice(2, 34), signature: message.slice(34) };
}

/** Proves that an identity that was pinned at enrolment made this offer for this ticket. */
export async function verifyOffer(offer: Offer, pinned: readonly IdentityKey[], ticketSha256: Bytes): Promise<void> {
  const identity = pinned.find((key) => key.keyId === offer.keyId);
  if (identity === undefined) {
    throw new NotAuthentic(`identity key ${offer.keyId} is not pinned`);
  }
  const signed = concat(utf8("attune/v1 offer\0"), Uint8Array.of(VERSION, offer.keyId), offer.hpkePublic, ticketSha256);
  const key = await crypto.subtle.importKey("raw", identity.public, "Ed25519", false, ["verify"]);
  if (!(await crypto.subtle.verify("Ed25519", key, Uint8Array.from(offer.signature), signed))) {
    throw new NotAuthentic("the offer's signature does not hold");
  }
}

/** Everything that a handshake is bound to. */
export interface HelloContext {
  readonly tenant: string;
  readonly user: string;
  readonly device: string;
  readonly session: string;
  readonly epoch: number;
  readonly ticketSha256: Bytes;
}

export function helloInfo(context: HelloContext): Bytes {
  return concat(
    utf8("attune/v1\0"),
    uuidBytes(context.tenant),
    uuidBytes(context.user),
    uuidBytes(context.device),
    uuidBytes(context.session),
    u64(context.epoch),
    context.ticketSha256,
  );
}

/** The SFrame base keys of one connection. */
export interface ConnectionKeys {
  /** Client to server. */
  readonly c2s: Bytes;
  /** Server to client. */
  readonly s2c: Bytes;
}

/** SHA-256 of a ticket's 32 bytes. */
export async function ticketSha256(ticket: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", ticket));
}

/** Answers an offer that was verified. `ephemeralIkm` is for the vectors alone. */
export async function sayHello(
  offer: Offer,
  psk: Bytes,
  context: HelloContext,
  hello: Hello,
  ephemeralIkm?: Bytes,
): Promise<{ message: Bytes; keys: ConnectionKeys }> {
  const recipientPublicKey = await suite.kem.deserializePublicKey(Uint8Array.from(offer.hpkePublic).buffer);
  const sender = await suite.createSenderContext({
    recipientPublicKey,
    info: helloInfo(context),
    psk: { key: psk, id: uuidBytes(context.device) },
    ...(ephemeralIkm === undefined ? {} : { ekm: ephemeralIkm }),
  });
  const ciphertext = await sender.seal(utf8(write.hello(hello)));
  const exported = async (label: string) => new Uint8Array(await sender.export(utf8(label), 32));
  return {
    message: concat(Uint8Array.of(VERSION), new Uint8Array(sender.enc), new Uint8Array(ciphertext)),
    keys: { c2s: await exported("attune v1 c2s"), s2c: await exported("attune v1 s2c") },
  };
}

/** SFrame (RFC 9605) with suite 0x0005, AES_256_GCM_SHA512_128, on WebCrypto. Knows nothing of ours. */

import { type Bytes, concat, u64, utf8 } from "./bytes.ts";

const SUITE = Uint8Array.of(0x00, 0x05);

/** The bytes of `value`, as few as hold it. */
function shortest(value: bigint): Bytes {
  const bytes = u64(value);
  const first = bytes.findIndex((byte) => byte !== 0);
  return bytes.slice(first === -1 ? 7 : first);
}

/** A header in its one shortest form. */
export function header(kid: bigint, ctr: bigint): Bytes {
  const [kidBytes, ctrBytes] = [kid < 8n ? new Uint8Array(0) : shortest(kid), ctr < 8n ? new Uint8Array(0) : shortest(ctr)];
  const kidField = kidBytes.length === 0 ? Number(kid) : 0x8 | (kidBytes.length - 1);
  const ctrField = ctrBytes.length === 0 ? Number(ctr) : 0x8 | (ctrBytes.length - 1);
  return concat(Uint8Array.of((kidField << 4) | ctrField), kidBytes, ctrBytes);
}

/** The key of one KID. */
export class SFrameKey {
  readonly #key: CryptoKey;
  readonly #salt: Bytes;
  readonly #kid: bigint;

  private constructor(key: CryptoKey, salt: Bytes, kid: bigint) {
    this.#key = key;
    this.#salt = salt;
    this.#kid = kid;
  }

  static async derive(baseKey: Bytes, kid: bigint): Promise<SFrameKey> {
    const base = await crypto.subtle.importKey("raw", baseKey, "HKDF", false, ["deriveKey", "deriveBits"]);
    const hkdf = (label: string) => ({
      name: "HKDF",
      hash: "SHA-512",
      salt: new Uint8Array(0),
      info: concat(utf8(label), u64(kid), SUITE),
    });
    const aes = { name: "AES-GCM", length: 256 };
    const key = await crypto.subtle.deriveKey(hkdf("SFrame 1.0 Secret key "), base, aes, false, ["encrypt", "decrypt"]);
    const salt = await crypto.subtle.deriveBits(hkdf("SFrame 1.0 Secret salt "), base, 96);
    return new SFrameKey(key, new Uint8Array(salt), kid);
  }

  /** `header ‖ ciphertext ‖ tag`. */
  async seal(ctr: bigint, metadata: Uint8Array, plaintext: Bytes): Promise<Bytes> {
    const start = header(this.#kid, ctr);
    const sealed = await crypto.subtle.encrypt(this.#parameters(ctr, concat(start, metadata)), this.#key, plaintext);
    return concat(start, new Uint8Array(sealed));
  }

  /** Opens what follows the header of `ctr`; rejects what does not authenticate. */
  async open(ctr: bigint, metadata: Uint8Array, ciphertext: Bytes): Promise<Bytes> {
    const aad = concat(header(this.#kid, ctr), metadata);
    return new Uint8Array(await crypto.subtle.decrypt(this.#parameters(ctr, aad), this.#key, ciphertext));
  }

  #parameters(ctr: bigint, additionalData: Bytes): AesGcmParams {
    const counter = concat(new Uint8Array(4), u64(ctr));
    const iv = Uint8Array.from(this.#salt, (byte, at) => byte ^ (counter[at] ?? 0));
    return { name: "AES-GCM", iv, additionalData, tagLength: 128 };
  }
}

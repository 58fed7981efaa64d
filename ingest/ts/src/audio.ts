/** Audio payloads: 240 ms of Opus in packets of 20 ms, or plain samples for simple clients. */

import type { Bytes } from "./bytes.ts";
import { Malformed } from "./malformed.ts";

export const FRAME_MS = 240;
export const OPUS_PACKET_MS = 20;
export const OPUS_PACKETS_PER_FRAME = FRAME_MS / OPUS_PACKET_MS;

/** The longest Opus packet of one frame (RFC 6716, section 3.4). */
const MAX_OPUS_PACKET_BYTES = 1275;

export type Codec = "opus" | "pcm_s16le";

/** The rates that a track in each codec may declare. */
export const RATES_HZ: Readonly<Record<Codec, readonly number[]>> = {
  opus: [16_000, 24_000, 48_000],
  pcm_s16le: [16_000, 44_100, 48_000],
};

/** How long an Opus packet plays, in tenths of a millisecond, by its first bytes (RFC 6716, section 3.1). */
function packetTenthsOfMs(packet: Uint8Array): number | undefined {
  const [toc, count] = packet;
  if (toc === undefined) {
    return undefined;
  }
  const [config, code] = [toc >> 3, toc & 3];
  const silk = [100, 200, 400, 600][config % 4] ?? 0;
  const frame = config < 12 ? silk : config < 16 ? 100 << (config % 2) : 25 << (config % 4);
  if (code === 3) {
    return count === undefined ? undefined : frame * (count & 0x3f);
  }
  return code === 0 ? frame : frame * 2;
}

function checkPacket(packet: Uint8Array, index: number): void {
  if (packet.length > MAX_OPUS_PACKET_BYTES || packetTenthsOfMs(packet) !== OPUS_PACKET_MS * 10) {
    throw new Malformed("packet", `packet ${index} is not 20 ms of Opus`);
  }
}

/** The payload that holds `packets`, padded with zeros to `paddedBytes`, so that its size says nothing. */
export function encodeOpusFrame(packets: readonly Uint8Array[], paddedBytes: number): Bytes {
  if (packets.length === 0 || packets.length > OPUS_PACKETS_PER_FRAME) {
    throw new Malformed("packets", `${packets.length} packets`);
  }
  packets.forEach(checkPacket);
  const bytes = packets.reduce((sum, packet) => sum + 2 + packet.length, 1);
  const payload = new Uint8Array(Math.max(bytes, paddedBytes));
  const view = new DataView(payload.buffer);
  payload[0] = packets.length;
  let at = 1;
  for (const packet of packets) {
    view.setUint16(at, packet.length);
    payload.set(packet, at + 2);
    at += 2 + packet.length;
  }
  return payload;
}

export function parseOpusFrame(payload: Uint8Array): Uint8Array[] {
  const count = payload[0];
  if (count === undefined) {
    throw new Malformed("truncated", "an empty payload");
  }
  if (count === 0 || count > OPUS_PACKETS_PER_FRAME) {
    throw new Malformed("packets", `${count} packets`);
  }
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const packets: Uint8Array[] = [];
  let at = 1;
  for (let index = 0; index < count; index += 1) {
    const end = at + 2 <= payload.length ? at + 2 + view.getUint16(at) : Number.POSITIVE_INFINITY;
    if (end > payload.length) {
      throw new Malformed("truncated", "a payload ends within a packet");
    }
    const packet = payload.subarray(at + 2, end);
    checkPacket(packet, index);
    packets.push(packet);
    at = end;
  }
  if (payload.subarray(at).some((byte) => byte !== 0)) {
    throw new Malformed("padding", "bytes after the packets");
  }
  return packets;
}

export function encodePcmFrame(samples: Int16Array): Bytes {
  const payload = new Uint8Array(samples.length * 2);
  const view = new DataView(payload.buffer);
  samples.forEach((sample, at) => view.setInt16(at * 2, sample, true));
  return payload;
}

export function parsePcmFrame(payload: Uint8Array, rateHz: number): Int16Array {
  const most = Math.floor((rateHz * FRAME_MS) / 1000) * 2;
  if (payload.length === 0 || payload.length % 2 !== 0 || payload.length > most) {
    throw new Malformed("samples", `${payload.length} bytes are not a frame of samples`);
  }
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  return Int16Array.from({ length: payload.length / 2 }, (_, at) => view.getInt16(at * 2, true));
}

/** Samples of an audio payload, counted at `rateHz`. */
export function samplesOf(codec: Codec, payload: Uint8Array, rateHz: number): number {
  return codec === "opus"
    ? (parseOpusFrame(payload).length * rateHz * OPUS_PACKET_MS) / 1000
    : parsePcmFrame(payload, rateHz).length;
}

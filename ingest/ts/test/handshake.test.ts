import { DhkemX25519HkdfSha256 } from "@hpke/core";
import { expect, test } from "vitest";
import { Enrolment, helloInfo, NotAuthentic, parseOffer, sayHello, ticketSha256, verifyOffer } from "../src/keys.ts";
import { parseHello } from "../src/messages.ts";
import { bytes, load, number, part, text } from "./vectors.ts";

const vectors = load("handshake");
const [enrolled, offered, said] = [part(vectors, "enrolment"), part(vectors, "offer"), part(vectors, "hello")];
const context = {
  tenant: text(vectors, "tenant"),
  user: text(vectors, "user"),
  device: text(vectors, "device"),
  session: text(vectors, "session"),
  epoch: number(vectors, "epoch"),
  ticketSha256: bytes(vectors, "ticket_sha256"),
};
const identity = { keyId: number(offered, "key_id"), public: bytes(offered, "identity_public") };

test("a device opens the committed enrolment, and no other device does", async () => {
  const pair = await new DhkemX25519HkdfSha256().deriveKeyPair(bytes(enrolled, "client_ikm"));
  const enrolment = await Enrolment.of(pair);
  expect(enrolment.public).toEqual(bytes(enrolled, "client_public"));
  const [enc, ciphertext] = [bytes(enrolled, "enc"), bytes(enrolled, "ciphertext")];
  expect(await enrolment.open(context.device, enc, ciphertext)).toEqual(bytes(enrolled, "psk"));
  await expect(enrolment.open(context.session, enc, ciphertext)).rejects.toThrow(NotAuthentic);
  await expect((await Enrolment.generate()).open(context.device, enc, ciphertext)).rejects.toThrow(NotAuthentic);
});

test("the committed offer is trusted for its ticket and its identity alone", async () => {
  expect(await ticketSha256(bytes(vectors, "ticket"))).toEqual(context.ticketSha256);
  const offer = parseOffer(bytes(offered, "message"));
  expect(offer.hpkePublic).toEqual(bytes(offered, "hpke_public"));
  await verifyOffer(offer, [identity], context.ticketSha256);
  await expect(verifyOffer(offer, [], context.ticketSha256)).rejects.toThrow(NotAuthentic);
  await expect(verifyOffer(offer, [identity], new Uint8Array(32))).rejects.toThrow(NotAuthentic);
  const changed = { ...offer, hpkePublic: new Uint8Array(32) };
  await expect(verifyOffer(changed, [identity], context.ticketSha256)).rejects.toThrow(NotAuthentic);
  expect(() => parseOffer(bytes(offered, "message").slice(1))).toThrow();
});

test("the hello and its keys are those of the vectors", async () => {
  expect(helloInfo(context)).toEqual(bytes(said, "info"));
  const offer = parseOffer(bytes(offered, "message"));
  const hello = parseHello(text(said, "plaintext"));
  const ikm = bytes(said, "client_ephemeral_ikm");
  const { message, keys } = await sayHello(offer, bytes(enrolled, "psk"), context, hello, ikm);
  expect(message).toEqual(bytes(said, "message"));
  expect(keys.c2s).toEqual(bytes(said, "c2s"));
  expect(keys.s2c).toEqual(bytes(said, "s2c"));
});

test("no two hellos share a key", async () => {
  const offer = parseOffer(bytes(offered, "message"));
  const hello = parseHello(text(said, "plaintext"));
  const [one, other] = await Promise.all([1, 2].map(() => sayHello(offer, bytes(enrolled, "psk"), context, hello)));
  expect(one?.keys.c2s).not.toEqual(other?.keys.c2s);
});

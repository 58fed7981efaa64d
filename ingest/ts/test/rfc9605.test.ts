import { expect, test } from "vitest";
import { header, SFrameKey } from "../src/sframe.ts";
import { bytes, each, load, text } from "./vectors.ts";

const vectors = load("rfc9605");

test("headers are written as in the RFC", () => {
  expect(each(vectors, "header")).toHaveLength(289);
  for (const vector of each(vectors, "header")) {
    expect(header(BigInt(text(vector, "kid")), BigInt(text(vector, "ctr")))).toEqual(bytes(vector, "encoded"));
  }
});

test("frames of suite 5 are sealed and opened as in the RFC", async () => {
  for (const vector of each(vectors, "sframe")) {
    const [kid, ctr] = [BigInt(text(vector, "kid")), BigInt(text(vector, "ctr"))];
    const key = await SFrameKey.derive(bytes(vector, "base_key"), kid);
    const sealed = await key.seal(ctr, bytes(vector, "metadata"), bytes(vector, "pt"));
    expect(sealed).toEqual(bytes(vector, "ct"));
    const ciphertext = bytes(vector, "ct").slice(header(kid, ctr).length);
    expect(await key.open(ctr, bytes(vector, "metadata"), ciphertext)).toEqual(bytes(vector, "pt"));
  }
});

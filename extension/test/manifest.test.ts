import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const manifest = JSON.parse(readFileSync(`${import.meta.dirname}/../manifest.json`, "utf8"));

it("the key pins the extension's id, which the server's list of origins names", () => {
  const digest = createHash("sha256").update(Buffer.from(manifest.key, "base64")).digest("hex").slice(0, 32);
  const id = [...digest].map((digit) => String.fromCharCode(97 + parseInt(digit, 16))).join("");
  expect(id).toBe("bfhmgcemggnpepahjenliloeadhcfkfj");
});

it("asks for no more than it uses: no tab, no microphone, no Meet", () => {
  expect(manifest.permissions).toEqual(["storage"]);
  expect(manifest.host_permissions).toEqual(["http://127.0.0.1/*", "http://localhost/*"]);
  expect(manifest.content_scripts).toBeUndefined();
});

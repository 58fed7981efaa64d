import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const document = join(import.meta.dirname, "../../openapi.json");
const schema = join(import.meta.dirname, "../src/api/schema.ts");

it("the types of the API are those that its committed document makes", () => {
  expect(existsSync(document), "api/openapi.json is missing: run scripts/write-openapi").toBe(true);
  const generator = join(import.meta.dirname, "../../../node_modules/openapi-typescript/bin/cli.js");
  const check = (): string => execFileSync(process.execPath, [generator, document, "--output", schema, "--check"], { stdio: "pipe", encoding: "utf8" });
  expect(check, "run `npm run generate -w api/web`").not.toThrow();
}, 30_000);

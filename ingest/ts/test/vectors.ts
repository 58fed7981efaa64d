/** The vectors that the Rust crate runs too. */

import { readFileSync } from "node:fs";
import type { Bytes } from "../src/bytes.ts";

export interface Vector {
  readonly [field: string]: unknown;
}

function isVector(value: unknown): value is Vector {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function load(name: string): Vector {
  const value: unknown = JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), "utf8"));
  return part({ value }, "value");
}

export function part(vector: Vector, field: string): Vector {
  const value = vector[field];
  if (!isVector(value)) {
    throw new TypeError(`${field} is not an object`);
  }
  return value;
}

export function each(vector: Vector, field: string): Vector[] {
  const list = vector[field];
  if (!Array.isArray(list) || list.length === 0) {
    throw new TypeError(`no vectors in ${field}`);
  }
  return list.map((value: unknown) => part({ value }, "value"));
}

export function texts(vector: Vector, field: string): string[] {
  const list = vector[field];
  if (!Array.isArray(list) || list.length === 0) {
    throw new TypeError(`no vectors in ${field}`);
  }
  return list.map(String);
}

export function text(vector: Vector, field: string): string {
  const value = vector[field];
  if (typeof value !== "string") {
    throw new TypeError(`${field} is not text`);
  }
  return value;
}

export function number(vector: Vector, field: string): number {
  const value = vector[field];
  if (typeof value !== "number") {
    throw new TypeError(`${field} is not a number`);
  }
  return value;
}

export function unhex(hex: string): Bytes {
  return Uint8Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16));
}

export function bytes(vector: Vector, field: string): Bytes {
  return unhex(text(vector, field));
}

/** Checks of JSON that also give it a type. Strict objects refuse unknown fields; open ones drop them. */

import { utf8 } from "./bytes.ts";
import { Malformed } from "./malformed.ts";

export type Check<T> = (value: unknown) => T;
export type Checked<C> = C extends Check<infer T> ? T : never;

function refuse(rule: string): never {
  throw new Malformed("invalid", rule);
}

export const boolean: Check<boolean> = (value) => (typeof value === "boolean" ? value : refuse("a boolean is expected"));

/** A whole number that both peers can hold. */
export const whole: Check<number> = (value) =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : refuse("a whole number is expected");

export function within(least: number, most: number): Check<number> {
  return (value) =>
    typeof value === "number" && value >= least && value <= most ? value : refuse(`${least} to ${most} is expected`);
}

/** Text of so many characters: code points, as the server counts them, and no halves of them, which it cannot read. */
export function text(least: number, most: number): Check<string> {
  return (value) => {
    if (typeof value !== "string" || /\p{Surrogate}/u.test(value)) {
      return refuse("text is expected");
    }
    // A code point is at most two units, so that nothing long is taken apart.
    const length = value.length > most * 2 ? Number.POSITIVE_INFINITY : [...value].length;
    return length >= least && length <= most ? value : refuse(`${least} to ${most} characters are expected`);
  };
}

export function matching(pattern: RegExp, what: string): Check<string> {
  return (value) => (typeof value === "string" && pattern.test(value) ? value : refuse(`${what} is expected`));
}

export function oneOf<const T extends string>(...values: readonly T[]): Check<T> {
  return (value) => values.find((known) => known === value) ?? refuse(`one of ${values.join(", ")} is expected`);
}

export function nullable<T>(check: Check<T>): Check<T | null> {
  return (value) => (value === null ? null : check(value));
}

export function list<T>(check: Check<T>, least = 0, most = Number.POSITIVE_INFINITY): Check<T[]> {
  return (value) =>
    Array.isArray(value) && value.length >= least && value.length <= most
      ? value.map(check)
      : refuse("a list of the right length is expected");
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object whose keys are among `keys`. */
export function map<const K extends string, T>(keys: readonly K[], check: Check<T>): Check<Partial<Record<K, T>>> {
  return (value) => {
    if (!isRecord(value)) {
      return refuse("an object is expected");
    }
    const checked: Partial<Record<K, T>> = {};
    for (const [key, entry] of Object.entries(value)) {
      checked[oneOf(...keys)(key)] = check(entry);
    }
    return checked;
  };
}

/** A number under each name, whatever the names are. */
export const counts: Check<Readonly<Record<string, number>>> = (value) => {
  if (!isRecord(value)) {
    return refuse("an object is expected");
  }
  return Object.fromEntries(Object.entries(value).map(([name, count]) => [name, whole(count)]));
};

type Fields = Record<string, Check<unknown>>;
type Required<F extends Fields> = { [K in keyof F]: Checked<F[K]> };
type Optional<F extends Fields> = { [K in keyof F]?: Checked<F[K]> };
type Shape<F extends Fields, O extends Fields> = Required<F> & Optional<O>;

function shape(required: Fields, optional: Fields, strict: boolean): Check<Record<string, unknown>> {
  return (value) => {
    if (!isRecord(value)) {
      return refuse("an object is expected");
    }
    const checked: Record<string, unknown> = {};
    for (const [key, check] of Object.entries(required)) {
      checked[key] = Object.hasOwn(value, key) ? check(value[key]) : refuse(`${key} is missing`);
    }
    for (const [key, check] of Object.entries(optional)) {
      if (Object.hasOwn(value, key) && value[key] !== null) {
        checked[key] = check(value[key]);
      }
    }
    const known = (key: string) => Object.hasOwn(required, key) || Object.hasOwn(optional, key);
    if (strict && !Object.keys(value).every(known)) {
      return refuse("there is a field that the schema does not have");
    }
    return checked;
  };
}

/** An object with these fields and no others. */
export function strict<F extends Fields, O extends Fields = Record<never, never>>(
  required: F,
  optional?: O,
): Check<Shape<F, O>> {
  return shape(required, optional ?? {}, true) as Check<Shape<F, O>>;
}

/** An object with at least these fields. */
export function open<F extends Fields, O extends Fields = Record<never, never>>(
  required: F,
  optional?: O,
): Check<Shape<F, O>> {
  return shape(required, optional ?? {}, false) as Check<Shape<F, O>>;
}

/** Writes `value` as at most `mostBytes` of JSON. */
export function toJson<T>(value: T, mostBytes: number, check: Check<T>): string {
  const json = JSON.stringify(check(value));
  const bytes = utf8(json).length;
  if (bytes > mostBytes) {
    throw new Malformed("too_large", `${bytes} of at most ${mostBytes} bytes`);
  }
  return json;
}

/** Parses at most `mostBytes` of JSON. */
export function fromJson<T>(json: string | Uint8Array, mostBytes: number, check: Check<T>): T {
  // A character is at least one byte, so that what is too long is refused before it is looked at.
  if (json.length > mostBytes) {
    throw new Malformed("too_large", `${json.length} of at most ${mostBytes} bytes`);
  }
  let value: unknown;
  try {
    value = JSON.parse(typeof json === "string" ? json : new TextDecoder("utf-8", { fatal: true }).decode(json));
  } catch {
    throw new Malformed("json", "it does not parse");
  }
  return check(value);
}

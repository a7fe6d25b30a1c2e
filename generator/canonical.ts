// One order and one spelling for data, so that equal meaning is equal bytes. Names are compared by UTF-16 code unit,
// never by locale; object keys are sorted at every depth, lists keep their order. Used for configHash and for whatever
// an emitter prints: a locale-aware sort here would give two machines two outputs.
import { createHash } from 'node:crypto';

/** Order of two names by code unit. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `items` sorted by their name, as a new list. */
export function sortedByName<T extends { readonly name: string }>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => byCodeUnit(a.name, b.name));
}

/** A deep copy with sorted keys; keys whose value is undefined are left out. */
export function canonical<T>(value: T): T {
  return copy(value) as T;
}

function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  entries.sort(([a], [b]) => byCodeUnit(a, b));
  return Object.fromEntries(entries.map(([key, item]) => [key, copy(item)]));
}

/** JSON of the canonical form. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(copy(value));
}

/** SHA-256 in hexadecimal. */
export function sha256(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex');
}

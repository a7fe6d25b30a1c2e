// The keys of afterward records: the caller's own, and the unique one that keeps one live record a key.
// What must hold: a live key is ascii and compared by byte on every database: what is not plain, or too long, is hashed;
// two keys never share a live key. A key that cannot be stored is refused before anything runs.
import { createHash } from 'node:crypto';
import { DalJobError } from '../errors.js';
import { label, type MethodName } from './arguments.js';

const LONGEST_LIVE_KEY = 190;
const LONGEST_KEY = 255;

/** `app.service.method:key`, or the sha256 of it in hex. */
export function liveKeyOf(app: string, { service, method }: MethodName, key: string): string {
  const plain = `${app}.${service}.${method}:${key}`;
  // no blanks: databases compare trailing ones as nothing
  if (/^[\x21-\x7e]+$/.test(key) && plain.length <= LONGEST_LIVE_KEY) return plain;
  return createHash('sha256').update(plain).digest('hex');
}

/**
 * The caller's key at a path of the arguments; null: the method has none, and the record's id is taken.
 * @throws DalJobError DJ6013
 */
export function keyIn(
  name: MethodName,
  path: readonly (string | number)[] | null,
  args: readonly unknown[],
): string | null {
  if (path === null) return null;
  let at: unknown = args;
  for (const step of path)
    at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[step] : undefined;
  return requireKey(name, Number.isInteger(at) ? String(at) : at);
}

/** @throws DalJobError DJ6013 */
export function requireKey(name: MethodName, key: unknown): string {
  if (typeof key !== 'string')
    throw unfit(name, key === undefined ? 'it is missing' : 'it is neither a text nor an integer');
  if (key.length > LONGEST_KEY) throw unfit(name, `it has ${key.length} characters, more than ${LONGEST_KEY}`);
  if (/[\0\p{Cs}]/u.test(key)) throw unfit(name, 'it has characters that cannot be stored');
  return key;
}

function unfit(name: MethodName, problem: string): DalJobError {
  const message = `${label(name)}: the key of the call cannot be used: ${problem}.`;
  return new DalJobError('DJ6013', message, { fields: { ...name, problem } });
}

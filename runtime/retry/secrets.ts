// Secret values in recorded arguments: AES-256-GCM, one envelope a value, bound to its place.
// What must hold: what is under a secret path is never stored in plain text; an envelope names its key, so that old keys
// still decrypt after a new one encrypts; one moved to another app, method or place does not open. Nothing here puts a
// plain text into an error.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { DalJobError } from '../errors.js';
import type { MethodEntry } from '../service-types.js';

/** An envelope is a string `dal-job-secret:KEY_ID:base64url(iv, tag, ciphertext)`. No plain argument may begin so. */
export const ENVELOPE = 'dal-job-secret:';

export const SECRET_KEYS_VARIABLE = 'DAL_JOB_SECRET_KEYS';

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** Keys by id; the first encrypts, all decrypt. */
export type SecretKeys = ReadonlyMap<string, Buffer>;

/** Where a value stands: application, service, method, then the path in the arguments. */
type Place = readonly string[];

/**
 * `2026=<base64 of 32 bytes>,2025=…`; nothing: no keys.
 * @throws DalJobError DJ6004
 */
export function readSecretKeys(text: string | undefined): SecretKeys {
  const parts = (text ?? '').split(',').map((part) => part.trim());
  const keys = parts.filter((part) => part !== '').map(readKey);
  if (new Set(keys.map(([id]) => id)).size < keys.length) throw badKeys('two keys have the same id');
  return new Map(keys);
}

function readKey(part: string, index: number): [string, Buffer] {
  const [, id, base64] = /^([A-Za-z0-9_-]{1,40})=([A-Za-z0-9+/]+={0,2})$/.exec(part) ?? [];
  if (id === undefined || base64 === undefined) throw badKeys(`entry ${index + 1} is not id=base64`);
  const key = Buffer.from(base64, 'base64');
  if (key.length !== KEY_BYTES) throw badKeys(`key ${id} has ${key.length} bytes instead of ${KEY_BYTES}`);
  return [id, key];
}

function badKeys(problem: string): DalJobError {
  const form = `Its form is id=<base64 of ${KEY_BYTES} bytes>, several with commas; make one with: openssl rand -base64 ${KEY_BYTES}`;
  return new DalJobError('DJ6004', `${SECRET_KEYS_VARIABLE}: ${problem}. ${form}`, { fields: { problem } });
}

/** @throws DalJobError DJ6004: a recorded method has secrets, and there is no key to encrypt them */
export function requireKeys(keys: SecretKeys, methods: Iterable<readonly [label: string, MethodEntry]>): void {
  if (keys.size > 0) return;
  for (const [method, { secrets, retry }] of methods) {
    if (secrets.length > 0 && retry !== null)
      throw badKeys(`it is not set, and the arguments of ${method} have secrets`);
  }
}

export class Secrets {
  readonly #app: string;
  readonly #keys: SecretKeys;

  constructor(app: string, keys: SecretKeys) {
    this.#app = app;
    this.#keys = keys;
  }

  /** The arguments with an envelope in place of each secret; those given are left as they are. */
  seal(method: Place, args: readonly unknown[], paths: MethodEntry['secrets']): readonly unknown[] {
    return replaced(args, paths, [], (value, path) => this.#seal(value, [this.#app, ...method, ...path])) as unknown[];
  }

  /**
   * Puts the plain values back, wherever an envelope is.
   * @param found gets each of them
   * @throws DalJobError DJ6009
   */
  open(method: Place, args: unknown, found: unknown[] = []): unknown {
    return opened(args, [], (envelope, path) => {
      const value = this.#open(envelope, [this.#app, ...method, ...path]);
      found.push(value);
      return value;
    });
  }

  #seal(value: unknown, place: Place): string {
    const [id, key] = [...this.#keys][0] ?? [];
    if (id === undefined || key === undefined) throw badKeys('it is not set');
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, key, iv).setAAD(associated(place));
    const sealed = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
    return `${ENVELOPE}${id}:${Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')}`;
  }

  #open(envelope: string, place: Place): unknown {
    const [id = '', base64 = ''] = envelope.slice(ENVELOPE.length).split(':');
    const key = this.#keys.get(id);
    if (key === undefined) throw unopened(`key ${id} is not in ${SECRET_KEYS_VARIABLE}`, place);
    try {
      return decrypt(Buffer.from(base64, 'base64url'), key, associated(place));
    } catch {
      throw unopened(`key ${id} does not open it: the record was changed, or the key has another value`, place);
    }
  }
}

function decrypt(bytes: Buffer, key: Buffer, place: Buffer): unknown {
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(place).setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  const plain = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
  return JSON.parse(plain.toString('utf8'));
}

function associated(place: Place): Buffer {
  return Buffer.from(JSON.stringify(place));
}

function unopened(problem: string, place: Place): DalJobError {
  const where = place.slice(3).join('.');
  return new DalJobError('DJ6009', `The secret at ${where} of the recorded arguments cannot be read: ${problem}.`, {
    fields: { where },
  });
}

/** Each value under one of the paths, from the arguments on. */
export function secretValues(args: readonly unknown[], paths: MethodEntry['secrets']): readonly unknown[] {
  const found: unknown[] = [];
  if (paths.length > 0) replaced(args, paths, [], (value) => found.push(value));
  return found;
}

type Paths = MethodEntry['secrets'];

function replaced(value: unknown, paths: Paths, at: Place, by: (value: unknown, at: Place) => unknown): unknown {
  if (paths.some((path) => path.length === 0)) return by(value, at);
  if (typeof value !== 'object' || value === null || paths.length === 0) return value;
  return mapped(value, (item, key) => {
    const below = paths.filter(([step]) => step === '*' || step === key).map((path) => path.slice(1));
    return replaced(item, below, [...at, key], by);
  });
}

function opened(value: unknown, at: Place, open: (envelope: string, at: Place) => unknown): unknown {
  if (typeof value === 'string') return value.startsWith(ENVELOPE) ? open(value, at) : value;
  if (typeof value !== 'object' || value === null) return value;
  return mapped(value, (item, key) => opened(item, [...at, key], open));
}

function mapped(value: object, by: (item: unknown, key: string) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item, index) => by(item, String(index)));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, by(item, key)]));
}

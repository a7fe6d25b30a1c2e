// The arguments of a call on their way into a record: a copy that survives JSON exactly, its text, its checks.
// What must hold: whatever JSON would change, drop or refuse is refused here, with the path of the culprit, before anything
// runs; what the method gets in its first execution is this copy, so that a retry gets the same. Messages name
// properties and kinds of values, and never a value: it may be a secret.
import { DalJobError } from '../errors.js';
import type { MethodEntry } from '../service-types.js';
import { ENVELOPE } from './secrets.js';

/** A method by its names, for messages. */
export interface MethodName {
  readonly service: string;
  readonly method: string;
}

export interface Recordable {
  /** What is recorded, secrets in plain text. */
  readonly args: readonly unknown[];
  /** Its JSON. */
  readonly json: string;
}

type Path = readonly (string | number)[];

/** Thrown by the walk, turned into DJ6001 with the method's name by `recordable`. */
class Unfit {
  readonly path: Path;
  readonly problem: string;
  constructor(path: Path, problem: string) {
    this.path = [...path];
    this.problem = problem;
  }
}

/** Deeper than that is refused: JSON itself would run out of stack somewhat later. */
const DEEPEST = 500;

/** What to pass instead, by class. */
const INSTEAD: Readonly<Record<string, string>> = {
  Date: 'pass its toISOString(), or its number of milliseconds',
  Map: 'pass Object.fromEntries(map), or [...map]',
  Set: 'pass [...set]',
  Buffer: "pass its toString('base64')",
  Uint8Array: "pass Buffer.from(bytes).toString('base64')",
  Error: 'pass its name and message',
  Promise: 'await it first',
};

/**
 * @param maxBytes of the JSON, as UTF-8
 * @throws DalJobError DJ6001 (JSON would change it), DJ6002 (too large)
 */
export function recordable(
  name: MethodName,
  { params }: MethodEntry,
  given: readonly unknown[],
  maxBytes: number,
): Recordable {
  try {
    const args = withoutTrailing(given);
    const copied = new Walk(maxBytes).items(args);
    const json = JSON.stringify(copied);
    if (Buffer.byteLength(json) > maxBytes) throw tooLarge(name, maxBytes);
    return { args: copied, json };
  } catch (error) {
    if (error === TOO_LARGE) throw tooLarge(name, maxBytes);
    if (!(error instanceof Unfit)) throw error;
    const where = pathText(error.path, params);
    const message = `${label(name)}: ${where} cannot be recorded: ${error.problem}.`;
    throw new DalJobError('DJ6001', message, { fields: { ...name, path: where } });
  }
}

/** `payment.charge` */
export function label({ service, method }: MethodName): string {
  return `${service}.${method}`;
}

/** `order.items[2].at`: the parameter's name, then properties and indexes. */
export function pathText(path: Path, params: MethodEntry['params']): string {
  const [first, ...rest] = path;
  const name = params[Number(first)]?.name ?? `argument ${Number(first) + 1}`;
  return name + rest.map(stepText).join('');
}

function stepText(step: string | number): string {
  if (typeof step === 'number') return `[${step}]`;
  return /^[A-Za-z_$][\w$]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}

function withoutTrailing(given: readonly unknown[]): readonly unknown[] {
  let length = given.length;
  while (length > 0 && given[length - 1] === undefined) length -= 1;
  return Array.from(given).slice(0, length);
}

function tooLarge(name: MethodName, maxBytes: number): DalJobError {
  const message = `${label(name)}: the arguments are larger than ${maxBytes} bytes of JSON: pass a key to the data instead of the data, or raise maxPayloadBytes.`;
  return new DalJobError('DJ6002', message, { fields: { ...name, maxBytes } });
}

const TOO_LARGE: unique symbol = Symbol('too large');

/** One walk: where it stands, the objects it stands in (a cycle comes back to one), a lower bound of the bytes so far. */
class Walk {
  readonly #path: (string | number)[] = [];
  readonly #ancestors = new Set<object>();
  #bytesLeft: number;

  constructor(maxBytes: number) {
    this.#bytesLeft = maxBytes;
  }

  items(list: readonly unknown[]): unknown[] {
    return Array.from(list, (item, index) => this.#child(item, index)); // holes come as undefined
  }

  #child(value: unknown, step: string | number): unknown {
    this.#path.push(step);
    const copied = typeof value === 'object' && value !== null ? this.#object(value) : this.#primitive(value);
    this.#path.pop();
    return copied;
  }

  #primitive(value: unknown): unknown {
    const problem = problemOf(value);
    if (problem !== null) throw new Unfit(this.#path, problem);
    this.#count(typeof value === 'string' ? value.length : 1);
    return value;
  }

  #object(value: object): unknown {
    if (this.#ancestors.has(value)) throw new Unfit(this.#path, 'it contains itself');
    if (this.#path.length > DEEPEST) throw new Unfit(this.#path.slice(0, 3), `it is nested more than ${DEEPEST} deep`);
    const problem = Array.isArray(value) ? arrayProblem(value) : objectProblem(value);
    if (problem !== null) throw new Unfit(this.#path, problem);
    this.#count(2);
    this.#ancestors.add(value);
    const copied = Array.isArray(value) ? this.items(value) : this.#properties(value as Record<string, unknown>);
    this.#ancestors.delete(value);
    return copied;
  }

  #properties(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const copied: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      const item = value[key];
      if (item === undefined) continue; // as if it were left out, which is what it means in a type
      this.#count(key.length + 3);
      copied[key] = this.#child(item, key);
    }
    return copied;
  }

  /** Shared objects are copied each time they are met, so that a small graph can be a huge text. */
  #count(bytes: number): void {
    this.#bytesLeft -= bytes;
    if (this.#bytesLeft < 0) throw TOO_LARGE;
  }
}

function problemOf(value: unknown): string | null {
  switch (typeof value) {
    case 'number':
      if (Number.isFinite(value)) return Object.is(value, -0) ? 'JSON would turn -0 into 0' : null;
      return `JSON has no ${value}`;
    case 'undefined':
      return 'JSON would turn undefined into null; pass null, or leave it out';
    case 'bigint':
      return 'JSON has no bigint; pass String(value)';
    case 'string':
      return value.startsWith(ENVELOPE) ? `a text must not begin with ${ENVELOPE}` : null;
    case 'boolean':
    case 'object':
      return null;
    default:
      return `JSON has no ${typeof value}`;
  }
}

function arrayProblem(list: readonly unknown[]): string | null {
  if (Object.getPrototypeOf(list) !== Array.prototype && !isForeignArray(list)) return classInstance(list);
  const keys = Reflect.ownKeys(list); // the items there are, and `length`
  return keys.length === Object.keys(list).length + 1 && keys.length <= list.length + 1 && !hasNamed(list)
    ? null
    : 'the array has properties of its own, which JSON would drop';
}

/** Items come first among the keys, so that the last one tells. */
function hasNamed(list: readonly unknown[]): boolean {
  const last = Object.keys(list).at(-1);
  return last !== undefined && !/^\d+$/.test(last);
}

/** Of another realm, such as a vm context's. */
function isForeignArray(list: object): boolean {
  const prototype = Object.getPrototypeOf(list);
  return Array.isArray(prototype) && isRoot(Object.getPrototypeOf(prototype));
}

function objectProblem(value: object): string | null {
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype && !isRoot(prototype)) return classInstance(value);
  const all = Reflect.ownKeys(value);
  if (all.includes('__proto__')) return 'it has a property __proto__';
  const seen = Object.keys(value);
  if (all.length === seen.length) return null;
  const hidden = all.find((key) => typeof key === 'symbol' || !seen.includes(key));
  if (typeof hidden === 'symbol') return 'it has a property named by a symbol, which JSON would drop';
  return `its property ${JSON.stringify(hidden)} is not enumerable: JSON would drop it`;
}

/** The Object.prototype of this realm or another. */
function isRoot(prototype: object | null): boolean {
  return prototype !== null && Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf');
}

function classInstance(value: object): string {
  const name = String(value.constructor?.name ?? 'a class');
  const toJson = 'toJSON' in value ? 'it has a toJSON method: pass what that returns' : undefined;
  const instead = INSTEAD[name] ?? toJson ?? 'pass a plain object with the fields that are needed';
  return `it is an instance of ${name}; ${instead}`;
}

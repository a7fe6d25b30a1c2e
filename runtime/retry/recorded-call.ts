// What every recorded call needs, whichever way it is recorded: its method, what the app shares, what one membership gives,
// its arguments as they are stored, and what an error makes of it.
// What must hold: an error is cleaned of the call's secrets before anybody sees it.
import type { Clock } from '../clock.js';
import { NotImplementedError } from '../errors.js';
import type { Instance } from '../lock/instance.js';
import type { Lease } from '../lock/lease.js';
import type { CallContext, MethodEntry, MethodRetry, RetryInfo } from '../service-types.js';
import type { Emit, Log } from '../types.js';
import type { Abandoned } from './abandoned.js';
import { type MethodName, recordable } from './arguments.js';
import { backoffMs, type ErrorClasses, isRetryable } from './backoff.js';
import { runInContext } from './call-context.js';
import type { Implementations } from './implementations.js';
import type { Inserts } from './insert.js';
import { requireFit } from './misfit.js';
import type { CallOutcome } from './record.js';
import { redacted, textsOf } from './redact.js';
import { type Secrets, secretValues } from './secrets.js';
import type { Settler } from './settle.js';

export interface Method {
  readonly service: string;
  readonly method: string;
  readonly entry: MethodEntry;
}

export interface RecordedMethod extends Method {
  readonly retry: MethodRetry;
}

/** For as long as the app is started. */
export interface CallDeps {
  readonly app: string;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly errorClasses: () => Promise<ErrorClasses>;
  readonly implementations: Implementations;
  readonly maxPayloadBytes: number;
  /** The proxies. */
  readonly services: object;
  /** A logger whose lines carry the fields. */
  readonly logOf: (fields: object) => Log;
  readonly secrets: Secrets;
  /** Open while the app is started. */
  readonly sequelize: () => Instance['database']['sequelize'];
}

/** For as long as a membership lasts. */
export interface Bound {
  readonly instance: Instance;
  readonly lease: Lease;
  readonly settler: Settler;
  readonly inserts: Inserts;
  readonly abandoned: Abandoned;
  /** Aborts calls: the lease is lost, the instance shuts down. */
  readonly signal: AbortSignal;
  /** A record may be due: look now. */
  readonly poke: () => void;
}

export interface PreparedCall {
  /** What the method gets. */
  readonly args: readonly unknown[];
  /** JSON for the record: the same, secrets encrypted. */
  readonly stored: string;
}

/** Checks the arguments and makes what is stored of them. @throws DalJobError DJ6001, DJ6002, DJ6003 */
export function prepare(deps: CallDeps, method: Method, given: readonly unknown[]): PreparedCall {
  const { entry } = method;
  const { args, json } = recordable(method, entry, given, deps.maxPayloadBytes);
  requireFit(method, entry, args);
  if (entry.secrets.length === 0) return { args, stored: json };
  const sealed = deps.secrets.seal([method.service, method.method], args, entry.secrets);
  return { args, stored: JSON.stringify(sealed) };
}

/** The error without the secrets of the arguments; the same object where that can be. */
export function withoutSecrets(error: unknown, { entry }: Method, args: readonly unknown[]): unknown {
  return entry.secrets.length === 0 ? error : withoutPlain(error, secretValues(args, entry.secrets));
}

/** The same for a record, whose secrets are those that it had. */
export function withoutPlain(error: unknown, plain: readonly unknown[]): unknown {
  return plain.length === 0 ? error : redacted(error, textsOf(plain));
}

export interface Failure {
  readonly error: unknown;
  /** Calls so far, the failed one included. */
  readonly attempt: number;
  readonly maxRetries: number;
  /** We cut it short: its error says nothing of the call, so it is worth another, or in doubt. */
  readonly aborted: boolean;
  /** Any error is worth another (a companion's). */
  readonly any?: boolean;
}

/** Another attempt, or none, or a person's decision. Never rejects. */
export async function outcomeOf(deps: CallDeps, retry: MethodRetry, failure: Failure): Promise<CallOutcome> {
  const { error, attempt, maxRetries } = failure;
  if (await isInDoubt(deps, retry, failure)) return { state: 'UNKNOWN', error };
  if (attempt > maxRetries || !(await isWorthAnother(deps, retry, failure))) return { state: 'DEAD', error };
  return { state: 'RETRY', delayMs: backoffMs(retry.backoff, Math.max(attempt, 1), Math.random()), error };
}

/** As the sweep has it of a call whose instance died: of the first attempt only. What `for` names says itself what to do. */
async function isInDoubt(
  deps: CallDeps,
  retry: MethodRetry,
  { error, attempt, aborted, any = false }: Failure,
): Promise<boolean> {
  if (!aborted || any || attempt > 1 || retry.onCrash !== 'hold' || error instanceof NotImplementedError) return false;
  return !(await isNamed(deps, retry, error));
}

export async function isWorthAnother(
  deps: CallDeps,
  retry: MethodRetry,
  { error, aborted, any = false }: Pick<Failure, 'error' | 'aborted' | 'any'>,
): Promise<boolean> {
  if (error instanceof NotImplementedError) return false;
  return aborted || any || (await isNamed(deps, retry, error));
}

async function isNamed(deps: CallDeps, retry: MethodRetry, error: unknown): Promise<boolean> {
  try {
    return isRetryable(error, retry.for, await deps.errorClasses());
  } catch {
    return false; // an error that cannot even be looked at
  }
}

/** Calls what the user wrote, where it finds its context. */
export function execute({ clock }: CallDeps, context: CallContext, call: () => unknown): Promise<unknown> {
  return clock.during('handler', () => runInContext(context, call));
}

export interface ContextFields {
  readonly signal: AbortSignal;
  readonly retry: RetryInfo | undefined;
  /** Of the record; the log of a first execution names it. */
  readonly id?: string;
}

export function contextOf(deps: CallDeps, { service, method }: Method, fields: ContextFields): CallContext {
  return new Context(deps, { service, method }, fields);
}

/** A class for its accessors: an object of its own for each call costs many times as much. */
class Context implements CallContext {
  readonly services: object;
  readonly signal: AbortSignal;
  readonly retry: RetryInfo | undefined;
  readonly #deps: CallDeps;
  readonly #method: MethodName;
  readonly #id: string | undefined;
  #log: Log | undefined;

  constructor(deps: CallDeps, method: MethodName, { signal, retry, id }: ContextFields) {
    this.services = deps.services;
    this.signal = signal;
    this.retry = retry;
    this.#deps = deps;
    this.#method = method;
    this.#id = id;
  }

  get sequelize(): CallContext['sequelize'] {
    return this.#deps.sequelize();
  }

  /** Made when first asked for: most calls never do. */
  get log(): Log {
    this.#log ??= this.#deps.logOf({ ...this.#method, ...(this.retry ?? firstOf(this.#id)) });
    return this.#log;
  }
}

function firstOf(id: string | undefined): object {
  return id === undefined ? {} : { id, attempt: 1 };
}

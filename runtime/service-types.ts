// The shapes of services that generated code, user code and the runtime share: what a method is, what a proxy calls, what a
// retry is told. Beside types.ts, which has jobs. A leaf: types only.
import type { Sequelize, Transaction } from 'sequelize';
import type { Backoff, Log, Validator } from './types.js';

/** Which of the two kinds of retry: recorded before every call, or recorded when a call has failed. */
export type CallKind = 'beforehand' | 'afterward';

export const CALL_STATES = ['RUNNING', 'SUCCEEDED', 'RETRY', 'DEAD', 'UNKNOWN'] as const;
/** How a record stands. SUCCEEDED and DEAD are final; UNKNOWN waits for a person. */
export type CallState = (typeof CALL_STATES)[number];

/** A recorded call, as events name it. */
export interface CallEvent {
  readonly kind: CallKind;
  /** Of the record. */
  readonly id: string;
  readonly service: string;
  readonly method: string;
  /** Calls so far, the one that the event is about included. */
  readonly attempt: number;
}

/** What `retryContext()` answers below a retried call. */
export interface RetryInfo {
  readonly kind: CallKind;
  /**
   * Calls so far, the first and this one included: 2 or more. 1 where a companion is the first to try (`retryEnqueue`), and
   * after a person requeued the record, which counts anew.
   */
  readonly attempt: number;
  /** Of the record. */
  readonly id: string;
}

/** What `callContext()` answers below a job, a call or a retry. */
export interface CallContext<Services = object> {
  readonly services: Services;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** The application's Sequelize over the same database. */
  readonly sequelize: Sequelize;
  /** undefined in the first execution. */
  readonly retry: RetryInfo | undefined;
}

/** What the companion `retryX` of an afterward method is handed. */
export interface RetryContext<Params extends readonly unknown[], ByType extends object> {
  readonly retryDataKey: string;
  /** In the order of the method's parameters. */
  readonly params: Params;
  /** The same by type: `byType.Order[0]` is the first parameter of type Order. */
  readonly byType: ByType;
  readonly attempt: number;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** What `with({ transaction })` answers: the record is written; the method runs after the commit. */
export interface OutboxReceipt {
  readonly id: string;
}

export interface OutboxOptions {
  /** Of a Sequelize over the same database. */
  readonly transaction: Transaction;
}

export interface ParamDefinition {
  readonly name: string;
  /** Key in `byType`: the name of a type, or string, number, boolean, array, object, null, unknown. */
  readonly type: string;
  readonly optional: boolean;
}

/** How calls of a method are recorded and retried, with every default filled in. */
export interface MethodRetry {
  readonly mode: CallKind;
  /** Names of error classes; `Error` is anything thrown. */
  readonly for: readonly string[];
  /** Attempts = 1 + maxRetries. */
  readonly maxRetries: number;
  readonly backoff: Backoff;
  /** What becomes of a first call whose instance died in it. Afterward records know only retry. */
  readonly onCrash: 'hold' | 'retry';
  /** Afterward: path of the caller's key, its first element the index of a parameter; null: the record's id. */
  readonly key: readonly [index: number, ...path: string[]] | null;
  /** How long finished records stay; null: for ever. */
  readonly keep: { readonly succeededMs: number | null; readonly deadMs: number | null };
  /** Retries of this method that one instance runs at once. */
  readonly concurrency: number;
  /** Does the implementation have `upcastX`, which turns arguments of older schemas into today's? */
  readonly upcast: boolean;
}

export interface MethodEntry {
  readonly params: readonly ParamDefinition[];
  /** Of the arguments, as an array. */
  readonly validate: Validator;
  /** SHA-256 (hex) of the parameters' schemas with their references: records of another hash have other arguments. */
  readonly argsHash: string;
  /** Where secrets are in the arguments: paths from the array on, `*` for any item or key: ['0', 'card', 'number']. */
  readonly secrets: readonly (readonly string[])[];
  /** null: called plainly, never recorded. */
  readonly retry: MethodRetry | null;
}

/** What a generated proxy calls. One a service. */
export interface ServiceCalls {
  /** The method, recorded as its retry says. */
  // biome-ignore lint/suspicious/noExplicitAny: the generated proxy gives it its type
  call(method: string, args: readonly unknown[]): Promise<any>;
  /** Writes the record only, in the caller's transaction; the method runs after its commit. */
  enqueue(options: OutboxOptions, method: string, args: readonly unknown[]): Promise<OutboxReceipt>;
  /** An afterward record by hand; in the caller's transaction if there is one. */
  retryEnqueue(options: Partial<OutboxOptions>, method: string, key: string, args: readonly unknown[]): Promise<void>;
}

export interface ServiceEntry<Implementation, Proxy> {
  readonly methods: { readonly [method: string]: MethodEntry };
  readonly proxy: (calls: ServiceCalls) => Proxy;
  /** Lazy, as handlers are. */
  readonly load: () => Promise<Implementation>;
}

/** A service as the runtime walks it. */
// biome-ignore lint/suspicious/noExplicitAny: implementations are generated interfaces
export type AnyServiceEntry = ServiceEntry<any, any>;

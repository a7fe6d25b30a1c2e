// A recorded call as the rest of the runtime hands it about: what was claimed, and how its execution ended.
// What must hold: an outcome is a value; running a record never rejects. What a record's state becomes of an outcome is
// settle's affair, what the outcome is belongs to whoever ran it.
import type { Database } from '../db/database.js';
import type { CallKind } from '../service-types.js';

/** A record of which this instance holds the claim. */
export interface ClaimedRecord {
  readonly kind: CallKind;
  /** UUIDv7. */
  readonly id: string;
  readonly service: string;
  readonly method: string;
  /** JSON of the arguments, secrets encrypted. */
  readonly args: string;
  /** Of the schemas they were checked by. */
  readonly argsHash: string;
  /** Calls so far, this one included. */
  readonly attempt: number;
  /** DEAD at attempt = 1 + maxRetries. */
  readonly maxRetries: number;
  /** Of the last error; null: it was only recorded, and never called nor given up. */
  readonly errorName: string | null;
  /** Names this claim; every later write demands it. */
  readonly claimKey: string;
  /** Afterward: the caller's key. Beforehand: null. */
  readonly retryDataKey: string | null;
  /** Afterward: how often newer arguments had replaced older ones when it was claimed. Beforehand: null. */
  readonly generation: number | null;
}

/** How one execution ended; `delayMs` is the wait before the next. */
export type CallOutcome =
  | { readonly state: 'SUCCEEDED' }
  | { readonly state: 'RETRY'; readonly delayMs: number; readonly error: unknown }
  | { readonly state: 'DEAD'; readonly error: unknown }
  /** Cut short: it may have had its effect; a person decides. */
  | { readonly state: 'UNKNOWN'; readonly error: unknown };

/** Executes one claimed record on this instance. Never rejects. */
export type RunRecord = (record: ClaimedRecord, signal: AbortSignal) => Promise<CallOutcome>;

/** The full name of the table that holds the records of a kind; safe to put into SQL. */
export function tableOf({ tables }: Database, kind: CallKind): string {
  return kind === 'beforehand' ? tables.job_beforehand_retry : tables.job_retry;
}

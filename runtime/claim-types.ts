// The shapes of claims that generated code, user code and the runtime share: what jobs.yaml says of a table's rows, and what
// the handler of such a job is handed. Beside types.ts, which has jobs. A leaf: types only.
import type { Transaction } from 'sequelize';
import type { JobContext } from './types.js';

/** How a column's value travels: as a number, a string, true or false, a Date, or anything that JSON can say. */
export type ClaimColumnKind = 'integer' | 'number' | 'string' | 'boolean' | 'date-time' | 'json';

/** A constant of jobs.yaml that a column is compared with or set to. */
export type ClaimValue = string | number | boolean | null;

/** One condition of `where`; all of them hold for a row that waits. */
export type ClaimCondition =
  | { readonly column: string; readonly is: 'equal'; readonly value: string | number | boolean }
  | { readonly column: string; readonly is: 'null' }
  | { readonly column: string; readonly is: 'in'; readonly values: readonly (string | number | boolean)[] }
  /** A time earlier than so many milliseconds ago, by the database's clock. */
  | { readonly column: string; readonly is: 'before'; readonly ms: number };

/** A claim as jobs.yaml declares it, with every default filled in. Plain data; every name is letters, digits and _. */
export interface ClaimDefinition {
  readonly table: string;
  /** The columns of the primary key, in its order. */
  readonly key: readonly string[];
  readonly where: readonly ClaimCondition[];
  readonly orderBy: readonly string[];
  /** Rows that a handler gets at once. */
  readonly batch: number;
  /** Batches that one instance works on at once. */
  readonly concurrency: number;
  readonly columns: { readonly [name: string]: ClaimColumnKind };
  readonly done: { readonly [column: string]: ClaimValue };
  /** null: a row is never given up. */
  readonly failed: { readonly [column: string]: ClaimValue } | null;
  /** How often a row is handed over before it is given up; null: no limit. */
  readonly maxAttempts: number | null;
  readonly attemptsColumn: string | null;
  /** Zone of date-time columns that do not say their own. */
  readonly timezone: string;
}

export interface SettleOptions {
  /** Of a Sequelize over the same database: effect and settlement then stand or fall together. */
  readonly transaction?: Transaction;
}

/**
 * What the handler of a job with a claim answers: what becomes of the rows that it has not settled itself. They are done, or
 * `released`: a later run gets them again.
 */
export type BatchResult = 'done' | 'released';

/** What the handler of a job with a claim receives, once a batch. */
export interface ClaimContext<Name extends string, Row, Services> extends JobContext<Name, undefined, Services> {
  /** This instance's own until they are settled; at least one. What is not settled when the handler returns becomes what it answers. */
  readonly rows: readonly Row[];
  /**
   * Settles one row as done. false: the application has changed the row meanwhile, so that it only loses its claim.
   * @throws DalJobError DJ7002 (no row of this batch, or settled before), DJ7003 (the row is no longer this instance's: roll back)
   */
  readonly done: (row: Row, options?: SettleOptions) => Promise<boolean>;
  /**
   * Takes one row out of the batch as failed. It is given up (`failed` of jobs.yaml) when its attempts are used up or none are
   * counted; else, and where nothing says how to give up, a later run gets it again. true: given up.
   * @throws DalJobError DJ7002, DJ7003
   */
  readonly fail: (row: Row, error: unknown, options?: SettleOptions) => Promise<boolean>;
  /** A transaction at READ COMMITTED of `sequelize`; what `work` throws rolls it back and is thrown again. */
  readonly transaction: <T>(work: (transaction: Transaction) => Promise<T>) => Promise<T>;
}

/** What became of the rows of a run. */
export interface RowCounts {
  /** Settled as done. */
  readonly done: number;
  /** Given up: `failed` of jobs.yaml. */
  readonly failed: number;
  /** Given back, for a later run. */
  readonly released: number;
  /** Changed by the application while they were claimed. */
  readonly changed: number;
}

export interface RowFailed {
  readonly job: string;
  /** The values of its primary key. */
  readonly key: readonly unknown[];
  readonly givenUp: boolean;
  readonly error: unknown;
}

export interface RowsGivenUp {
  readonly job: string;
  readonly count: number;
}

export interface RowsReleased {
  readonly table: string;
  /** The instance that is gone. */
  readonly owner: string;
  readonly count: number;
}

// What the rest of the runtime sees of a database: one interface, two implementations (mysql.ts, sqlite.ts).
// Every statement is bounded in time, every failure is a classified DatabaseError, and nothing here takes part in
// the application's transactions.
import type { Sequelize } from 'sequelize';
import type { Dialect } from './dialect.js';
import type { SqlValue, Step } from './step.js';
import type { TableName } from './tables.js';

export interface Database {
  /** SQL fragments that differ between servers. */
  readonly dialect: Dialect;
  /** Full table names with the prefix; safe to put into SQL. */
  readonly tables: Readonly<Record<TableName, string>>;
  /** The application's Sequelize over the same database. */
  readonly sequelize: Sequelize;
  /** One autocommit statement that reads. @throws DatabaseError */
  query<Row>(sql: string, values: readonly SqlValue[]): Promise<readonly Row[]>;
  /** One autocommit statement that writes; the number of rows changed. Not repeated on any error. @throws DatabaseError */
  execute(sql: string, values: readonly SqlValue[]): Promise<number>;
  /**
   * One transaction at READ COMMITTED (SQLite: BEGIN IMMEDIATE, synchronous). An error of kind `repeat` rolls back and
   * runs a fresh step, at most three times. A step that returns ROLLBACK is rolled back and the promise
   * resolves with it.
   * @throws DatabaseError; with `commitUnknown` true when COMMIT was sent and no reply came.
   */
  transaction<T>(step: () => Step<T | typeof ROLLBACK>): Promise<T | typeof ROLLBACK>;
  /** Ends every connection. Idempotent. */
  close(): Promise<void>;
}

/** Returned by a step that wants nothing of what it did to stay. */
export const ROLLBACK: unique symbol = Symbol('rollback');

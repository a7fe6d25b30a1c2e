// SQL fragments that differ between MySQL, MariaDB and SQLite.
export type DialectName = 'mysql' | 'mariadb' | 'sqlite';

export interface Dialect {
  readonly name: DialectName;
  /** SQL expression: UTC epoch milliseconds by the database's clock. */
  readonly now: string;
  /** SQL expression: the larger of two integer expressions. */
  greatest(a: string, b: string): string;
  /** Appended to a SELECT inside a transaction: `FOR UPDATE SKIP LOCKED`, or nothing on SQLite. */
  readonly forUpdateSkipLocked: string;
  /** Appended to a SELECT inside a transaction: `FOR UPDATE`, or nothing on SQLite. */
  readonly forUpdate: string;
  /** Appended to an INSERT so that an existing key is left as it is: `ON DUPLICATE KEY UPDATE name = name`, `ON CONFLICT DO NOTHING`. `column` is any column of the key. */
  keepExisting(column: string): string;
  /** After a table name in UPDATE: `FORCE INDEX (PRIMARY)` or nothing. */
  readonly byPrimaryKey: string;
}

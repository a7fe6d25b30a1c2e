// SQL fragments that differ between MySQL, MariaDB and SQLite.
// What must hold: `now` is UTC epoch milliseconds computed inside the statement, by the database's clock and by
// nothing else (docs/protocol.md, rule 1). Never put a value into these; values travel as placeholders.
export type DialectName = 'mysql' | 'mariadb' | 'sqlite';

export interface Dialect {
  readonly name: DialectName;
  /** SQL expression: UTC epoch milliseconds by the database's clock. A getter when a test owns the clock: never keep it. */
  readonly now: string;
  /** SQL expression: the larger of two integer expressions. NULL if one of them is NULL, on every dialect. */
  greatest(a: string, b: string): string;
  /** Appended to a SELECT inside a transaction: `FOR UPDATE SKIP LOCKED`, or nothing on SQLite. */
  readonly forUpdateSkipLocked: string;
  /** Appended to a SELECT inside a transaction: `FOR UPDATE`, or nothing on SQLite. */
  readonly forUpdate: string;
  /**
   * Appended to an INSERT so that an existing key is left as it is: `ON DUPLICATE KEY UPDATE name = name`,
   * `ON CONFLICT DO NOTHING`. `column` is any column of the key. Such a row counts as 0 changed. After
   * `INSERT … SELECT` SQLite demands a WHERE in the SELECT.
   */
  keepExisting(column: string): string;
  /** After a table name in UPDATE: `FORCE INDEX (PRIMARY)` or nothing. */
  readonly byPrimaryKey: string;
  /** After a table name in SELECT: read by that index and by no other. `index` is its full name. */
  byIndex(index: string): string;
}

const SERVER_NOW = "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) DIV 1000)";
const SQLITE_NOW = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

const onServer = {
  greatest: (a: string, b: string) => `GREATEST(${a}, ${b})`,
  forUpdateSkipLocked: 'FOR UPDATE SKIP LOCKED',
  forUpdate: 'FOR UPDATE',
  keepExisting: (column: string) => `ON DUPLICATE KEY UPDATE ${column} = ${column}`,
  byPrimaryKey: 'FORCE INDEX (PRIMARY)',
  byIndex: (index: string) => `FORCE INDEX (${index})`,
};

const onSqlite = {
  greatest: (a: string, b: string) => `max(${a}, ${b})`,
  forUpdateSkipLocked: '',
  forUpdate: '',
  keepExisting: () => 'ON CONFLICT DO NOTHING',
  byPrimaryKey: '',
  byIndex: (index: string) => `INDEXED BY ${index}`,
};

/** The fragments of one dialect. `nowMs` (a test's clock) replaces the database's clock by a literal number. */
export function dialectOf(name: DialectName, nowMs?: () => number): Dialect {
  const fragments = name === 'sqlite' ? onSqlite : onServer;
  const now = name === 'sqlite' ? SQLITE_NOW : SERVER_NOW;
  return {
    name,
    ...fragments,
    get now() {
      return nowMs === undefined ? now : String(Math.trunc(nowMs()));
    },
  };
}

// A connection of our own through the application's SQLite driver, whichever it is: Sequelize's dialect demands of every
// one the shape of the sqlite3 package.
// Why not ours: two copies of SQLite in one process do not see each other's file locks, and both would write at once. What
// must hold: every promise settles; errors carry the codes that `classify` knows; a busy file is waited for outside of
// the driver's threads. The file's journal mode is the application's own affair.
import { LOCK_WAIT_MS, retryBusy } from './sqlite-file.js';
import type { Reply, SqlValue } from './step.js';
import { checkValues } from './values.js';

type Done = (this: { readonly changes?: number }, error: Error | null, rows?: readonly unknown[]) => void;

interface RawConnection {
  run(sql: string, values: readonly SqlValue[], done: Done): unknown;
  all(sql: string, values: readonly SqlValue[], done: Done): unknown;
  close(done: (error: Error | null) => void): unknown;
}

/** The part of the sqlite3 package that is used. */
export interface Sqlite3Driver {
  readonly OPEN_READWRITE: number;
  readonly OPEN_CREATE: number;
  readonly Database: new (path: string, mode: number, opened: (error: Error | null) => void) => RawConnection;
}

/** How the application opens its file. */
export interface Sqlite3Settings {
  readonly lib: Sqlite3Driver;
  readonly mode: number;
  /** For encrypted files, as an SQL literal. */
  readonly key?: string;
}

export class Sqlite3Connection {
  readonly #raw: RawConnection;

  private constructor(raw: RawConnection) {
    this.#raw = raw;
  }

  /** Rejects with the driver's error. */
  static async open(path: string, { lib, mode, key }: Sqlite3Settings): Promise<Sqlite3Connection> {
    const raw = await new Promise<RawConnection>((resolve, reject) => {
      const connection: RawConnection = new lib.Database(path, mode, (error) =>
        error === null ? resolve(connection) : reject(withOurCode(error)),
      );
    });
    const connection = new Sqlite3Connection(raw);
    if (key !== undefined) await connection.send(`PRAGMA KEY=${key}`, []);
    await connection.send('PRAGMA synchronous = FULL', []);
    return connection;
  }

  /** One statement; while the file is locked, again and again. */
  send(sql: string, values: readonly SqlValue[]): Promise<Reply> {
    checkValues(sql, values);
    return retryBusy(() => this.#once(sql, values), LOCK_WAIT_MS);
  }

  /** Idempotent where the driver is; what it says is of no use any more. */
  close(): Promise<void> {
    return new Promise((resolve) => this.#raw.close(() => resolve()));
  }

  #once(sql: string, values: readonly SqlValue[]): Promise<Reply> {
    const how = /^\s*(SELECT|WITH|PRAGMA)\b/i.test(sql) ? 'all' : 'run';
    return new Promise((resolve, reject) => {
      this.#raw[how](sql, values, function (error, rows) {
        if (error !== null) return reject(withOurCode(error));
        resolve(how === 'all' ? { rows: rows ?? [], affected: 0 } : { rows: [], affected: this.changes ?? 0 });
      });
    });
  }
}

/** sqlite3 has the primary code only, and its number; which constraint it was, its message alone tells. */
function withOurCode(error: Error & { code?: string; errno?: number }): Error {
  const unique = error.code === 'SQLITE_CONSTRAINT' && /UNIQUE constraint failed/.test(error.message);
  const code = unique ? 'SQLITE_CONSTRAINT_UNIQUE' : error.code;
  return Object.assign(new Error(error.message, { cause: error }), code === undefined ? {} : { code });
}

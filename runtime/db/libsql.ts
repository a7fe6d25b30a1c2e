// libsql in the shape of the sqlite3 package, which Sequelize's SQLite dialect expects as its `dialectModule`.
// What must hold: the application's writers queue with the protocol's for the one writer of the file (BEGIN waits
// for it, a single write takes it for itself); a locked file is waited for asynchronously; connections are reused,
// since Sequelize asks for a new one for every transaction. Callbacks come later, never before a method has returned.
import type { SqliteConnection, SqliteFile } from './sqlite-file.js';
import { LOCK_WAIT_MS, readRows, retryBusy, runTransaction } from './sqlite-file.js';
import { toSqlite, withBuffers } from './sqlite-values.js';

type Callback = (this: Statement, error: Error | null, rows?: readonly unknown[]) => void;
type Parameters = readonly unknown[] | Readonly<Record<string, unknown>>;

interface Outcome {
  readonly rows: readonly unknown[];
  readonly statement: Statement;
}

/** `this` of every callback. Sequelize looks at its class's name. */
class Statement {
  readonly lastID: number;
  readonly changes: number;
  constructor(lastID: number, changes: number) {
    this.lastID = lastID;
    this.changes = changes;
  }
}

/** The `dialectModule` for Sequelize over this file. */
export function sqliteDialectModule(file: SqliteFile): object {
  return {
    OPEN_READONLY: 1,
    OPEN_READWRITE: 2,
    OPEN_CREATE: 4,
    Database: class Database extends SequelizeConnection {
      constructor(_storage: string, _mode: number, opened: (error: Error | null) => void) {
        super(file, opened);
      }
    },
  };
}

/** What Sequelize takes for an sqlite3 Database. */
class SequelizeConnection {
  /** Sequelize never releases a connection whose file name is `:memory:`. */
  readonly filename: string;
  readonly #file: SqliteFile;
  readonly #connection: Promise<SqliteConnection>;
  #inTransaction = false;
  #closed = false;

  constructor(file: SqliteFile, opened: (error: Error | null) => void) {
    this.filename = file.path;
    this.#file = file;
    this.#connection = file.take();
    this.#connection.then(() => opened(null), opened);
  }

  serialize(work: () => void): void {
    work();
  }

  run(sql: string, parameters?: Parameters | Callback, callback?: Callback): this {
    return this.#start(sql, parameters, callback);
  }

  all(sql: string, parameters?: Parameters | Callback, callback?: Callback): this {
    return this.#start(sql, parameters, callback);
  }

  get(sql: string, parameters?: Parameters | Callback, callback?: Callback): this {
    const first: Callback = function (error, rows) {
      callback?.call(this, error, rows?.[0] as never);
    };
    return this.#start(sql, parameters, first);
  }

  exec(sql: string, callback?: (error: Error | null) => void): this {
    this.#connection
      .then((connection) => this.#file.write(() => connection.exec(sql)))
      .then(
        () => callback?.(null),
        (error: Error) => callback?.(error),
      );
    return this;
  }

  close(callback?: (error: Error | null) => void): void {
    this.#close().then(
      () => callback?.(null),
      (error: Error) => callback?.(error),
    );
  }

  #start(sql: string, parameters: Parameters | Callback | undefined, callback: Callback | undefined): this {
    const done = typeof parameters === 'function' ? parameters : callback;
    const values = typeof parameters === 'function' ? [] : (parameters ?? []);
    this.#perform(sql, values).then(
      ({ rows, statement }) => done?.call(statement, null, rows),
      (error: Error) => done?.call(new Statement(0, 0), error),
    );
    return this;
  }

  async #perform(sql: string, parameters: Parameters): Promise<Outcome> {
    const connection = await this.#connection;
    const kind = kindOf(sql);
    if (kind === 'begin') return await this.#begin(connection);
    if (kind === 'end') return await this.#end(connection, sql);
    if (kind === 'alone') return await this.#file.write(() => execOn(connection, sql));
    if (this.#inTransaction) return runOn(connection, sql, parameters);
    if (kind === 'read') return outcomeOf(await readRows(connection, sql, toValues(parameters)));
    return await this.#file.write(() =>
      runTransaction(
        connection,
        () => runOn(connection, sql, parameters),
        () => true,
      ),
    );
  }

  // IMMEDIATE whatever was asked for: all of them wait for their turn to write, and a later write must not be busy.
  async #begin(connection: SqliteConnection): Promise<Outcome> {
    await this.#file.beginWrite();
    try {
      await retryBusy(() => connection.exec('BEGIN IMMEDIATE'), LOCK_WAIT_MS);
    } catch (error) {
      this.#file.endWrite();
      throw error;
    }
    this.#inTransaction = true;
    return NOTHING;
  }

  // After a COMMIT that failed (a deferred foreign key) the transaction is still open, and Sequelize lets go of it.
  async #end(connection: SqliteConnection, sql: string): Promise<Outcome> {
    try {
      if (connection.inTransaction) await retryBusy(() => connection.exec(sql), LOCK_WAIT_MS);
      return NOTHING;
    } finally {
      this.#leaveTransaction(connection);
    }
  }

  #leaveTransaction(connection: SqliteConnection): void {
    if (!this.#inTransaction) return;
    this.#inTransaction = false;
    if (connection.inTransaction) connection.exec('ROLLBACK');
    this.#file.endWrite();
  }

  async #close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const connection = await this.#connection;
    this.#leaveTransaction(connection);
    this.#file.giveBack(connection);
  }
}

const NOTHING: Outcome = { rows: [], statement: new Statement(0, 0) };

function kindOf(sql: string): 'begin' | 'end' | 'read' | 'alone' | 'write' {
  if (/^\s*BEGIN\b/i.test(sql)) return 'begin';
  if (/^\s*(COMMIT|END|ROLLBACK(?!\s+(TRANSACTION\s+)?TO\b))\b/i.test(sql)) return 'end';
  if (/^\s*(SELECT|PRAGMA|EXPLAIN|VALUES)\b/i.test(sql)) return 'read';
  if (/^\s*(VACUUM|ATTACH|DETACH)\b/i.test(sql)) return 'alone';
  return 'write';
}

function runOn(connection: SqliteConnection, sql: string, parameters: Parameters): Outcome {
  const statement = connection.prepare(sql);
  const values = toValues(parameters);
  if (!statement.reader) {
    const { changes, lastInsertRowid } = statement.run(values);
    return { rows: [], statement: new Statement(Number(lastInsertRowid), changes) };
  }
  return outcomeOf(statement.all(values));
}

function execOn(connection: SqliteConnection, sql: string): Outcome {
  connection.exec(sql);
  return NOTHING;
}

function outcomeOf(rows: readonly unknown[]): Outcome {
  return { rows: withBuffers(rows), statement: new Statement(0, rows.length) };
}

// Sequelize's names carry the `$`, libsql's do not.
function toValues(parameters: Parameters): unknown {
  if (Array.isArray(parameters)) return parameters.map(toSqlite);
  const named = Object.entries(parameters as Record<string, unknown>);
  return Object.fromEntries(named.map(([name, value]) => [name.replace(/^[$:@]/, ''), toSqlite(value)]));
}

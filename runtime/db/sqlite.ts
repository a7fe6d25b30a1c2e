// Database on SQLite: a step runs synchronously between BEGIN IMMEDIATE and COMMIT, with no await between.
// What must hold: nothing blocks the event loop while the file is locked; the process's writers, Sequelize's included,
// take turns. `affected` counts the rows that matched: SQLite does not compare. On MySQL it is the rows that
// changed. Every statement of the protocol changes each row it matches, so that the two are one.
// An answer comes in another turn of the event loop, as a server's does: a loop of statements would else let no timer, signal or
// socket through before its end. In memory there is one connection for everybody, so that even a read waits for an open transaction to end.
import type { Sequelize } from 'sequelize';
import { turn } from '../clock.js';
import { type Database, ROLLBACK } from './database.js';
import type { Dialect } from './dialect.js';
import { classify } from './errors.js';
import type { ApplicationSequelize } from './sequelize.js';
import { readRows, runTransaction, type SqliteConnection, type SqliteFile } from './sqlite-file.js';
import { toSqlite, withBuffers } from './sqlite-values.js';
import { affected, type Reply, type SqlValue, type Step } from './step.js';
import type { TableName } from './tables.js';
import { checkValues } from './values.js';

export interface SqliteDatabaseOptions {
  readonly dialect: Dialect;
  readonly tables: Readonly<Record<TableName, string>>;
  readonly file: SqliteFile;
  /** Taken from the file; the protocol's own. */
  readonly connection: SqliteConnection;
  /** Makes the application's Sequelize, when it is first asked for. */
  readonly makeSequelize: () => ApplicationSequelize;
}

export class SqliteDatabase implements Database {
  readonly dialect: Dialect;
  readonly tables: Readonly<Record<TableName, string>>;
  readonly #file: SqliteFile;
  readonly #connection: SqliteConnection;
  readonly #makeSequelize: () => ApplicationSequelize;
  #application: ApplicationSequelize | undefined;
  #closed = false;

  constructor(o: SqliteDatabaseOptions) {
    this.dialect = o.dialect;
    this.tables = o.tables;
    this.#file = o.file;
    this.#connection = o.connection;
    this.#makeSequelize = o.makeSequelize;
  }

  get sequelize(): Sequelize {
    this.#application ??= this.#makeSequelize();
    return this.#application.sequelize;
  }

  async query<Row>(sql: string, values: readonly SqlValue[]): Promise<readonly Row[]> {
    const reply = await this.#settle(() => this.#read(sql, values));
    return reply as readonly Row[];
  }

  async execute(sql: string, values: readonly SqlValue[]): Promise<number> {
    return (await this.transaction(() => affected(sql, values))) as number;
  }

  async transaction<T>(step: () => Step<T | typeof ROLLBACK>): Promise<T | typeof ROLLBACK> {
    const work = () => runTransaction(this.#connection, () => drive(this.#connection, step()), isKept);
    return await this.#settle(() => this.#file.write(work));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#application?.close();
    this.#file.giveBack(this.#connection);
    this.#file.close();
  }

  async #read(sql: string, values: readonly SqlValue[]): Promise<readonly unknown[]> {
    checkValues(sql, values);
    if (this.#file.inMemory) return await this.#file.write(() => run(this.#connection, sql, values).rows);
    return withBuffers(await readRows(this.#connection, sql, values.map(toSqlite)));
  }

  async #settle<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw classify(new Error('the database was closed'));
    try {
      return await work();
    } catch (error) {
      throw isDriverError(error) ? classify(error) : error;
    } finally {
      await turn();
    }
  }
}

function isKept(result: unknown): boolean {
  return result !== ROLLBACK;
}

function drive<T>(connection: SqliteConnection, step: Step<T>): T {
  let turn = step.next();
  while (turn.done !== true) turn = step.next(run(connection, turn.value.sql, turn.value.values));
  return turn.value;
}

function run(connection: SqliteConnection, sql: string, values: readonly SqlValue[]): Reply {
  checkValues(sql, values);
  const statement = connection.prepare(sql);
  const parameters = values.map(toSqlite);
  if (statement.reader) return { rows: withBuffers(statement.all(parameters)), affected: 0 };
  return { rows: [], affected: statement.run(parameters).changes };
}

export function isDriverError(error: unknown): boolean {
  const { name, code } = error as { name?: string; code?: unknown };
  return name === 'SqliteError' || (typeof code === 'string' && code.startsWith('SQLITE_'));
}

// Database on SQLite through the application's own driver, for an application that hands in its Sequelize instance.
// What must hold: two connections, one that writes and one that reads, so that a read waits for nobody; one writing
// transaction at a time; BEGIN IMMEDIATE, so that only BEGIN waits for the application's writers; after any error
// inside a transaction it is rolled back before the next begins.
import type { Sequelize } from 'sequelize';
import { type Database, ROLLBACK } from './database.js';
import type { Dialect } from './dialect.js';
import { classify } from './errors.js';
import { Permits } from './permits.js';
import { isDriverError } from './sqlite.js';
import { busy, LOCK_WAIT_MS } from './sqlite-file.js';
import { Sqlite3Connection, type Sqlite3Settings } from './sqlite3.js';
import { affected, type SqlValue, type Step } from './step.js';
import type { TableName } from './tables.js';

export interface DriverSqliteOptions {
  readonly dialect: Dialect;
  readonly tables: Readonly<Record<TableName, string>>;
  readonly sequelize: Sequelize;
  readonly path: string;
  readonly driver: Sqlite3Settings;
}

interface Connections {
  readonly writer: Sqlite3Connection;
  readonly reader: Sqlite3Connection;
}

export class DriverSqliteDatabase implements Database {
  readonly dialect: Dialect;
  readonly tables: Readonly<Record<TableName, string>>;
  readonly sequelize: Sequelize;
  readonly #writer: Sqlite3Connection;
  readonly #reader: Sqlite3Connection;
  readonly #turn = new Permits(1);
  #closed = false;

  private constructor({ dialect, tables, sequelize }: DriverSqliteOptions, { writer, reader }: Connections) {
    this.dialect = dialect;
    this.tables = tables;
    this.sequelize = sequelize;
    this.#writer = writer;
    this.#reader = reader;
  }

  /** Rejects with the driver's error. */
  static async open(options: DriverSqliteOptions): Promise<DriverSqliteDatabase> {
    const { path, driver } = options;
    const writer = await Sqlite3Connection.open(path, driver);
    const reader = await Sqlite3Connection.open(path, driver).catch(async (error: unknown) => {
      await writer.close();
      throw error;
    });
    return new DriverSqliteDatabase(options, { writer, reader });
  }

  async query<Row>(sql: string, values: readonly SqlValue[]): Promise<readonly Row[]> {
    return await this.#settle(async () => (await this.#reader.send(sql, values)).rows as readonly Row[]);
  }

  async execute(sql: string, values: readonly SqlValue[]): Promise<number> {
    return (await this.transaction(() => affected(sql, values))) as number;
  }

  async transaction<T>(step: () => Step<T | typeof ROLLBACK>): Promise<T | typeof ROLLBACK> {
    return await this.#settle(async () => {
      if (!(await this.#turn.take(LOCK_WAIT_MS))) throw busy(`a transaction was open for ${LOCK_WAIT_MS} ms`);
      try {
        return await this.#runOnce(step());
      } finally {
        this.#turn.give();
      }
    });
  }

  /** The application's Sequelize stays open. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#turn.take(LOCK_WAIT_MS); // never given back: nothing is written after the end
    await Promise.all([this.#writer.close(), this.#reader.close()]);
  }

  async #runOnce<T>(step: Step<T | typeof ROLLBACK>): Promise<T | typeof ROLLBACK> {
    const writer = this.#writer;
    await writer.send('BEGIN IMMEDIATE', []);
    try {
      let turn = step.next();
      while (turn.done !== true) turn = step.next(await writer.send(turn.value.sql, turn.value.values));
      await writer.send(turn.value === ROLLBACK ? 'ROLLBACK' : 'COMMIT', []);
      return turn.value;
    } catch (error) {
      await writer.send('ROLLBACK', []).catch(() => {}); // where the error has ended it already, there is none
      throw error;
    }
  }

  async #settle<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw classify(new Error('the database was closed'));
    try {
      return await work();
    } catch (error) {
      throw isDriverError(error) ? classify(error) : error;
    }
  }
}

// One connection and nothing else, for the heartbeat's worker thread: no Sequelize, no pool.
// What must hold: each execute either answers or rejects within the limit, connecting included, and never both; after
// an error the next one connects anew. A heartbeat that hangs is a lease lost.
import { stopwatch, systemClock } from '../clock.js';
import { DalJobError } from '../errors.js';
import { within } from './deadline.js';
import { classify, timedOut } from './errors.js';
import { type ConnectOptions, connect, loadMysql, type MysqlConnection } from './mysql-connection.js';
import { Permits } from './permits.js';
import {
  isBusy,
  loadSqlite,
  openSqlite,
  retryBusy,
  runTransaction,
  type SqliteConnection,
  type SqliteDriver,
} from './sqlite-file.js';
import { toSqlite } from './sqlite-values.js';
import type { SqlValue } from './step.js';
import { asDatabaseUrl, type DatabaseUrl, IN_MEMORY, type ServerUrl } from './url.js';
import { checkValues } from './values.js';

export interface BareOptions {
  readonly url: string | DatabaseUrl;
  /** Limit of each execute, connecting included. */
  readonly statementTimeoutMs: number;
}

export interface Bare {
  /** One autocommit statement; the number of rows changed. Calls queue. @throws DatabaseError */
  execute(sql: string, values: readonly SqlValue[]): Promise<number>;
  /** Idempotent. */
  close(): Promise<void>;
}

/**
 * Loads the driver; connects at the first execute.
 * @throws DalJobError DJ2001, DJ2002; DJ2010 for an in-memory database, which has no second connection
 */
export async function openBare(o: BareOptions): Promise<Bare> {
  const url = asDatabaseUrl(o.url);
  if (url.kind === 'server') return new BareServer({ driver: await loadMysql(), url, limitMs: o.statementTimeoutMs });
  if (url.path === IN_MEMORY) throw new DalJobError('DJ2010', 'An in-memory database has only one connection.');
  return new BareSqlite(await loadSqlite(), url.path, o.statementTimeoutMs);
}

class BareServer implements Bare {
  readonly #options: ConnectOptions & { readonly url: ServerUrl };
  readonly #turn = new Permits(1);
  #connection: MysqlConnection | undefined;

  constructor(options: ConnectOptions) {
    this.#options = options;
  }

  async execute(sql: string, values: readonly SqlValue[]): Promise<number> {
    let wanted = true;
    try {
      return await within({
        what: 'a statement',
        limitMs: this.#options.limitMs,
        start: () => this.#inTurn(sql, values, () => wanted),
        giveUp: () => {
          wanted = false;
          this.#connection?.destroy();
        },
      });
    } catch (error) {
      const known = classify(error);
      if (known.kind === 'reconnect' || known.kind === 'bug') this.#connection?.destroy();
      throw known;
    }
  }

  async close(): Promise<void> {
    await this.#connection?.end();
  }

  // A statement whose caller has been told that it failed is not sent any more.
  async #inTurn(sql: string, values: readonly SqlValue[], wanted: () => boolean): Promise<number> {
    const { limitMs } = this.#options;
    if (!(await this.#turn.take(limitMs))) throw timedOut('the statement before this one', limitMs);
    try {
      if (this.#connection?.usable !== true) this.#connection = await connect(this.#options);
      if (!wanted()) throw timedOut('the connection request', limitMs);
      return (await this.#connection.send(sql, values)).affected;
    } finally {
      this.#turn.give();
    }
  }
}

class BareSqlite implements Bare {
  readonly #driver: SqliteDriver;
  readonly #path: string;
  readonly #limitMs: number;
  #connection: SqliteConnection | undefined;

  constructor(driver: SqliteDriver, path: string, limitMs: number) {
    this.#driver = driver;
    this.#path = path;
    this.#limitMs = limitMs;
  }

  async execute(sql: string, values: readonly SqlValue[]): Promise<number> {
    checkValues(sql, values);
    const elapsedMs = stopwatch(systemClock);
    try {
      this.#connection ??= await openSqlite(this.#driver, this.#path, this.#limitMs);
      const connection = this.#connection;
      const run = () => connection.prepare(sql).run(values.map(toSqlite)).changes;
      const write = () => runTransaction(connection, run, () => true);
      return await retryBusy(write, this.#limitMs - elapsedMs());
    } catch (error) {
      if (!isBusy(error)) await this.close();
      throw classify(error);
    }
  }

  async close(): Promise<void> {
    this.#connection?.close();
    this.#connection = undefined;
  }
}

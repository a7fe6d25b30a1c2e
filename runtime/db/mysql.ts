// Database on MySQL and MariaDB: steps driven over round trips, at READ COMMITTED, on connections of our own.
// What must hold: after any error inside a transaction it is rolled back, or its connection destroyed, before anything
// else happens (after 1205 a COMMIT would keep the other half); a statement is never repeated, only a whole
// transaction, and only when the server said that nothing of it stands.
import type { Sequelize } from 'sequelize';
import { type Database, ROLLBACK } from './database.js';
import type { Dialect } from './dialect.js';
import { classify, DatabaseError, serverAnswered } from './errors.js';
import type { MysqlConnection } from './mysql-connection.js';
import type { MysqlPool } from './mysql-pool.js';
import type { ApplicationSequelize } from './sequelize.js';
import type { Reply, SqlValue, Step } from './step.js';
import type { TableName } from './tables.js';

export interface MysqlDatabaseOptions {
  readonly dialect: Dialect;
  readonly tables: Readonly<Record<TableName, string>>;
  readonly pool: MysqlPool;
  /** Makes the application's Sequelize, when it is first asked for. */
  readonly makeSequelize: () => ApplicationSequelize;
}

const RUNS_OF_A_TRANSACTION = 3;
const REPEAT_DELAY_MS = 30;

export class MysqlDatabase implements Database {
  readonly dialect: Dialect;
  readonly tables: Readonly<Record<TableName, string>>;
  readonly #pool: MysqlPool;
  readonly #makeSequelize: () => ApplicationSequelize;
  #application: ApplicationSequelize | undefined;
  #closed = false;

  constructor(o: MysqlDatabaseOptions) {
    this.dialect = o.dialect;
    this.tables = o.tables;
    this.#pool = o.pool;
    this.#makeSequelize = o.makeSequelize;
  }

  get sequelize(): Sequelize {
    this.#application ??= this.#makeSequelize();
    return this.#application.sequelize;
  }

  async query<Row>(sql: string, values: readonly SqlValue[]): Promise<readonly Row[]> {
    const reply = await this.#single(sql, values, false);
    return reply.rows as readonly Row[];
  }

  async execute(sql: string, values: readonly SqlValue[]): Promise<number> {
    const reply = await this.#single(sql, values, true);
    return reply.affected;
  }

  async transaction<T>(step: () => Step<T | typeof ROLLBACK>): Promise<T | typeof ROLLBACK> {
    for (let run = 1; ; run += 1) {
      try {
        return await this.#runOnce(step());
      } catch (error) {
        if (!mayRepeat(error) || run === RUNS_OF_A_TRANSACTION) throw error;
        await delay(REPEAT_DELAY_MS * run * (0.5 + Math.random()));
      }
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([this.#pool.close(), this.#application?.close()]);
  }

  async #single(sql: string, values: readonly SqlValue[], writes: boolean): Promise<Reply> {
    const connection = await this.#take();
    try {
      return await connection.send(sql, values);
    } catch (error) {
      throw discard(connection, error, writes);
    } finally {
      this.#pool.give(connection);
    }
  }

  async #runOnce<T>(step: Step<T | typeof ROLLBACK>): Promise<T | typeof ROLLBACK> {
    const connection = await this.#take();
    try {
      await send(connection, 'START TRANSACTION');
      const result = await drive(connection, step);
      if (result === ROLLBACK) await undo(connection);
      else await commit(connection);
      return result;
    } catch (error) {
      await undo(connection);
      throw error;
    } finally {
      this.#pool.give(connection);
    }
  }

  #take(): Promise<MysqlConnection> {
    return this.#pool.take().catch((error: unknown) => {
      throw classify(error);
    });
  }
}

async function drive<T>(connection: MysqlConnection, step: Step<T>): Promise<T> {
  let turn = step.next();
  while (turn.done !== true) turn = step.next(await send(connection, turn.value.sql, turn.value.values));
  return turn.value;
}

async function send(connection: MysqlConnection, sql: string, values: readonly SqlValue[] = []): Promise<Reply> {
  try {
    return await connection.send(sql, values);
  } catch (error) {
    const classified = classify(error);
    if (classified.kind === 'reconnect') connection.destroy();
    throw classified;
  }
}

// Refused for a reason to repeat, nothing stands. After any other error nobody knows.
async function commit(connection: MysqlConnection): Promise<void> {
  try {
    await connection.send('COMMIT', []);
  } catch (error) {
    const known = classify(error);
    if (known.kind === 'repeat') throw known;
    connection.destroy();
    throw classify(known.cause, { commitUnknown: true });
  }
}

async function undo(connection: MysqlConnection): Promise<void> {
  if (!connection.usable) return;
  await connection.send('ROLLBACK', []).catch(() => connection.destroy());
}

function discard(connection: MysqlConnection, error: unknown, writes: boolean): DatabaseError {
  const known = classify(error);
  if (known.kind === 'reconnect' || known.kind === 'bug') connection.destroy();
  if (!writes || serverAnswered(known) || known.kind === 'bug') return known;
  return classify(known.cause, { commitUnknown: true });
}

function mayRepeat(error: unknown): boolean {
  return error instanceof DatabaseError && error.kind === 'repeat';
}

function delay(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

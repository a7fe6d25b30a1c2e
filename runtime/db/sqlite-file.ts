// One SQLite database as this process sees it: its connections, its one writer, and what to do when it is locked.
// What must hold: every connection has WAL, synchronous=FULL and no busy wait, because a locked file must never block
// the event loop: SQLITE_BUSY is tried again after a short, jittered wait. Writers of this process queue for one
// permit, so that only other processes make it busy. An in-memory database has one connection for everybody.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DalJobError } from '../errors.js';
import { Permits } from './permits.js';
import { IN_MEMORY } from './url.js';

/** The part of libsql that is used; better-sqlite3 has it, too. */
export interface SqliteConnection {
  prepare(sql: string): {
    readonly reader: boolean;
    all(parameters: unknown): unknown[];
    run(parameters: unknown): { changes: number; lastInsertRowid: number | bigint };
  };
  exec(sql: string): unknown;
  close(): unknown;
  readonly inTransaction: boolean;
}

export interface SqliteDriver {
  new (path: string, options: { timeout: number }): SqliteConnection;
}

/** How long a writer waits for its turn, in this process and among processes, each. */
export const LOCK_WAIT_MS = 10_000;
const MAX_IDLE = 8;

/** @throws DalJobError DJ2002 */
export async function loadSqlite(): Promise<SqliteDriver> {
  try {
    const module = await import('libsql');
    return module.default as unknown as SqliteDriver;
  } catch (cause) {
    throw new DalJobError('DJ2002', 'The SQLite driver is not installed: npm i libsql', { cause });
  }
}

export class SqliteFile {
  readonly path: string;
  readonly #driver: SqliteDriver;
  readonly #idle: SqliteConnection[] = [];
  readonly #writer = new Permits(1);
  #shared: SqliteConnection | undefined;
  #closed = false;

  constructor(driver: SqliteDriver, path: string) {
    this.#driver = driver;
    this.path = path;
  }

  get inMemory(): boolean {
    return this.path === IN_MEMORY;
  }

  /** A connection until `giveBack`: an idle one (opening costs about 3 ms), else a new one. Rejects with the driver's error. */
  async take(): Promise<SqliteConnection> {
    if (this.#closed) throw new Error('the database was closed');
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    if (!this.inMemory) return await this.#open();
    this.#shared ??= await this.#open();
    return this.#shared;
  }

  giveBack(connection: SqliteConnection): void {
    if (connection === this.#shared) return;
    if (connection.inTransaction) connection.exec('ROLLBACK');
    if (this.#closed || this.#idle.length >= MAX_IDLE) connection.close();
    else this.#idle.push(connection);
  }

  /** Resolves when this process's writer is the caller, who must call `endWrite`. Rejects as SQLite would: SQLITE_BUSY. */
  async beginWrite(): Promise<void> {
    if (await this.#writer.take(LOCK_WAIT_MS)) return;
    throw busy(`another transaction of this process has been open for ${LOCK_WAIT_MS} ms`);
  }

  endWrite(): void {
    this.#writer.give();
  }

  /** Runs synchronous work as this process's only writer, again while another process holds the lock. */
  async write<T>(work: () => T): Promise<T> {
    await this.beginWrite();
    try {
      return await retryBusy(work, LOCK_WAIT_MS);
    } finally {
      this.endWrite();
    }
  }

  /** Closes every connection that was given back. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const connection of this.#idle.splice(0)) connection.close();
    this.#shared?.close();
    this.#shared = undefined;
  }

  async #open(): Promise<SqliteConnection> {
    if (!this.inMemory) mkdirSync(dirname(this.path), { recursive: true });
    return await openSqlite(this.#driver, this.path);
  }
}

/** A connection with our settings. Rejects with the driver's error. */
export async function openSqlite(
  driver: SqliteDriver,
  path: string,
  limitMs = LOCK_WAIT_MS,
): Promise<SqliteConnection> {
  const connection = new driver(path, { timeout: 0 });
  try {
    await retryBusy(() => connection.prepare('PRAGMA journal_mode = WAL').all([]), limitMs);
    connection.exec('PRAGMA synchronous = FULL');
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/**
 * Runs synchronous work as one transaction; whatever is thrown, by COMMIT too, leaves nothing of it. Single writes go this
 * way as well: a prepared write that meets SQLITE_BUSY stays active in libsql until it is collected, and bars DROP TABLE
 * and holds an old snapshot until then. BEGIN through exec() has no such remains.
 */
export function runTransaction<T>(connection: SqliteConnection, work: () => T, keep: (result: T) => boolean): T {
  connection.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    connection.exec(keep(result) ? 'COMMIT' : 'ROLLBACK');
    return result;
  } catch (error) {
    if (connection.inTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

/** Reads; a statement that was busy is run again, not prepared again, so that none is left active. */
export async function readRows(connection: SqliteConnection, sql: string, parameters: unknown): Promise<unknown[]> {
  let statement: ReturnType<SqliteConnection['prepare']> | undefined;
  return await retryBusy(() => {
    statement ??= connection.prepare(sql);
    return statement.all(parameters);
  }, LOCK_WAIT_MS);
}

/** Runs work until the file is not locked; after limitMs the last SQLITE_BUSY is thrown. */
export async function retryBusy<T>(work: () => T | Promise<T>, limitMs: number): Promise<T> {
  const start = performance.now();
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isBusy(error) || performance.now() - start >= limitMs) throw error;
      await jitteredWait(attempt);
    }
  }
}

/** Also the extended codes (SQLITE_BUSY_SNAPSHOT, …), which come with a code of their own. */
export function isBusy(error: unknown): boolean {
  const { code, rawCode } = error as { code?: string; rawCode?: number };
  return code?.startsWith('SQLITE_BUSY') === true || (rawCode !== undefined && (rawCode & 0xff) === 5);
}

function jitteredWait(attempt: number): Promise<void> {
  const longestMs = Math.min(2 ** attempt, 25);
  return new Promise((resolve) => setTimeout(resolve, longestMs * (0.5 + Math.random())));
}

/** As SQLite would say it. */
export function busy(message: string): Error {
  return Object.assign(new Error(`database is locked: ${message}`), { code: 'SQLITE_BUSY' });
}

// One connection of the protocol to MySQL or MariaDB: how it is made, set up, used and thrown away.
// What must hold: every promise settles within the limit; a connection that missed a deadline or met a fatal error is
// destroyed at once and never used again; every session has the settings of docs/protocol.md, rule 5.
// Never a prepared statement (text protocol, one round trip), never more than one statement in flight.
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { Connection, ConnectionOptions } from 'mysql2';
import { DalJobError } from '../errors.js';
import { within } from './deadline.js';
import { timedOut } from './errors.js';
import type { Reply, SqlValue } from './step.js';
import type { ServerUrl } from './url.js';
import { checkValues } from './values.js';

/** The part of mysql2 that is used. */
export interface MysqlDriver {
  createConnection(options: ConnectionOptions): Connection;
}

export interface ConnectOptions {
  readonly driver: MysqlDriver;
  readonly url: ServerUrl;
  /** For connecting as a whole, and for each statement. */
  readonly limitMs: number;
  /** Sent after the usual settings: `SET SESSION …`. */
  readonly moreSettings?: readonly string[];
}

// The mode is fixed, too: nothing may be cut silently, and mysql2 escapes with backslashes.
const SETTINGS: readonly string[] = [
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  "SET SESSION time_zone = '+00:00', innodb_lock_wait_timeout = 2, wait_timeout = 10," +
    " sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
];

/** @throws DalJobError DJ2002 */
export async function loadMysql(): Promise<MysqlDriver> {
  try {
    return createRequire(import.meta.url)('mysql2'); // `import` would read the whole package once more for its names
  } catch (cause) {
    throw new DalJobError('DJ2002', 'The MySQL driver is not installed: npm i mysql2', { cause });
  }
}

/** What mysql2 needs to reach the server; the same for our own connections and for Sequelize's. */
export function addressOf(url: ServerUrl): ConnectionOptions {
  return {
    ...(url.socketPath === undefined ? { host: url.host, port: url.port } : { socketPath: url.socketPath }),
    user: url.user,
    password: url.password,
    database: url.database,
    ...(url.ssl === undefined ? {} : { ssl: typeof url.ssl === 'string' ? url.ssl : { ...url.ssl } }),
  };
}

/** mysql2's declarations leave it out. */
export function socketOf(connection: Connection): Socket {
  return (connection as unknown as { stream: Socket }).stream;
}

/** Connects and sets the session up. Rejects with the driver's error, or with a timeout. */
export function connect(o: ConnectOptions): Promise<MysqlConnection> {
  const raw = o.driver.createConnection({
    ...addressOf(o.url),
    flags: ['-FOUND_ROWS'], // affected rows are changed rows, as in Sequelize
    timezone: 'Z',
    supportBigNumbers: true,
    decimalNumbers: true, // SUM() is a DECIMAL
    connectTimeout: o.limitMs,
  });
  const connection = new MysqlConnection(raw, o.limitMs);
  return within({
    what: 'the connection request',
    limitMs: o.limitMs,
    start: () => setUp(raw, connection, o.moreSettings ?? []),
    giveUp: () => connection.destroy(),
  }).catch((error: unknown) => {
    connection.destroy();
    throw error;
  });
}

async function setUp(
  raw: Connection,
  connection: MysqlConnection,
  moreSettings: readonly string[],
): Promise<MysqlConnection> {
  await new Promise<void>((resolve, reject) => raw.connect((error) => (error ? reject(error) : resolve())));
  for (const sql of [...SETTINGS, ...moreSettings]) await connection.send(sql, []);
  return connection;
}

export class MysqlConnection {
  readonly #raw: Connection;
  readonly #limitMs: number;
  #usable = true;
  #abandon: ((error: Error) => void) | undefined;

  constructor(raw: Connection, limitMs: number) {
    this.#raw = raw;
    this.#limitMs = limitMs;
    const lost = (): void => this.destroy();
    // Also keeps the driver from throwing what it has no statement to give it to.
    raw.on('error', lost);
    raw.on('end', lost);
  }

  get usable(): boolean {
    return this.#usable;
  }

  /** One statement, one round trip. Rejects with the driver's error; after a timeout or a fatal one this is destroyed. */
  async send(sql: string, values: readonly SqlValue[]): Promise<Reply> {
    checkValues(sql, values);
    try {
      return await within({
        what: firstWord(sql),
        limitMs: this.#limitMs,
        start: () => this.#start(sql, values),
        giveUp: () => this.destroy(),
      });
    } catch (error) {
      if (isFatal(error)) this.destroy();
      throw error;
    }
  }

  #start(sql: string, values: readonly SqlValue[]): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#abandon = reject;
      if (!this.#usable) return reject(connectionLost());
      this.#raw.query({ sql, values: [...values] }, (error, result) => {
        this.#abandon = undefined;
        if (error) reject(error);
        else resolve(toReply(result));
      });
    });
  }

  /** Closes the socket without a word. What is in flight rejects: the driver would leave it open for ever. */
  destroy(): void {
    if (!this.#usable) return;
    this.#usable = false;
    this.#raw.destroy();
    // destroy() only half-closes: with a frozen server the socket would keep the process alive.
    socketOf(this.#raw).destroy();
    this.#abandon?.(connectionLost());
  }

  /** Says goodbye, so that the server logs no aborted connection. Settles within the limit. */
  async end(): Promise<void> {
    if (!this.#usable) return;
    const goodbye = () => new Promise<void>((resolve) => this.#raw.end(() => resolve()));
    await within({ what: 'QUIT', limitMs: this.#limitMs, start: goodbye, giveUp: () => {} }).catch(() => {});
    this.destroy();
  }
}

/** The time to wait for a free connection ran out. */
export function noFreeConnection(limitMs: number): Error {
  return timedOut('the wait for a free connection', limitMs);
}

function toReply(result: unknown): Reply {
  if (Array.isArray(result)) return { rows: result, affected: 0 };
  return { rows: [], affected: (result as { affectedRows: number }).affectedRows };
}

function isFatal(error: unknown): boolean {
  return (error as { fatal?: boolean }).fatal === true;
}

function connectionLost(): Error {
  return Object.assign(new Error('the connection was closed'), { code: 'PROTOCOL_CONNECTION_LOST', fatal: true });
}

function firstWord(sql: string): string {
  return /^\s*\w+/.exec(sql)?.[0].trim() ?? 'a statement';
}

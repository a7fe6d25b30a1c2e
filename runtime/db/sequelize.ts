// How the application's Sequelize is made: one for MySQL and MariaDB (the mysql dialect over mysql2, for both), one for
// SQLite over libsql. What must hold: UTC, no repeats of single statements, nothing logged. Loaded when it is first
// asked for, so that start-up stays cheap, and only ever given a driver that was loaded by us: a user of SQLite need
// not have mysql2. The protocol's own statements never go through it.
import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { Connection } from 'mysql2';
import type { Options, Sequelize } from 'sequelize';
import { DalJobError } from '../errors.js';
import { within } from './deadline.js';
import { sqliteDialectModule } from './libsql.js';
import { addressOf, type MysqlDriver, socketOf } from './mysql-connection.js';
import type { SqliteFile } from './sqlite-file.js';
import type { ServerUrl } from './url.js';

const COMMON = {
  timezone: '+00:00',
  logging: false,
  retry: { max: 0 },
} as const;

export interface ApplicationSequelize {
  readonly sequelize: Sequelize;
  /** Ends every connection of it, also those in use and those whose server is silent, within a second or so. */
  close(): Promise<void>;
}

const CLOSE_LIMIT_MS = 1000;

/** @throws DalJobError DJ2002 */
export function sequelizeOnServer(driver: MysqlDriver, url: ServerUrl): ApplicationSequelize {
  const { host, port, user, password, database, ...dialectOptions } = addressOf(url);
  const open = new Set<Connection>();
  const sequelize = make({
    ...COMMON,
    dialect: 'mysql',
    dialectModule: tracked(driver, open),
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    username: user ?? '',
    password: password ?? '',
    database: database ?? '',
    dialectOptions: { ...dialectOptions, connectTimeout: 5000 },
    pool: { max: 10 },
  });
  return { sequelize, close: () => closeAll(sequelize, open) };
}

/** @throws DalJobError DJ2002 */
export function sequelizeOnSqlite(file: SqliteFile): ApplicationSequelize {
  const sequelize = make({
    ...COMMON,
    dialect: 'sqlite',
    dialectModule: sqliteDialectModule(file),
    storage: file.path,
    transactionType: 'IMMEDIATE' as Exclude<Options['transactionType'], undefined>,
  });
  return { sequelize, close: () => sequelize.close() };
}

function tracked(driver: MysqlDriver, open: Set<Connection>): MysqlDriver {
  return {
    createConnection(options) {
      const connection = driver.createConnection(options);
      open.add(connection);
      socketOf(connection).once('close', () => open.delete(connection));
      return connection;
    },
  };
}

// Sequelize's close() waits for connections in use for ever, and does not wait for the goodbyes of the others.
async function closeAll(sequelize: Sequelize, open: ReadonlySet<Connection>): Promise<void> {
  const ended = async () => {
    await sequelize.close();
    await Promise.all([...open].map((connection) => once(socketOf(connection), 'close')));
  };
  await within({ what: 'QUIT', limitMs: CLOSE_LIMIT_MS, start: ended, giveUp: () => {} }).catch(() => {});
  for (const connection of open) socketOf(connection).destroy();
}

function make(options: Options): Sequelize {
  const { Sequelize: Constructor } = load();
  return new Constructor(options);
}

function load(): typeof import('sequelize') {
  try {
    return createRequire(import.meta.url)('sequelize');
  } catch (cause) {
    throw new DalJobError('DJ2002', 'Sequelize is not installed: npm i sequelize', { cause });
  }
}

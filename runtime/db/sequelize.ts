// How the application's Sequelize is made: one for MySQL and MariaDB (the mysql dialect over mysql2, for both), one for
// SQLite over libsql. What must hold: UTC, no repeats of single statements, nothing logged. Loaded when it is first
// asked for, so that start-up stays cheap, and only ever given a driver that was loaded by us: a user of SQLite need
// not have mysql2. The protocol's own statements never go through it.
import { createRequire } from 'node:module';
import type { Options, Sequelize } from 'sequelize';
import { DalJobError } from '../errors.js';
import { sqliteDialectModule } from './libsql.js';
import { addressOf, type MysqlDriver } from './mysql-connection.js';
import type { SqliteFile } from './sqlite-file.js';
import type { ServerUrl } from './url.js';

const COMMON = {
  timezone: '+00:00',
  logging: false,
  retry: { max: 0 },
} as const;

/** @throws DalJobError DJ2002 */
export function sequelizeOnServer(driver: MysqlDriver, url: ServerUrl): Sequelize {
  const { host, port, user, password, database, ...dialectOptions } = addressOf(url);
  return make({
    ...COMMON,
    dialect: 'mysql',
    dialectModule: driver,
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    username: user ?? '',
    password: password ?? '',
    database: database ?? '',
    dialectOptions: { ...dialectOptions, connectTimeout: 5000 },
    pool: { max: 10 },
  });
}

/** @throws DalJobError DJ2002 */
export function sequelizeOnSqlite(file: SqliteFile): Sequelize {
  return make({
    ...COMMON,
    dialect: 'sqlite',
    dialectModule: sqliteDialectModule(file),
    storage: file.path,
    transactionType: 'IMMEDIATE' as Exclude<Options['transactionType'], undefined>,
  });
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

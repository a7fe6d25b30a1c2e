// The one way to a Database: reads the URL, loads the driver, checks the server, hands back what the protocol uses.
// What must hold: whatever makes this database unfit is one DalJobError from here, before anything is registered;
// no message holds a password; a failed start leaves no connection open.
import type { Sequelize } from 'sequelize';
import { DalJobError } from '../errors.js';
import type { Database } from './database.js';
import { checkSqlite, detectServer, type ServerKind, unreachable } from './detect.js';
import { dialectOf } from './dialect.js';
import { DriverSqliteDatabase, type DriverSqliteOptions } from './driver-sqlite.js';
import { MysqlDatabase } from './mysql.js';
import { type ConnectOptions, connect, loadMysql, type MysqlConnection } from './mysql-connection.js';
import { MysqlPool } from './mysql-pool.js';
import { type ApplicationSequelize, sequelizeOnServer, sequelizeOnSqlite } from './sequelize.js';
import { SqliteDatabase } from './sqlite.js';
import { loadSqlite, SqliteFile } from './sqlite-file.js';
import { tableNames } from './tables.js';
import { asDatabaseUrl, type DatabaseUrl, describeUrl, type ServerUrl, type SqliteUrl } from './url.js';

export interface OpenOptions {
  /** As `parseUrl` takes or gives it. */
  readonly url: string | DatabaseUrl;
  /** The application's own, over the same database; never closed. Left out: one is made when it is first asked for. */
  readonly sequelize?: Sequelize;
  /** In front of every table's name; letters, digits and _, 31 characters at most. */
  readonly tablePrefix: string;
  /** A test's clock, instead of the database's. */
  readonly nowMs?: () => number;
  /** Longest wait for a reply of a server, for a free connection and for connecting, each. Default 3000. */
  readonly statementTimeoutMs?: number;
}

const STATEMENT_TIMEOUT_MS = 3000;
const PROTOCOL_CONNECTIONS = 4;

/**
 * Opens a database for the protocol. It creates no tables (`migrate` does).
 * @throws DalJobError DJ2001 (URL), DJ2002 (driver missing), DJ2003 (cannot be reached or opened), DJ2004 (server
 *   unfit), DJ2005 (read-only), DJ2010 (tablePrefix)
 */
export async function openDatabase(o: OpenOptions): Promise<Database> {
  checkPrefix(o.tablePrefix);
  const url = asDatabaseUrl(o.url);
  return url.kind === 'sqlite' ? await openSqlite(o, url) : await openServer(o, url);
}

async function openServer(o: OpenOptions, url: ServerUrl): Promise<Database> {
  const driver = await loadMysql();
  const limitMs = o.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
  const { name, moreSettings, connection } = await inspectServer({ driver, url, limitMs });
  const pool = new MysqlPool({ driver, url, limitMs, moreSettings }, PROTOCOL_CONNECTIONS);
  pool.adopt(connection);
  return new MysqlDatabase({
    dialect: dialectOf(name, o.nowMs),
    tables: tableNames(o.tablePrefix),
    pool,
    makeSequelize: () => given(o) ?? sequelizeOnServer(driver, url),
  });
}

/** With the connection that it asked, set up like any other by now. */
async function inspectServer(o: ConnectOptions): Promise<ServerKind & { readonly connection: MysqlConnection }> {
  const { url } = o;
  const connection = await connect(o).catch((error: unknown) => {
    throw unreachable(error, describeUrl(url));
  });
  try {
    const server = await detectServer(connection);
    for (const sql of server.moreSettings) await connection.send(sql, []);
    return { ...server, connection };
  } catch (error) {
    await connection.end();
    throw error instanceof DalJobError ? error : unreachable(error, describeUrl(url));
  }
}

async function openSqlite(o: OpenOptions, url: SqliteUrl): Promise<Database> {
  const { driver } = url;
  if (o.sequelize !== undefined && driver !== undefined) {
    return await openByDriver(o, { ...url, driver, sequelize: o.sequelize });
  }
  const file = new SqliteFile(await loadSqlite(), url.path);
  const connection = await file.take().catch((error: unknown) => {
    throw unreachable(error, describeUrl(url));
  });
  return new SqliteDatabase({
    dialect: dialectOf('sqlite', o.nowMs),
    tables: tableNames(o.tablePrefix),
    file,
    connection,
    makeSequelize: () => sequelizeOnSqlite(file),
  });
}

type ByDriver = Pick<DriverSqliteOptions, 'sequelize' | 'path' | 'driver'>;

async function openByDriver(o: OpenOptions, { sequelize, path, driver }: ByDriver): Promise<Database> {
  const dialect = dialectOf('sqlite', o.nowMs);
  const options = { dialect, tables: tableNames(o.tablePrefix), sequelize, path, driver };
  const database = await DriverSqliteDatabase.open(options).catch((error: unknown) => {
    throw unreachable(error, describeUrl(o.url));
  });
  await checkSqlite(database).catch(async (error: unknown) => {
    await database.close();
    throw error;
  });
  return database;
}

function given({ sequelize }: OpenOptions): ApplicationSequelize | undefined {
  return sequelize === undefined ? undefined : { sequelize, close: async () => {} };
}

function checkPrefix(tablePrefix: string): void {
  if (tablePrefix === '' || /^[A-Za-z][A-Za-z0-9_]{0,30}$/.test(tablePrefix)) return;
  const message = `tablePrefix must be letters, digits and _, starting with a letter, 31 at most: "${tablePrefix}"`;
  throw new DalJobError('DJ2010', message, { fields: { tablePrefix } });
}

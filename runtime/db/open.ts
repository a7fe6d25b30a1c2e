// The one way to a Database: reads the URL, loads the driver, checks the server, hands back what the protocol uses.
// What must hold: whatever makes this database unfit is one DalJobError from here, before anything is registered;
// no message holds a password; a failed start leaves no connection open.
import { DalJobError } from '../errors.js';
import type { Database } from './database.js';
import { detectServer, unreachable } from './detect.js';
import { dialectOf } from './dialect.js';
import { MysqlDatabase } from './mysql.js';
import { connect, loadMysql } from './mysql-connection.js';
import { MysqlPool } from './mysql-pool.js';
import { sequelizeOnServer, sequelizeOnSqlite } from './sequelize.js';
import { SqliteDatabase } from './sqlite.js';
import { loadSqlite, SqliteFile } from './sqlite-file.js';
import { tableNames } from './tables.js';
import { describeUrl, parseUrl, type ServerUrl, type SqliteUrl } from './url.js';

export interface OpenOptions {
  /** See `parseUrl`. */
  readonly url: string;
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
  const url = parseUrl(o.url);
  return url.kind === 'sqlite' ? await openSqlite(o, url) : await openServer(o, url);
}

async function openServer(o: OpenOptions, url: ServerUrl): Promise<Database> {
  const driver = await loadMysql();
  const limitMs = o.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
  const { name, moreSettings } = await inspectServer({ driver, url, limitMs }, o.url);
  return new MysqlDatabase({
    dialect: dialectOf(name, o.nowMs),
    tables: tableNames(o.tablePrefix),
    pool: new MysqlPool({ driver, url, limitMs, moreSettings }, PROTOCOL_CONNECTIONS),
    makeSequelize: () => sequelizeOnServer(driver, url),
  });
}

async function inspectServer(o: Parameters<typeof connect>[0], url: string): ReturnType<typeof detectServer> {
  const connection = await connect(o).catch((error: unknown) => {
    throw unreachable(error, describeUrl(url));
  });
  try {
    return await detectServer(connection);
  } catch (error) {
    throw error instanceof DalJobError ? error : unreachable(error, describeUrl(url));
  } finally {
    await connection.end();
  }
}

async function openSqlite(o: OpenOptions, url: SqliteUrl): Promise<Database> {
  const file = new SqliteFile(await loadSqlite(), url.path);
  const connection = await file.take().catch((error: unknown) => {
    throw unreachable(error, describeUrl(o.url));
  });
  return new SqliteDatabase({
    dialect: dialectOf('sqlite', o.nowMs),
    tables: tableNames(o.tablePrefix),
    file,
    connection,
    makeSequelize: () => sequelizeOnSqlite(file),
  });
}

function checkPrefix(tablePrefix: string): void {
  if (tablePrefix === '' || /^[A-Za-z][A-Za-z0-9_]{0,30}$/.test(tablePrefix)) return;
  const message = `tablePrefix must be letters, digits and _, starting with a letter, 31 at most: "${tablePrefix}"`;
  throw new DalJobError('DJ2010', message, { fields: { tablePrefix } });
}

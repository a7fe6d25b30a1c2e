// What kind of server this is, and whether the protocol can be right on it.
// What must hold: a server that lacks what the protocol needs is refused at start with one clear error, never met at
// three in the morning. Two round trips. Passwords do not appear: errors name the database by describeUrl's words.
import { DalJobError } from '../errors.js';
import type { Database } from './database.js';
import type { DialectName } from './dialect.js';
import { classify, DatabaseError, serverAnswered } from './errors.js';
import type { MysqlConnection } from './mysql-connection.js';

export interface ServerKind {
  readonly name: Exclude<DialectName, 'sqlite'>;
  /** Settings each session of the protocol needs on this server, beyond the usual. */
  readonly moreSettings: readonly string[];
}

type Variables = Readonly<Record<string, string>>;

const WANTED = [
  'version',
  'default_storage_engine',
  'read_only',
  'super_read_only',
  'transaction_read_only',
  'tx_read_only',
  'wsrep_on',
];

/** @throws DalJobError DJ2003, DJ2004, DJ2005 */
export async function detectServer(connection: MysqlConnection): Promise<ServerKind> {
  const variables = await readVariables(connection);
  const name = checkVersion(variables.version ?? '');
  await checkSkipLocked(connection, variables.version ?? '');
  checkEngine(variables.default_storage_engine ?? 'InnoDB');
  checkWritable(variables);
  // On Galera a plain SELECT may be behind what another node has acknowledged.
  return { name, moreSettings: variables.wsrep_on === 'ON' ? ['SET SESSION wsrep_sync_wait = 1'] : [] };
}

/** The application's own SQLite may be an old one. @throws DalJobError DJ2004; DatabaseError */
export async function checkSqlite(database: Database): Promise<void> {
  const [row] = await database.query<{ version: string; ms: number | null }>(
    `SELECT sqlite_version() AS version, unixepoch('subsec') AS ms`,
    [],
  );
  if (typeof row?.ms !== 'number') throw lacking(`SQLite ${row?.version}`, 'it must be SQLite 3.42 at least');
}

/** Why a first connection failed, in words for whoever configured it. */
export function unreachable(error: unknown, database: string): DalJobError {
  const cause = classify(error);
  const reason = cause.reason === undefined ? cause.message : String(cause.reason);
  return new DalJobError('DJ2003', `Cannot open ${database}: ${adviceFor(cause) ?? cause.message}`, {
    cause,
    fields: { database, reason },
  });
}

/** The error of a start; if it was SQLite's refusal to write, in words for whoever configured it. */
export function unwritable(error: unknown, database: string): unknown {
  if (!(error instanceof DatabaseError) || !isReadOnlyFile(error)) return error;
  const message = `Cannot write ${database}: ${READ_ONLY_FILE}`;
  return new DalJobError('DJ2005', message, { cause: error, fields: { database } });
}

const READ_ONLY_FILE = 'this user may not write the file, or make others beside it.';
const SQLITE_READONLY = 8;

// libsql has no name for the extended codes
function isReadOnlyFile({ reason, cause }: DatabaseError): boolean {
  const { rawCode } = cause as { rawCode?: unknown };
  return reason === 'SQLITE_READONLY' || (typeof rawCode === 'number' && (rawCode & 0xff) === SQLITE_READONLY);
}

function adviceFor(error: DatabaseError): string | undefined {
  const { reason, message } = error;
  if (isReadOnlyFile(error)) return READ_ONLY_FILE;
  // SQLITE_CANTOPEN, of which libsql leaves only the number in its text
  if (/local database .*: 14\b/.test(message)) return 'this user may not open or make the file, or it is a folder.';
  if (reason === 'EACCES' || reason === 'EPERM' || reason === 'EROFS') return 'this user may not make its folder.';
  if (reason === 1049) return 'there is no such database; create it first.';
  if (reason === 1045 || reason === 1044 || reason === 1698) return 'the server refuses this user or password.';
  if (reason === 'ECONNREFUSED') return 'nothing listens there.';
  if (reason === 'ENOTFOUND') return 'there is no such host.';
  return undefined;
}

async function readVariables(connection: MysqlConnection): Promise<Variables> {
  const names = WANTED.map((name) => `'${name}'`).join(', ');
  const { rows } = await connection.send(`SHOW VARIABLES WHERE Variable_name IN (${names})`, []);
  const pairs = rows as readonly { Variable_name: string; Value: string }[];
  return Object.fromEntries(pairs.map(({ Variable_name, Value }) => [Variable_name.toLowerCase(), Value]));
}

/** @throws DalJobError DJ2004 */
export function checkVersion(version: string): ServerKind['name'] {
  const mariadb = /mariadb/i.test(version);
  // Some MariaDB servers put 5.5.5- in front, for clients that cannot count to ten.
  const numbers = /(\d+)\.(\d+)\.(\d+)/.exec(mariadb ? version.replace(/^5\.5\.5-/, '') : version);
  const [major, minor, patch] = (numbers ?? []).slice(1).map(Number);
  const oldest = mariadb ? [10, 6, 0] : [8, 0, 1];
  if (compare([major ?? 0, minor ?? 0, patch ?? 0], oldest) >= 0) return mariadb ? 'mariadb' : 'mysql';
  throw lacking(version, `it must be MySQL 8.0.1 or MariaDB 10.6 at least`);
}

function compare(a: readonly number[], b: readonly number[]): number {
  const first = a.findIndex((number, i) => number !== b[i]);
  return first < 0 ? 0 : (a[first] ?? 0) - (b[first] ?? 0);
}

async function checkSkipLocked(connection: MysqlConnection, version: string): Promise<void> {
  try {
    await connection.send('SELECT 1 FOR UPDATE SKIP LOCKED', []);
  } catch (error) {
    const known = classify(error);
    if (known instanceof DatabaseError && serverAnswered(known)) throw lacking(version, 'it has no SKIP LOCKED');
    throw known;
  }
}

function checkEngine(engine: string): void {
  if (engine.toLowerCase() === 'innodb') return;
  throw lacking(engine, 'its default_storage_engine must be InnoDB: the protocol stands on row locks');
}

function checkWritable(variables: Variables): void {
  const names = ['read_only', 'super_read_only', 'transaction_read_only', 'tx_read_only'];
  const name = names.find((candidate) => !['OFF', '0', undefined].includes(variables[candidate]));
  if (name === undefined) return;
  const message = `The database server has ${name} = ${variables[name]}. Is this a replica? Jobs need the primary.`;
  throw new DalJobError('DJ2005', message, { fields: { variable: name } });
}

function lacking(what: string, problem: string): DalJobError {
  return new DalJobError('DJ2004', `dal-job cannot work with this database server (${what}): ${problem}.`);
}

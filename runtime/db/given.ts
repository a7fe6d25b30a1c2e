// The application's own Sequelize instance, read for where its database is.
// What must hold: what cannot work is one DalJobError from here, at start; no message holds a password. The instance is
// only read: the protocol makes connections of its own, so that neither the application's transactions nor `useCLS` nor
// a full pool can ever reach its statements.
import { resolve } from 'node:path';
import type { Sequelize } from 'sequelize';
import { DalJobError } from '../errors.js';
import type { Sqlite3Driver } from './sqlite3.js';
import type { DatabaseUrl, ServerUrl, SqliteUrl, TlsOptions } from './url.js';
import { IN_MEMORY, parseUrl } from './url.js';

type Settings = Readonly<Record<string, unknown>>;

/** What is read of a Sequelize 6 instance beside its public face. */
interface Insides {
  readonly options: Settings & { readonly dialectOptions?: Settings };
  readonly config: Settings & { readonly dialectOptions?: Settings };
  readonly connectionManager: { readonly lib: Sqlite3Driver };
  getDialect(): string;
  hasHook(name: string): boolean;
  escape(value: string): string;
}

/**
 * Where the instance's database is.
 * @param url where the protocol connects instead, if the instance's own settings do not say it: the same server and database
 * @throws DalJobError DJ2012 for an instance that the protocol cannot share a database with; DJ2001
 */
export function addressOfSequelize(sequelize: Sequelize, url?: string): DatabaseUrl {
  const insides = sequelize as unknown as Insides;
  if (typeof insides.getDialect !== 'function' || insides.config === undefined) {
    throw unusable('it is no instance of Sequelize 6');
  }
  const dialect = insides.getDialect();
  if (dialect !== 'sqlite' && dialect !== 'mysql' && dialect !== 'mariadb') {
    throw unusable(`its dialect is ${dialect}; dal-job works on mysql, mariadb and sqlite`);
  }
  if (url === undefined) return dialect === 'sqlite' ? fileOf(insides) : serverOf(insides, dialect);
  const given = parseUrl(url);
  if (dialect === 'sqlite' || given.kind === 'sqlite')
    throw unusable('beside it, `database.url` can only name a server');
  return given;
}

/** A replicated one is used by its writer. What stands in `dialectOptions` wins, as it does in Sequelize. */
function serverOf(insides: Insides, dialect: 'mysql' | 'mariadb'): ServerUrl {
  if (insides.hasHook('beforeConnect')) throw unreadable('a beforeConnect hook decides how it connects');
  const { write } = (insides.config.replication || {}) as { readonly write?: Settings };
  const config = { ...insides.config, ...write };
  const options = (config.dialectOptions ?? {}) as Settings;
  refuseFunctions(options);
  const settings: Settings = { ...config, user: config.username, ...options };
  const database = text(settings.database);
  if (database === '') throw unusable('it names no database');
  return {
    kind: 'server',
    host: text(settings.host),
    port: Number(settings.port ?? 3306),
    user: text(settings.user),
    password: text(settings.password),
    database,
    ...(typeof settings.socketPath === 'string' ? { socketPath: settings.socketPath } : {}),
    ...tlsOf(options.ssl, dialect),
  };
}

/** The driver of the mariadb dialect takes `true`, and checks the host's name unless it is told to check nothing. */
function tlsOf(ssl: unknown, dialect: 'mysql' | 'mariadb'): Pick<ServerUrl, 'ssl'> {
  if (!ssl) return {};
  if (typeof ssl === 'string') return { ssl };
  const options: TlsOptions = ssl === true ? {} : { ...ssl };
  const byName = dialect === 'mariadb' && options.rejectUnauthorized !== false;
  return { ssl: byName ? { verifyIdentity: true, ...options } : options };
}

/** The heartbeat's thread gets the address too, and a function cannot go there. */
function refuseFunctions(options: Settings): void {
  for (const [name, value] of Object.entries(options)) {
    if (OF_NO_CONCERN.includes(name)) continue;
    if (holdsFunction(value)) throw unreadable(`its dialectOptions.${name} is, or holds, a function`);
  }
}

const OF_NO_CONCERN = ['typeCast', 'logger', 'queryFormat', 'infileStreamFactory', 'jsonStrings'];

function holdsFunction(value: unknown): boolean {
  if (typeof value === 'function') return true;
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return false;
  return Object.values(value).some(holdsFunction);
}

function fileOf(insides: Insides): SqliteUrl {
  const { options, config, connectionManager } = insides;
  const path = text(options.storage ?? options.host);
  if (path === '' || path === IN_MEMORY || /^file:.*(:memory:|mode=memory)/.test(path)) {
    throw unusable('its database is in memory, where nobody else can see it; use a file');
  }
  const driver = connectionManager.lib;
  const mode = options.dialectOptions?.mode;
  return {
    kind: 'sqlite',
    path: path.startsWith('file:') ? path : resolve(path),
    driver: {
      lib: driver,
      mode: typeof mode === 'number' ? mode : driver.OPEN_READWRITE | driver.OPEN_CREATE,
      ...(config.password ? { key: insides.escape(text(config.password)) } : {}),
    },
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function unreadable(why: string): DalJobError {
  const advice = 'say where it is as well: createApp({ sequelize, database: { url } }).';
  return new DalJobError('DJ2012', `The Sequelize instance does not tell where its database is: ${why}; ${advice}`);
}

function unusable(why: string): DalJobError {
  return new DalJobError('DJ2012', `createApp cannot share the Sequelize instance's database: ${why}.`);
}

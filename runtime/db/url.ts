// Database URLs: reading them, filling in environment variables, and naming a database in messages.
// What must hold: a password never appears in any message; an option that is not understood is an error, since an
// ignored TLS option is a hole. Never connects to anything.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { DalJobError } from '../errors.js';
import type { Sqlite3Settings } from './sqlite3.js';

export interface SqliteUrl {
  readonly kind: 'sqlite';
  /** Absolute, or `:memory:`. */
  readonly path: string;
  /** The application's own; absent: libsql. */
  readonly driver?: Sqlite3Settings;
}

export interface ServerUrl {
  readonly kind: 'server';
  /** Only for messages: the two are spoken to alike. Absent: mysql. */
  readonly scheme?: 'mariadb';
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly socketPath?: string;
  /** Absent: no TLS. A text is the name of a profile that mysql2 knows. */
  readonly ssl?: TlsOptions | string;
}

export type DatabaseUrl = SqliteUrl | ServerUrl;

/** What mysql2 takes as `ssl`. */
export interface TlsOptions {
  rejectUnauthorized?: boolean;
  verifyIdentity?: boolean;
  ca?: string;
  cert?: string;
  key?: string;
}

export const IN_MEMORY = ':memory:';

/**
 * Reads `mysql://user:password@host:3306/database?…`, `mariadb://…`, `sqlite:path` (relative to the working directory)
 * or `sqlite::memory:`. User, password and database are percent-encoded where they need to be. Options of a server:
 * - `ssl=true`: TLS, the certificate's chain is checked; `ssl=false`: none (the default)
 * - `ssl-mode=` DISABLED, REQUIRED (TLS, nothing checked), VERIFY_CA (as `ssl=true`), VERIFY_IDENTITY (the host name too)
 * - `ssl-ca=`, `ssl-cert=`, `ssl-key=`: paths of PEM files; each turns TLS on
 * - `rejectUnauthorized=false`: TLS, nothing checked
 * - `socketPath=`: a Unix socket instead of host and port
 * @throws DalJobError DJ2001
 */
export function parseUrl(url: string): DatabaseUrl {
  if (url.startsWith('sqlite:')) return parseSqlite(url.slice('sqlite:'.length));
  if (/^(mysql|mariadb):\/\//.test(url)) return parseServer(url);
  throw unreadable('it must start with mysql://, mariadb:// or sqlite:');
}

/** Names a database in messages, as it was given: `mysql://user@host:3306/shop`, `sqlite:/srv/app/jobs.sqlite`. No password, no options. */
export function describeUrl(url: string | DatabaseUrl): string {
  const parsed = asDatabaseUrl(url);
  if (parsed.kind === 'sqlite') return `sqlite:${parsed.path}`;
  const { scheme = 'mysql', user, socketPath, host, port, database } = parsed;
  const place = socketPath ?? `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return `${scheme}://${user}@${place}/${database}`;
}

/** @throws DalJobError DJ2001 */
export function asDatabaseUrl(url: string | DatabaseUrl): DatabaseUrl {
  return typeof url === 'string' ? parseUrl(url) : url;
}

const REFERENCE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{[^}]*\}?/g;

/**
 * Fills in `${NAME}` and `${NAME:-default}` (for a variable that is unset or empty); `$${` stands for a literal `${`.
 * @throws DalJobError DJ2008 naming the variable; DJ2001 for a `${` that is neither
 */
export function interpolate(template: string, env: Readonly<Record<string, string | undefined>>): string {
  return template.replace(REFERENCE, (match: string, name: string | undefined, fallback: string | undefined) => {
    if (match === '$${') return '${';
    if (name === undefined) throw unreadable(`"${match}" is neither \${NAME} nor \${NAME:-default}`);
    const value = env[name];
    if (fallback !== undefined) return value === undefined || value === '' ? fallback : value;
    if (value !== undefined) return value;
    throw new DalJobError('DJ2008', `The environment variable ${name} is not set.`, { fields: { variable: name } });
  });
}

function parseSqlite(path: string): SqliteUrl {
  if (path === '') throw unreadable('the path after sqlite: is missing');
  if (path === IN_MEMORY) return { kind: 'sqlite', path };
  return { kind: 'sqlite', path: resolve(path.replace(/^\/\/(?=\/)/, '')) };
}

function parseServer(text: string): ServerUrl {
  const url = asUrl(text);
  const database = decode(url.pathname.slice(1), 'database');
  if (database === '') throw unreadable('it names no database: mysql://user:password@host:3306/database');
  const { ssl, socketPath } = readOptions(url.searchParams);
  return {
    kind: 'server',
    ...(url.protocol === 'mariadb:' ? { scheme: 'mariadb' } : {}),
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 3306 : Number(url.port),
    user: decode(url.username, 'user'),
    password: decode(url.password, 'password'),
    database,
    ...(socketPath === undefined ? {} : { socketPath }),
    ...(ssl === undefined ? {} : { ssl }),
  };
}

function asUrl(text: string): URL {
  const hint = 'characters such as @ / # ? % in user or password must be percent-encoded';
  if (!URL.canParse(text)) throw unreadable(hint);
  const url = new URL(text);
  if (url.hostname === '' || url.hash !== '' || url.pathname.slice(1).includes('/')) throw unreadable(hint);
  return url;
}

interface ServerOptions {
  ssl?: TlsOptions;
  socketPath?: string;
}

function readOptions(params: URLSearchParams): ServerOptions {
  const options: ServerOptions = {};
  for (const [name, value] of params) {
    if (name === 'socketPath') options.socketPath = value;
    else addTlsOption(options, name, value);
  }
  return options;
}

const TLS_BY_MODE: Readonly<Record<string, TlsOptions | undefined>> = {
  DISABLED: undefined,
  REQUIRED: { rejectUnauthorized: false },
  VERIFY_CA: { rejectUnauthorized: true },
  VERIFY_IDENTITY: { rejectUnauthorized: true, verifyIdentity: true },
};

function addTlsOption(options: ServerOptions, name: string, value: string): void {
  const more = tlsOption(name, value);
  if (more !== undefined) options.ssl = { ...options.ssl, ...more };
}

function tlsOption(name: string, value: string): TlsOptions | undefined {
  if (name === 'ssl') return yesOrNo(name, value) ? TLS_BY_MODE.VERIFY_CA : undefined;
  if (name === 'ssl-mode') return tlsOfMode(value);
  if (name === 'ssl-ca') return { ca: pem(name, value) };
  if (name === 'ssl-cert') return { cert: pem(name, value) };
  if (name === 'ssl-key') return { key: pem(name, value) };
  if (name === 'rejectUnauthorized') return { rejectUnauthorized: yesOrNo(name, value) };
  throw unreadable(`the option "${name}" is not known`);
}

function tlsOfMode(value: string): TlsOptions | undefined {
  const mode = value.toUpperCase().replace('-', '_');
  if (!Object.hasOwn(TLS_BY_MODE, mode)) {
    throw unreadable(`ssl-mode must be one of ${Object.keys(TLS_BY_MODE).join(', ')}`);
  }
  return TLS_BY_MODE[mode];
}

function yesOrNo(name: string, value: string): boolean {
  if (value !== 'true' && value !== 'false') throw unreadable(`${name} must be true or false`);
  return value === 'true';
}

function pem(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new DalJobError('DJ2001', `The file that ${name} names cannot be read: ${path}`, { cause });
  }
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unreadable(`the ${what} has a % that is not followed by two hexadecimal digits; write %25`);
  }
}

function unreadable(problem: string): DalJobError {
  return new DalJobError('DJ2001', `The database URL cannot be read: ${problem}.`);
}

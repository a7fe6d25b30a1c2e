// What to do about a failed statement: the one table from errno or code to kind, and the error class that carries it.
// What must hold: everything that leaves db/ because a statement failed is a DatabaseError. Decisions are made by
// number or code, never by message text. The SQL with its values, which drivers attach to their errors, is taken off:
// arguments of calls are in it.

/**
 * - `repeat`: the server rolled the work back or refused a lock; the whole transaction may be run again.
 * - `reconnect`: this connection or server is of no use now; the connection is gone, back off and come again.
 * - `duplicate`: a unique key is taken already; a lost race if the key is ours.
 * - `bug`: the rest. As `reconnect`, and worth an event.
 */
export type DatabaseErrorKind = 'repeat' | 'reconnect' | 'duplicate' | 'bug';

export class DatabaseError extends Error {
  readonly kind: DatabaseErrorKind;
  /** errno of the server, or the driver's or SQLite's code. */
  readonly reason: number | string | undefined;
  /**
   * The statement that makes things lasting (COMMIT, or a single autocommit write) was sent and its reply never came:
   * it may or may not stand.
   */
  readonly commitUnknown: boolean;
  constructor(
    kind: DatabaseErrorKind,
    message: string,
    options: { cause: unknown; reason?: number | string; commitUnknown?: boolean },
  ) {
    super(message, { cause: options.cause });
    this.name = 'DatabaseError';
    this.kind = kind;
    this.reason = options.reason;
    this.commitUnknown = options.commitUnknown ?? false;
  }
}

/** Code of the error raised when no reply came in time; mysql2 uses the same for its own timeout. */
export const TIMED_OUT = 'PROTOCOL_SEQUENCE_TIMEOUT';

const KIND_BY_ERRNO: ReadonlyMap<number, DatabaseErrorKind> = new Map([
  ...kinds('repeat', [
    1020, // record has changed since the snapshot (MariaDB, innodb_snapshot_isolation)
    1205, // lock wait timeout; NOWAIT on MariaDB. Rolls back one statement only
    1213, // deadlock; on Galera also the loser of a certification, at COMMIT
    3101, // Group Replication rolled the transaction back at COMMIT
    3572, // NOWAIT on MySQL
  ]),
  ...kinds('reconnect', [
    1021, // disk full
    1040, // too many connections
    1042, // cannot get the host name
    1043, // bad handshake
    1047, // Galera: node not ready
    1053, // server shutdown in progress
    1077, // normal shutdown
    1079, // shutdown complete
    1129, // host is blocked
    1152, // aborted connection
    1158, // network: read
    1159, // network: read timeout
    1160, // network: write
    1161, // network: write timeout
    1184, // aborted connection
    1203, // too many connections of this user
    1226, // resource limit of this user
    1290, // --read-only: after a fail-over this is the old primary
    1317, // query interrupted
    1637, // too many active transactions
    1792, // read-only transaction
    1836, // read-only mode
    1927, // connection killed (MariaDB)
    1969, // statement timeout (MariaDB)
    3024, // max_execution_time
    3032, // offline mode
    3169, // session killed
    4031, // idle for longer than wait_timeout
  ]),
  ...kinds('duplicate', [1062, 1586]),
]);

// By prefix, because SQLite's extended codes refine these: SQLITE_BUSY_SNAPSHOT, SQLITE_IOERR_WRITE …
const KIND_BY_SQLITE_PREFIX: readonly (readonly [string, DatabaseErrorKind])[] = [
  ['SQLITE_CONSTRAINT_UNIQUE', 'duplicate'],
  ['SQLITE_CONSTRAINT_PRIMARYKEY', 'duplicate'],
  ['SQLITE_CONSTRAINT_ROWID', 'duplicate'],
  ['SQLITE_BUSY', 'reconnect'],
  ['SQLITE_LOCKED', 'reconnect'],
  ['SQLITE_IOERR', 'reconnect'],
  ['SQLITE_CANTOPEN', 'reconnect'],
  ['SQLITE_FULL', 'reconnect'],
  ['SQLITE_READONLY', 'reconnect'],
  ['SQLITE_PROTOCOL', 'reconnect'],
  ['SQLITE_INTERRUPT', 'reconnect'],
];

interface DriverError extends Error {
  errno?: number;
  code?: string;
  fatal?: boolean;
}

/** Any error of a driver as a DatabaseError; one that is a DatabaseError already comes back as it is. */
export function classify(error: unknown, options: { commitUnknown?: boolean } = {}): DatabaseError {
  if (error instanceof DatabaseError) return error;
  const driver = withoutSql(error instanceof Error ? error : new Error(String(error)));
  const reason = reasonOf(driver);
  return new DatabaseError(kindOf(driver), messageOf(driver, reason), {
    cause: driver,
    ...(reason === undefined ? {} : { reason }),
    ...options,
  });
}

/** No reply within the limit. The connection it was sent on must be destroyed. */
export function timedOut(what: string, limitMs: number): Error {
  return Object.assign(new Error(`no reply to ${what} within ${limitMs} ms`), { code: TIMED_OUT, fatal: true });
}

/** The server answered: what it refused did not happen. (An errno below zero is the operating system's.) */
export function serverAnswered(error: DatabaseError): boolean {
  const cause = error.cause as DriverError;
  return typeof cause.errno === 'number' && cause.errno > 0 && cause.fatal !== true;
}

function kindOf(error: DriverError): DatabaseErrorKind {
  if (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError) return 'bug';
  const { errno, code } = error;
  if (code?.startsWith('SQLITE_') === true) {
    return KIND_BY_SQLITE_PREFIX.find(([prefix]) => code.startsWith(prefix))?.[1] ?? 'bug';
  }
  if (errno === undefined || errno <= 0 || error.fatal === true) return 'reconnect';
  return KIND_BY_ERRNO.get(errno) ?? 'bug';
}

function reasonOf(error: DriverError): number | string | undefined {
  return error.errno !== undefined && error.errno > 0 ? error.errno : error.code;
}

function messageOf(error: DriverError, reason: number | string | undefined): string {
  if (reason === undefined || error.message.includes(String(reason))) return error.message;
  return `${error.message} (${reason})`;
}

function withoutSql(error: Error): DriverError {
  const bag = error as unknown as Record<string, unknown>;
  delete bag.sql;
  delete bag.parameters;
  return error as DriverError;
}

function kinds(kind: DatabaseErrorKind, numbers: readonly number[]): readonly (readonly [number, DatabaseErrorKind])[] {
  return numbers.map((number) => [number, kind] as const);
}

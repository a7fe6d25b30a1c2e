// An instance: one process that runs the runtime, and its row of job_instance. All SQL that writes that table is here.
// What must hold: the row is committed before the instance owns anything; DEAD and STOPPED are final; every beat
// changes the row (`beats`), so that "0 rows" can only mean "not alive any more". An instance that lost its lease
// never comes back under its id.
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Timing } from '../config.js';
import type { Database } from '../db/database.js';

/** What every statement of the protocol needs to know of the instance it speaks for. */
export interface Instance {
  readonly database: Database;
  readonly app: string;
  /** 22 base62 characters, random and new at each start. */
  readonly id: string;
  readonly configHash: string;
  readonly timing: Timing;
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** 128 random bits as 22 base62 characters. */
export function newInstanceId(): string {
  let value = BigInt(`0x${randomBytes(16).toString('hex')}`);
  let id = '';
  while (id.length < 22) {
    id += BASE62[Number(value % 62n)];
    value /= 62n;
  }
  return id;
}

/** SQL: the lease of the instance in the one placeholder holds. Whatever takes ownership says so in its own WHERE. */
export function leaseHolds(instance: Instance): string {
  return `EXISTS (SELECT 1 ${fromLease(instance)})`;
}

/** SQL: one row while the lease of the instance in the one placeholder holds, else none. */
export function fromLease({ database: { tables, dialect } }: Instance): string {
  return `FROM ${tables.job_instance} me WHERE me.id = ? AND me.state = 'ALIVE' AND me.lease_until > ${dialect.now}`;
}

/** Writes the row; the lease runs from the moment the caller sent it. */
export async function insertInstance(
  instance: Instance,
  { version, scheduling }: { version: string; scheduling: boolean },
): Promise<void> {
  const { database, timing, id, app, configHash } = instance;
  const now = database.dialect.now;
  await database.execute(
    `INSERT INTO ${database.tables.job_instance}
       (id, app, host, pid, version, config_hash, scheduling, state, lease_until, lease_ms, beats, started_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, 'ALIVE', ${now} + ?, ?, 0, ${now})`,
    [
      id,
      app,
      hostname().slice(0, 255),
      process.pid,
      version,
      configHash,
      scheduling ? 1 : 0,
      timing.leaseMs,
      timing.leaseMs,
    ],
  );
}

/** The heartbeat's one statement, as text and values, because a worker thread sends it. 1 row: alive; 0: not any more. */
export function beatStatement({ database, id, timing }: Instance): { sql: string; values: (string | number)[] } {
  return {
    sql: `UPDATE ${database.tables.job_instance} SET lease_until = ${database.dialect.now} + ?, beats = beats + 1
          WHERE id = ? AND state = 'ALIVE'`,
    values: [timing.leaseMs, id],
  };
}

/** Ends the instance's own row. 0 rows: somebody else has ended it already. */
export async function endInstance({ database, id }: Instance, state: 'DEAD' | 'STOPPED'): Promise<number> {
  return database.execute(
    `UPDATE ${database.tables.job_instance} SET state = ?, lease_until = ${database.dialect.now}
     WHERE id = ? AND state = 'ALIVE'`,
    [state, id],
  );
}

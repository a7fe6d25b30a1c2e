// The sweep: what has no living owner is freed, by whoever notices. Part of every instance's tick; no job, no row, no
// lock of its own, so it cannot be paused or get stuck. It is level-triggered: it looks at what is, not at what it has
// just done, so work that a crashed sweeper left behind is found by the next.
// What must hold: an instance is ended only when its lease was seen over twice with no beat between, `sightMs` apart on
// the sweeper's own monotonic clock, and the sweeper's own beat came through in between (a step of the database's clock
// makes every lease look over at once); found by plain SELECT, written by primary key, one short transaction a job.

import type { Clock } from '../clock.js';
import { rows, type Step } from '../db/step.js';
import { freeRow } from './free.js';
import type { Instance } from './instance.js';
import { maxAttempts } from './job.js';
import type { Lease } from './lease.js';
import { endingWithout, endLogRow } from './logRow.js';
import { type JobRow, selectRow } from './row.js';

const AT_ONCE = 100;

interface Sighting {
  readonly beats: number;
  readonly seenAt: number;
}

/** What an instance remembers of other instances' leases between its due reads. */
export class Sightings {
  readonly #seen = new Map<string, Sighting>();

  /** Has this lease been over, with the same beats, for long enough? Remembers the first look. */
  confirmed(id: string, beats: number, check: { now: number; sightMs: number; lease: Lease }): boolean {
    const first = this.#seen.get(id);
    if (first === undefined || first.beats !== beats) {
      this.#seen.set(id, { beats, seenAt: check.now });
      return false;
    }
    return check.now - first.seenAt >= check.sightMs && check.lease.confirmedSince(first.seenAt);
  }

  /** Forgets leases that are not over any more. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.#seen.keys()) if (!ids.has(id)) this.#seen.delete(id);
  }
}

/** SQL: the lease of row `i` is over: run out, or further ahead than any beat puts it (the clock was set back). */
export function leaseIsOver(instance: Instance): string {
  const { now } = instance.database.dialect;
  return `(i.lease_until < ${now} OR i.lease_until > ${now} + i.lease_ms)`;
}

export interface Sweeper {
  readonly instance: Instance;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly sightings: Sightings;
}

/** Ends instances whose leases are over. Returns the ids it ended. @throws DatabaseError */
export async function endLostInstances({ instance, lease, clock, sightings }: Sweeper): Promise<readonly string[]> {
  const { database, app, timing } = instance;
  const over = await database.query<{ id: string; beats: number }>(
    `SELECT i.id, i.beats FROM ${database.tables.job_instance} i
     WHERE i.app = ? AND i.state = 'ALIVE' AND ${leaseIsOver(instance)} LIMIT ${AT_ONCE}`,
    [app],
  );
  sightings.keepOnly(new Set(over.map(({ id }) => id)));
  const ended: string[] = [];
  for (const { id, beats } of over) {
    if (!sightings.confirmed(id, beats, { now: clock.monotonic(), sightMs: timing.sightMs, lease })) continue;
    if ((await endInstanceOf(instance, id, beats)) === 1) ended.push(id);
  }
  return ended;
}

function endInstanceOf(instance: Instance, id: string, beats: number): Promise<number> {
  const { database } = instance;
  // The alias is needed by the shared condition; SQLite takes it in UPDATE too.
  return database.execute(
    `UPDATE ${database.tables.job_instance} AS i SET state = 'DEAD'
     WHERE i.id = ? AND i.state = 'ALIVE' AND i.beats = ? AND ${leaseIsOver(instance)}`,
    [id, beats],
  );
}

/** SQL: the owner named by that expression lives. */
export function ownerLives({ database }: Instance, owner: string): string {
  return `EXISTS (SELECT 1 FROM ${database.tables.job_instance} o WHERE o.id = ${owner} AND o.state = 'ALIVE')`;
}

/** A run that its owner did not end. */
export interface Orphan {
  readonly name: string;
  /** null: a row edited by hand. */
  readonly owner: string | null;
  readonly fence: number;
}

/** Runs in job_info without a living owner. @throws DatabaseError */
export function findOrphans(instance: Instance): Promise<readonly Orphan[]> {
  const { database, app } = instance;
  return database.query<Orphan>(
    `SELECT j.name, j.owner, j.fence FROM ${database.tables.job_info} j
     WHERE j.app = ? AND j.status = 'RUNNING' AND NOT ${ownerLives(instance, 'j.owner')} ORDER BY j.name LIMIT ${AT_ONCE}`,
    [app],
  );
}

/** Runs in job_info that name this instance as their owner, by acq_id. @throws DatabaseError */
export function findOwn(instance: Instance): Promise<readonly (Orphan & { readonly acq_id: string })[]> {
  const { database, app, id } = instance;
  return database.query(
    `SELECT j.name, j.owner, j.fence, j.acq_id FROM ${database.tables.job_info} j
     WHERE j.app = ? AND j.status = 'RUNNING' AND j.owner = ? ORDER BY j.name`,
    [app, id],
  );
}

/** What became of an orphan; null: somebody else was faster. */
export interface Freed {
  readonly job: string;
  readonly fireMs: number;
  readonly owner: string;
  readonly rerun: boolean;
}

/**
 * Frees one orphan: its run is `lost`; with on_lost `rerun` it goes to the rerun slot, while attempts last. A living owner
 * may free what is its own.
 */
export function* freeOrphanStep(instance: Instance, orphan: Orphan): Step<Freed | null> {
  const { app, database } = instance;
  const where = `WHERE j.app = ? AND j.name = ? AND j.status = 'RUNNING' AND COALESCE(j.owner, '') = ? AND j.fence = ?`;
  const values = [app, orphan.name, orphan.owner ?? '', orphan.fence];
  const [row] = yield* rows<JobRow>(`${selectRow(instance)} ${where} ${database.dialect.forUpdate}`, values);
  if (row === undefined || (row.owner_alive && row.owner !== instance.id)) return null;
  const attempt = (row.run_attempt ?? 0) + 1;
  const again = row.on_lost === 'rerun' && attempt <= maxAttempts(row.max_retries);
  const rerun = again ? ({ kind: 'rerun', attempt } as const) : null;
  const owned = { sql: `COALESCE(owner, '') = ?`, values: [orphan.owner ?? ''] };
  if ((yield* freeRow(instance, { row, outcome: 'lost', rerun, where: owned })) === 0) return null;
  const note = row.owner_alive ? 'its instance knows nothing of it' : 'its instance is gone';
  if (row.run_log_id !== null) yield* endLogRow(instance, row.run_log_id, endingWithout('lost', note));
  return { job: row.name, fireMs: row.run_fire_at ?? 0, owner: orphan.owner ?? '', rerun: again };
}

/** Log rows of multi-instance runs whose instance is gone: they own nothing, so ending the row is all. @throws DatabaseError */
export async function endOrphanLogRows(instance: Instance): Promise<number> {
  const { database, app } = instance;
  const orphans = await database.query<{ id: string }>(
    `SELECT l.id FROM ${database.tables.job_log} l
     WHERE l.app = ? AND l.outcome = 'running' AND l.slot <> '' AND NOT ${ownerLives(instance, 'l.owner')} LIMIT ${AT_ONCE}`,
    [app],
  );
  let ended = 0;
  for (const { id } of orphans) ended += await endOne(instance, id);
  return ended;
}

function endOne(instance: Instance, id: string): Promise<number> {
  const step = () => endLogRow(instance, id, endingWithout('lost', 'its instance is gone'));
  return instance.database.transaction(step) as Promise<number>;
}

// An instance's time as a member: from its row in job_instance to its end. One object a term; an instance that lost its
// lease begins a new one under a new id, and nothing of the old one can be used for the new.

import type { Clock } from '../clock.js';
import type { Timing } from '../config.js';
import type { Database } from '../db/database.js';
import type { DatabaseUrl } from '../db/url.js';
import { DalJobError } from '../errors.js';
import { Acquisitions } from './acquisitions.js';
import { ClaimKeys } from './claim-keys.js';
import { type Heartbeat, startHeartbeat } from './heartbeat.js';
import { endInstance, type Instance, insertInstance, newInstanceId } from './instance.js';
import { Lease, moment } from './lease.js';
import { Sightings } from './sweep.js';

export interface Membership {
  readonly instance: Instance;
  readonly lease: Lease;
  readonly acquisitions: Acquisitions;
  readonly claimKeys: ClaimKeys;
  readonly sightings: Sightings;
  readonly heartbeat: Heartbeat;
}

export interface JoinOptions {
  readonly database: Database;
  readonly app: string;
  readonly configHash: string;
  readonly version: string;
  readonly scheduling: boolean;
  readonly timing: Timing;
  readonly clock: Clock;
  /** null: the heartbeat beats in the main thread. */
  readonly workerUrl: DatabaseUrl | null;
  readonly onLost: () => void;
  readonly onTrouble: (error: unknown) => void;
}

/** Commits the row, then keeps its lease. Rejects when the database is too slow for that, too. @throws DatabaseError */
export async function join(options: JoinOptions): Promise<Membership> {
  const { database, app, configHash, version, scheduling, timing, clock, workerUrl, onLost, onTrouble } = options;
  const instance: Instance = { database, app, id: newInstanceId(), configHash, timing };
  const lease = new Lease(clock, timing);
  const sent = moment(clock);
  await insertInstance(instance, { version, scheduling });
  lease.confirm(sent);
  if (!lease.holds()) throw new Error('the database took longer to register this instance than its lease lasts');
  const heartbeat = startHeartbeat({ instance, lease, clock, workerUrl, onLost, onTrouble });
  const ids = { acquisitions: new Acquisitions(), claimKeys: new ClaimKeys() };
  return { instance, lease, ...ids, sightings: new Sightings(), heartbeat };
}

/** Ends the membership, the heartbeat last of what was going on. The row's end is tried once: a lease ends by itself too. */
export async function leave({ heartbeat, instance, lease }: Membership, state: 'STOPPED' | 'DEAD'): Promise<void> {
  await heartbeat.stop();
  lease.lose();
  await endInstance(instance, state).catch(() => 0);
}

/** The error of an instance whose lease is over. */
export function leaseLost({ instance: { id } }: Membership, why?: string): DalJobError {
  const because = why === undefined ? '' : `: ${why}`;
  return new DalJobError('DJ3002', `The instance ${id} lost its lease${because}.`, { fields: { instance: id } });
}

export function isLeaseLost(error: unknown): boolean {
  return error instanceof DalJobError && error.code === 'DJ3002';
}

// The sweep of one tick: ends instances whose leases are over, frees what has no living owner, gives back what this
// instance took and never started. The statements are in lock/; here is their order and what is said of them.
import type { Clock } from '../clock.js';
import { DatabaseError } from '../db/errors.js';
import { DalJobError } from '../errors.js';
import { giveBackStep, heldAcqIds } from '../lock/finish.js';
import type { Membership } from '../lock/membership.js';
import {
  endLostInstances,
  endOrphanLogRows,
  type Freed,
  findOrphans,
  findOwn,
  freeOrphanStep,
  type Orphan,
} from '../lock/sweep.js';
import { undoAbandoned } from '../retry/claim.js';
import { freeOrphanRecords } from '../retry/orphans.js';
import type { CallKind } from '../service-types.js';
import type { Events } from './events.js';

export interface Recovery {
  readonly membership: Membership;
  readonly clock: Clock;
  readonly events: Events;
}

/** @throws DatabaseError */
export async function sweep({ membership, clock, events }: Recovery): Promise<void> {
  const { instance, lease, sightings } = membership;
  const ended = await endLostInstances({ instance, lease, clock, sightings });
  if (ended.length > 0) events.emit('instance.ended', { ended });
  for (const orphan of await findOrphans(instance)) await free({ membership, clock, events }, orphan);
  await endOrphanLogRows(instance);
  for (const kind of ['beforehand', 'afterward'] as const) await freeRecords({ membership, clock, events }, kind);
}

/**
 * Runs that stand as this instance's and that it knows nothing of: their end was lost with a fail-over, or rows were
 * restored or edited by hand. It lives, so that nobody else would ever free them. @throws DatabaseError
 */
export async function freeUnknown({ membership, clock, events }: Recovery): Promise<void> {
  const { instance, acquisitions } = membership;
  for (const own of await findOwn(instance)) {
    if (acquisitions.stateOf(own.acq_id) === undefined) await free({ membership, clock, events }, own);
  }
}

async function freeRecords({ membership: { instance }, events }: Recovery, kind: CallKind): Promise<void> {
  for (const { owner, state, ...call } of await freeOrphanRecords(instance, kind)) {
    const error = new DalJobError('DJ3002', `The instance ${owner} was gone before the call ended.`, {
      fields: { owner },
    });
    if (state === 'UNKNOWN') events.emit('call.unknown', call);
    else if (state === 'RETRY') events.emit('call.retrying', { ...call, error, delayMs: 0 });
    else events.emit('call.dead', { ...call, error });
  }
}

/** One job's row may be held by somebody; the others must not wait for it. */
async function free({ membership: { instance }, events }: Recovery, orphan: Orphan): Promise<void> {
  try {
    const freed = (await instance.database.transaction(() => freeOrphanStep(instance, orphan))) as Freed | null;
    if (freed !== null) events.emit('run.lost', freed);
  } catch (error) {
    if (!(error instanceof DatabaseError && error.kind === 'repeat')) throw error;
    events.emit('sweep.blocked', { job: orphan.name });
  }
}

/** How much this instance took, or may have taken, and never started. */
export function abandonedCount({ acquisitions, claimKeys }: Membership): number {
  return acquisitions.abandoned().length + claimKeys.abandoned().length;
}

/**
 * Abandoned acquires that stand in rows go to the rerun slot, abandoned claims of records back to where they were. Asks
 * nothing when none is abandoned. @throws DatabaseError
 */
export async function giveBack({ instance, acquisitions, claimKeys }: Membership): Promise<void> {
  await undoAbandoned(instance, claimKeys);
  const abandoned = new Set(acquisitions.abandoned());
  if (abandoned.size === 0) return;
  for (const acqId of await heldAcqIds(instance)) {
    if (!abandoned.has(acqId)) continue;
    if ((await instance.database.transaction(() => giveBackStep(instance, acqId))) === true) acquisitions.forget(acqId);
  }
}

// Drives a claim of retry records to a known end: which may be started, which must be given back.
// What must hold: records are handed out only after their COMMIT is known, while the local lease still holds and nobody
// has asked to stop; a COMMIT without a reply is looked up by its key on another connection; what is not handed out is
// abandoned, never forgotten while it may stand in a row.
import { ROLLBACK } from '../db/database.js';
import { DatabaseError } from '../db/errors.js';
import { type ClaimKeys, newClaimKey } from '../lock/claim-keys.js';
import type { Instance } from '../lock/instance.js';
import { type Claimed, claimStep, findClaimed, releaseStep, type Wanted } from './claim-step.js';

export interface Claimer {
  readonly instance: Instance;
  readonly claimKeys: ClaimKeys;
  /** May a claim that has just been committed be started? */
  readonly mayStart: () => boolean;
}

/** A claim that found nothing. */
export const NOTHING: Claimed = { records: [], dry: [], lost: [] };

/** null: nothing may be claimed now (paused, or the lease is over). @throws DatabaseError */
export async function claim(claimer: Claimer, asked: Omit<Wanted, 'claimKey'>): Promise<Claimed | null> {
  const { instance, claimKeys, mayStart } = claimer;
  const wanted = { ...asked, claimKey: newClaimKey(instance.id) };
  claimKeys.pend(wanted.claimKey, wanted.kind);
  const claimed = await transact(claimer, wanted);
  if (claimed === ROLLBACK || claimed.records.length === 0) {
    claimKeys.forget(wanted.claimKey);
    return claimed === ROLLBACK ? null : claimed;
  }
  if (mayStart() && claimKeys.run(wanted.claimKey)) return claimed;
  claimKeys.abandon(wanted.claimKey);
  await undoAbandoned(instance, claimKeys).catch(() => {}); // the sweep tries again
  return { ...claimed, records: [] };
}

async function transact({ instance, claimKeys }: Claimer, wanted: Wanted): Promise<Claimed | typeof ROLLBACK> {
  try {
    return await instance.database.transaction(() => claimStep(instance, wanted));
  } catch (error) {
    if (error instanceof DatabaseError && error.commitUnknown) return lookUp({ instance, claimKeys }, wanted);
    claimKeys.forget(wanted.claimKey); // no COMMIT was sent: nothing can stand
    throw error;
  }
}

/** COMMIT was sent and not answered. The server may still apply it after we looked, so finding nothing forgets nothing. */
async function lookUp({ instance, claimKeys }: Omit<Claimer, 'mayStart'>, wanted: Wanted): Promise<Claimed> {
  let found: Claimed = NOTHING;
  try {
    found = { ...NOTHING, records: await findClaimed(instance, wanted) };
  } finally {
    if (found.records.length === 0) claimKeys.abandon(wanted.claimKey);
  }
  if (found.records.length > 0) return found;
  throw new DatabaseError('reconnect', 'a claim was not answered', { cause: new Error('COMMIT without a reply') });
}

/**
 * Gives back what stands under abandoned keys, with the attempt it had. Asks nothing when no key is abandoned. @throws DatabaseError
 */
export async function undoAbandoned(instance: Instance, claimKeys: ClaimKeys): Promise<void> {
  for (const { key, kind } of claimKeys.abandoned()) {
    const released = await instance.database.transaction(() => releaseStep(instance, { kind, claimKey: key }));
    if (released !== ROLLBACK && released > 0) claimKeys.forget(key);
  }
}

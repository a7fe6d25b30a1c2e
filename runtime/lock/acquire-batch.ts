// Drives acquire transactions to a known end: which runs may be started, which must be given back.
// What must hold: a run is handed out only after its COMMIT is known and while the local lease still holds; a COMMIT
// without a reply is looked up by acq_id on another connection; whatever is not handed out is abandoned, never forgotten
// while it may stand in a row.
import { randomUUID } from 'node:crypto';
import { DatabaseError } from '../db/errors.js';
import { type Acquired, type AcquireResult, acquireStep, type Candidate, findAcquired } from './acquire.js';
import type { Acquisitions } from './acquisitions.js';
import { closeDuplicate } from './duplicate.js';
import type { Instance } from './instance.js';
import type { Lease } from './lease.js';
import type { Decided } from './settle-fires.js';

export interface Acquirer {
  readonly instance: Instance;
  readonly lease: Lease;
  readonly acquisitions: Acquisitions;
  /** Milliseconds since before the acquire was sent. */
  readonly ageMs: () => number;
  /** Something happened that nobody waits for. */
  readonly onDuplicate: (job: string) => void;
  /** The database refuses what would be written for that job: its row was edited by hand. */
  readonly onRefused: (job: string, error: DatabaseError) => void;
}

/** A job, and whether it may be taken. */
export type Wanted = Omit<Candidate, 'acqId'>;

/** @throws DatabaseError; then nothing of the batch was taken, or what may have been is abandoned */
export async function acquire(acquirer: Acquirer, wanted: readonly Wanted[]): Promise<AcquireResult> {
  const candidates = wanted.map((want): Candidate => ({ ...want, acqId: randomUUID() }));
  for (const { acqId } of candidates) acquirer.acquisitions.pend(acqId);
  try {
    return handOut(acquirer, candidates, await transact(acquirer, candidates));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return wanted.length > 1 ? oneByOne(acquirer, wanted) : leftOut(acquirer, wanted, error);
  }
}

async function transact(
  { instance, acquisitions }: Acquirer,
  candidates: readonly Candidate[],
): Promise<AcquireResult> {
  const step = () => acquireStep(instance, candidates, instance.timing.graceMs);
  try {
    return (await instance.database.transaction(step)) as AcquireResult;
  } catch (error) {
    if (error instanceof DatabaseError && error.commitUnknown) return lookUp({ instance, acquisitions }, candidates);
    for (const { acqId } of candidates) acquisitions.forget(acqId); // no COMMIT was sent: nothing can stand
    throw error;
  }
}

/**
 * COMMIT was sent and not answered. What another connection sees under our acq_ids is ours; the rest is abandoned and
 * not forgotten: the server may still apply that COMMIT after we looked.
 */
async function lookUp(
  { instance, acquisitions }: Pick<Acquirer, 'instance' | 'acquisitions'>,
  candidates: readonly Candidate[],
): Promise<AcquireResult> {
  let found: readonly Acquired[] = [];
  try {
    found = await findAcquired(instance, candidates);
  } finally {
    const taken = new Set(found.map((run) => run.acqId));
    for (const { acqId } of candidates) if (!taken.has(acqId)) acquisitions.abandon(acqId);
  }
  return { acquired: found, decided: [], nextDueMs: null };
}

/**
 * After COMMIT: only what the lease still covers is started, and nothing whose timeout has passed already: with a blocked
 * main loop the heartbeat's thread keeps the lease, and others may take the run away past its deadline.
 */
function handOut(
  { lease, acquisitions, ageMs }: Acquirer,
  candidates: readonly Candidate[],
  result: AcquireResult,
): AcquireResult {
  const taken = new Set(result.acquired.map((run) => run.acqId));
  for (const { acqId } of candidates) {
    if (!taken.has(acqId) && acquisitions.stateOf(acqId) === 'pending') acquisitions.forget(acqId);
  }
  const acquired = result.acquired.filter((run) => start(run, { lease, acquisitions, ageMs }));
  return { ...result, acquired };
}

function start(
  { acqId, job }: Acquired,
  { lease, acquisitions, ageMs }: Pick<Acquirer, 'lease' | 'acquisitions' | 'ageMs'>,
): boolean {
  const { timeoutMs } = job.definition;
  if (lease.holds() && (timeoutMs === null || ageMs() < timeoutMs)) return acquisitions.run(acqId);
  acquisitions.abandon(acqId);
  return false;
}

/** One bad row must cost only itself, and an error in the middle must not swallow what is ours already. */
async function oneByOne(acquirer: Acquirer, wanted: readonly Wanted[]): Promise<AcquireResult> {
  const acquired: Acquired[] = [];
  const decided: Decided[] = [];
  try {
    for (const want of wanted) {
      const result = await acquire(acquirer, [want]);
      acquired.push(...result.acquired);
      decided.push(...result.decided);
    }
  } catch (error) {
    if (acquired.length === 0) throw error; // else the next tick meets it again
  }
  return { acquired, decided, nextDueMs: null };
}

async function leftOut(
  { instance, onDuplicate, onRefused }: Acquirer,
  [want]: readonly Wanted[],
  error: DatabaseError,
): Promise<AcquireResult> {
  if (want === undefined) return { acquired: [], decided: [], nextDueMs: null };
  const { job } = want;
  if (error.kind === 'bug') {
    onRefused(job.name, error);
    return { acquired: [], decided: [], nextDueMs: null };
  }
  const decided = (await instance.database.transaction(() => closeDuplicate(instance, job))) as readonly Decided[];
  if (decided.length > 0) onDuplicate(job.name);
  return { acquired: [], decided, nextDueMs: null };
}

/** It is about what one of the rows says, and will be refused again. */
function isRefusal(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && !error.commitUnknown && (error.kind === 'duplicate' || error.kind === 'bug');
}

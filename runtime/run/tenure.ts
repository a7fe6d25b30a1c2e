// A run's hold on the database: the writes its executor makes, the same for a job under the row lock and for a job that
// runs on every instance. What must hold: each write is repeated until it is acknowledged or the lease is over; "0 rows"
// ends the tenure, and after that nothing more is written.
import type { Clock } from '../clock.js';
import { sleep } from '../clock.js';
import type { ROLLBACK } from '../db/database.js';
import { DatabaseError } from '../db/errors.js';
import type { Step } from '../db/step.js';
import type { Acquired } from '../lock/acquire.js';
import {
  attemptAfter,
  finishStep,
  guardStatement,
  type Held,
  handOverStep,
  handOverWaitingStep,
  nextAttemptStep,
} from '../lock/finish.js';
import type { Instance } from '../lock/instance.js';
import type { Job } from '../lock/job.js';
import type { Lease } from '../lock/lease.js';
import { type Ending, endingWithout, isWritten, startWaiting } from '../lock/logRow.js';
import {
  finishMultiStep,
  guardMultiStatement,
  type MultiRun,
  multiAttemptAfter,
  nextMultiAttemptStep,
} from '../lock/multi.js';
import type { RunEvent } from '../types.js';
import type { Finisher } from './finisher.js';

/** written: acknowledged; lost: somebody else owns the job; silent: the lease ended before the database answered. */
export type Written = 'written' | 'lost' | 'silent';

export interface Tenure {
  readonly job: Job;
  readonly manual: boolean;
  /** JSON of the input, or null. */
  readonly input: string | null;
  /** What events say of it; the attempt moves on. */
  current(): RunEvent;
  /** Ends this attempt as failed and writes the next one. */
  nextAttempt(ending: Ending): Promise<Written>;
  /** The backoff is over. */
  startAttempt(): Promise<Written>;
  finish(ending: Ending): Promise<Written>;
  /** Ends it as cancelled and asks for it to be run again elsewhere. */
  handOver(ending: Ending): Promise<Written>;
  guard(): { readonly sql: string; readonly values: readonly (string | number)[] };
}

export interface LockedWriter extends Writer {
  readonly finisher: Finisher;
}

export interface Writer {
  readonly instance: Instance;
  readonly lease: Lease;
  readonly clock: Clock;
}

export function lockedTenure(writer: LockedWriter, run: Acquired): Tenure {
  const { instance } = writer;
  let held: Held = { run, attempt: run.grant.attempt, logId: run.logId };
  let waiting = false;
  const ends = (ending: Ending) => () => isWritten(instance, held.logId, ending.outcome);
  return {
    job: run.job,
    manual: run.grant.manual === 1,
    input: run.grant.input,
    current: () => ({
      job: run.job.name,
      fireMs: run.grant.fireMs,
      kind: run.grant.kind,
      attempt: held.attempt,
      fence: run.fence,
    }),
    async nextAttempt(ending) {
      const next = attemptAfter(held);
      const stands = () => isWritten(instance, next.logId, 'running');
      const written = await persist(
        writer,
        (text) => nextAttemptStep(instance, held, { next, ending: text(ending) }),
        stands,
      );
      if (written === 'written') {
        held = next;
        waiting = true;
      }
      return written;
    },
    startAttempt() {
      waiting = false;
      return restamp(writer, () => held.logId);
    },
    async finish(ending) {
      const together = isPlainSuccess(ending);
      if (together && (await writer.finisher.succeed(held))) return 'written';
      return persist(writer, (text) => finishStep(instance, held, text(ending)), ends(ending), together);
    },
    handOver(ending) {
      if (!waiting) return persist(writer, (text) => handOverStep(instance, held, text(ending)), ends(ending));
      const stands = async () => !(await isWritten(instance, held.logId, 'running'));
      return persist(writer, () => handOverWaitingStep(instance, held), stands);
    },
    guard: () => guardStatement(instance, run),
  };
}

export function multiTenure(writer: Writer, started: MultiRun): Tenure {
  const { instance } = writer;
  let run = started;
  const finish = (ending: Ending) => {
    const stands = () => isWritten(instance, run.logId, ending.outcome);
    return persist(writer, (text) => finishMultiStep(instance, run, text(ending)), stands);
  };
  return {
    job: started.job,
    manual: false,
    input: null,
    current: () => ({ job: run.job.name, fireMs: run.fireMs, kind: run.kind, attempt: run.attempt, fence: 0 }),
    async nextAttempt(ending) {
      const next = multiAttemptAfter(run);
      const stands = () => isWritten(instance, next.logId, 'running');
      const written = await persist(
        writer,
        (text) => nextMultiAttemptStep(instance, run, { next, ending: text(ending) }),
        stands,
      );
      if (written === 'written') run = next;
      return written;
    },
    startAttempt: () => restamp(writer, () => run.logId),
    finish,
    handOver: finish, // every instance has its own runs: nobody else can take this one
    guard: () => guardMultiStatement(instance, run),
  };
}

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1_000;

type WriteStep = (text: (ending: Ending) => Ending) => Step<true | typeof ROLLBACK>;

/** One step until the database has answered. After a lost reply, `stands` tells our own earlier success from a loss. */
async function persist(
  { instance, lease, clock }: Writer,
  step: WriteStep,
  stands: () => Promise<boolean>,
  mayStand = false,
): Promise<Written> {
  let doubt = mayStand;
  let text = (ending: Ending) => ending;
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    try {
      if ((await instance.database.transaction(() => step(text))) === true) return 'written';
      return doubt && (await stands()) ? 'written' : 'lost';
    } catch (error) {
      doubt ||= !(error instanceof DatabaseError) || error.commitUnknown;
      if (error instanceof DatabaseError && error.kind === 'bug') text = withoutText;
    }
    if (!lease.holds()) return 'silent';
    await sleep(clock, waitMs);
  }
}

function isPlainSuccess({ outcome, note }: Ending): boolean {
  return outcome === 'succeeded' && note === null;
}

/** The database refused something of the ending: its outcome must be written all the same. */
function withoutText({ outcome }: Ending): Ending {
  return endingWithout(outcome, 'the text of its error could not be stored');
}

/** The start of a waiting attempt is only a time in the log: not written is no reason not to run, lost is. */
async function restamp({ instance, lease }: Writer, logId: () => string): Promise<Written> {
  if (!lease.holds()) return 'silent';
  try {
    return (await startWaiting(instance, logId())) === 1 ? 'written' : 'lost';
  } catch {
    return 'written';
  }
}

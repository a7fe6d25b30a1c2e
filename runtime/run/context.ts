// What a handler is handed: one context an attempt. Nothing here decides anything.
import type { ClaimContext } from '../claim-types.js';
import type { Database } from '../db/database.js';
import { executeWithin, readCommitted } from '../db/within.js';
import { DalJobError } from '../errors.js';
import type { Instance } from '../lock/instance.js';
import type { JobContext, Log } from '../types.js';
import { runLog } from './log.js';
import type { Tenure } from './tenure.js';

export interface ContextOptions {
  readonly instance: Instance;
  readonly tenure: Tenure;
  readonly input: unknown;
  readonly signal: AbortSignal;
  readonly services: object;
  readonly log: Log;
}

export function createContext(options: ContextOptions): JobContext<string, unknown, object> {
  const { instance, tenure, input, signal, services, log } = options;
  const { job, fireMs, kind, attempt, fence } = tenure.current();
  return {
    job,
    fireTime: new Date(fireMs),
    fireTimeMs: fireMs,
    attempt,
    kind,
    input,
    services,
    fence,
    idempotencyKey: `${instance.app}/${job}@${fireMs}${tenure.manual ? '/manual' : ''}`,
    signal,
    log: runLog(log, { job, fireTime: new Date(fireMs).toISOString(), attempt }),
    get sequelize() {
      return instance.database.sequelize; // made when first asked for: most runs never do
    },
    guard: (transaction) => guard(instance, tenure, transaction),
  };
}

type Transaction = Parameters<JobContext<string, unknown, object>['guard']>[0];

async function guard(instance: Instance, tenure: Tenure, transaction: Transaction): Promise<void> {
  const changed = await executeWithin(instance.database.sequelize, transaction, tenure.guard());
  if (changed === 1) return;
  const { job, fireMs } = tenure.current();
  const fire = new Date(fireMs).toISOString();
  throw new DalJobError('DJ3003', `The run of ${job} for ${fire} no longer owns the job: roll back.`, {
    fields: { job, fireMs },
  });
}

/** What the handler of a job with a claim can do with its rows. */
export interface BatchFace {
  readonly rows: readonly object[];
  readonly done: ClaimContext<string, object, object>['done'];
  readonly fail: ClaimContext<string, object, object>['fail'];
}

/** The context of the run with a batch; its getters stay getters. */
export function claimContext(context: object, batch: BatchFace, database: Database): object {
  const own: PropertyDescriptorMap = {
    rows: { get: () => batch.rows, enumerable: true },
    done: { value: batch.done.bind(batch), enumerable: true },
    fail: { value: batch.fail.bind(batch), enumerable: true },
    transaction: { value: (work: Work) => readCommitted(database, work), enumerable: true },
  };
  return Object.defineProperties({}, { ...Object.getOwnPropertyDescriptors(context), ...own });
}

type Work = (transaction: Transaction) => Promise<unknown>;

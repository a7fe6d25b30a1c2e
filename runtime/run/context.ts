// What a handler is handed: one context an attempt. Nothing here decides anything.
import { executeWithin } from '../db/within.js';
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

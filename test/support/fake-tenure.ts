// A tenure that writes nothing but what was asked of it, and answers as it is told.
import type { Ending } from '../../runtime/lock/logRow.js';
import type { Tenure, Written } from '../../runtime/run/tenure.js';
import type { JobDefinition } from '../../runtime/types.js';
import { job } from './jobs.js';

export interface FakeTenure extends Tenure {
  /** What was written: `nextAttempt failed`, `finish succeeded`, … */
  readonly writes: string[];
  readonly endings: Ending[];
  /** Answers to come, in order; then `written`. */
  readonly answers: Written[];
}

export function fakeTenure(over: Partial<JobDefinition> = {}, input: string | null = null): FakeTenure {
  const writes: string[] = [];
  const endings: Ending[] = [];
  const answers: Written[] = [];
  let attempt = 1;
  const write = async (what: string, ending?: Ending): Promise<Written> => {
    writes.push(ending === undefined ? what : `${what} ${ending.outcome}`);
    if (ending !== undefined) endings.push(ending);
    return answers.shift() ?? 'written';
  };
  return {
    ...{ writes, endings, answers, job: job('every', over), manual: false, input },
    current: () => ({ job: 'every', fireMs: 1_000, kind: 'cron', attempt, fence: 7 }),
    async nextAttempt(ending) {
      const written = await write('nextAttempt', ending);
      if (written === 'written') attempt += 1;
      return written;
    },
    startAttempt: () => write('startAttempt'),
    finish: (ending) => write('finish', ending),
    handOver: (ending) => write('handOver', ending),
    guard: () => ({ sql: 'SELECT 1', values: [] }),
  };
}

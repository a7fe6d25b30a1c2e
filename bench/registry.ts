// A registry by hand for the benches: jobs that do nothing, so that only dal-job is measured.
import type { JobDefinition } from 'dal-job';

const PLAIN: JobDefinition = {
  description: '',
  cron: '* * * * * *',
  timezone: 'UTC',
  dst: { gap: 'next', overlap: null },
  globalSingle: true,
  timeoutMs: null,
  misfire: 'latest',
  misfireLimit: 100,
  overlap: 'skip',
  onLost: 'skip',
  retry: null,
};

/** Of the parameters of bench/retry's method. */
export const ARGS_HASH = 'b'.repeat(64);

export interface BenchJobs {
  readonly count: number;
  readonly definition?: Partial<JobDefinition>;
  readonly handler?: (context: { readonly fireTimeMs: number }) => void | Promise<void>;
}

/** Jobs j0000, j0001, … of the application `bench`. */
export function benchRegistry({ count, definition = {}, handler = () => {} }: BenchJobs) {
  const entry = { definition: { ...PLAIN, ...definition }, input: null, load: async () => handler };
  const names = Array.from({ length: count }, (_, i) => `j${String(i).padStart(4, '0')}`);
  return {
    app: 'bench',
    configHash: 'bench',
    database: { url: 'sqlite::memory:', tablePrefix: '' },
    jobs: Object.fromEntries(names.map((name) => [name, entry])),
    services: {},
    errors: {},
  };
}

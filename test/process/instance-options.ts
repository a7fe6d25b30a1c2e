// What the harness tells a test instance: which jobs it has, how they behave, and where everything is. Plain data, handed
// down as JSON in one environment variable; nothing here is known to the runtime.

export const OPTIONS_VARIABLE = 'DAL_JOB_TEST_INSTANCE';

/** A job of a test, and how its handler behaves. Every job fires each second unless `cron` says otherwise. */
export interface TestJob {
  readonly name: string;
  /** null: never by itself. */
  readonly cron: string | null;
  readonly single: boolean;
  readonly onLost: 'skip' | 'rerun';
  /** 0: no retries inside the run. */
  readonly maxRetries: number;
  readonly timeoutMs: number | null;
  readonly overlap: 'skip' | 'queue';
  /** How long a run takes before its effects: drawn from this range. */
  readonly holdMs: readonly [number, number];
  /** Every n-th fire fails at its first attempt, with a retryable error; 0: none. */
  readonly failsEvery: number;
  /** The handler takes no notice of its abort signal. */
  readonly deaf: boolean;
}

export interface InstanceOptions {
  readonly url: string;
  readonly configHash: string;
  readonly leaseMs: number;
  readonly graceMs: number;
  readonly shutdownMs: number;
  readonly seed: number;
  readonly jobs: readonly TestJob[];
}

/** What the harness asks of a running instance. */
export interface Command {
  /** The run of this fire blocks the event loop for so long. */
  readonly spin: { readonly job: string; readonly fireMs: number; readonly forMs: number };
}

/** What an instance tells the harness of itself; never evidence against the witness's log. */
export interface Report {
  readonly event: string;
  /** By the instance's own wall clock, which a test may have faked. */
  readonly wallMs: number;
  readonly data: unknown;
}

export const APP = 'witnessed';

/** The application's own tables: one row a resource, and the history of its accepted effects. */
export const EFFECT_TABLES: readonly string[] = [
  'CREATE TABLE effect (resource VARCHAR(100) NOT NULL PRIMARY KEY, version BIGINT NOT NULL) ENGINE=InnoDB',
  'CREATE TABLE effect_log (resource VARCHAR(100) NOT NULL, version BIGINT NOT NULL, run TEXT NOT NULL, PRIMARY KEY (resource, version)) ENGINE=InnoDB',
];

/** A job with the usual manners, changed by what a test says. */
export function testJob(name: string, changes: Partial<TestJob> = {}): TestJob {
  const usual = { cron: '* * * * * *', single: true, onLost: 'skip', maxRetries: 0, timeoutMs: null } as const;
  return { name, ...usual, overlap: 'skip', holdMs: [5, 60], failsEvery: 0, deaf: false, ...changes };
}

// An app in a test: the generated one, whole, with its database in memory and on a clock that only the test moves.
// What must hold: nothing depends on real time but patience with a handler that does not end; nothing is shared between
// two of them; once stopped, nothing of it is left, and one that is not stopped does not keep the process alive.
import { Admin, type LogEntry } from '../admin.js';
import { DalJobApp } from '../app.js';
import type { AppEvents, AppTypes } from '../types.js';
import { FakeClock, MONDAY_MS } from './fake-clock.js';
import {
  type AnyApp,
  type CreateApp,
  type RunArguments,
  type TestAppOptions,
  type TestRun,
  type Time,
  type TypesOf,
  timeOf,
} from './options.js';
import { TestLog } from './test-log.js';

type Finished = AppEvents['run.finished'];

const PATIENCE_MS = 1_000;
/** No heartbeat in any test: there is nobody else to take over. */
const LEASE_MS = 100 * 365 * 86_400_000;
/** Nobody else writes into the database: whatever comes is known. */
const IDLE_MS = 3_600_000;
const EVERYTHING = 1_000_000;
/** The runtime's own jobs, such as `dalJob.prune`. */
const BUILT_IN = /^dalJob\./;

/**
 * Starts the generated app for a test: `await createTestApp(createApp)`. Its database is SQLite in memory (libsql must be
 * installed) unless `database` or `sequelize` say otherwise. Time stands still; `runJob` and `advanceTo` move it.
 * @throws DalJobError as `app.start()` does
 */
export async function createTestApp<G extends AnyApp>(
  createApp: CreateApp<G>,
  options: TestAppOptions = {},
): Promise<TestApp<G>> {
  const { now, patienceMs = PATIENCE_MS, logger, ...rest } = options;
  const clock = new FakeClock(now === undefined ? MONDAY_MS : timeOf(now), { patienceMs });
  const log = new TestLog(logger === false ? undefined : logger);
  const database = options.sequelize === undefined ? { url: 'sqlite::memory:', ...options.database } : options.database;
  const app = createApp({
    ...rest,
    ...(database === undefined ? {} : { database }),
    ...{ clock, logger: log, leaseMs: LEASE_MS, idleMs: IDLE_MS },
  });
  const test = new TestApp(app, { clock, log, patienceMs });
  await app.start();
  await clock.settle();
  return test;
}

interface Parts {
  readonly clock: FakeClock;
  readonly log: TestLog;
  readonly patienceMs: number;
}

export class TestApp<G extends AnyApp, A extends AppTypes = TypesOf<G>> {
  /** The generated app, started: `services`, `trigger`, `models`, `on`, … */
  readonly app: G;
  readonly #parts: Parts;
  readonly #ended: TestRun[] = [];
  readonly #errors = new Map<string, unknown[]>();
  readonly #bugs: unknown[] = [];

  /** Not to be called: `createTestApp` does. */
  constructor(app: G, parts: Parts) {
    this.app = app;
    this.#parts = parts;
    app.on('run.retrying', (run) => this.#errorsOf(run).push(run.error));
    app.on('run.finished', (run) => this.#ended.push(this.#runOf(run)));
    app.on('bug', ({ error }) => this.#bugs.push(error));
    app.on('database.down', ({ error }) => this.#bugs.push(error));
  }

  /** The time of the test's clock. */
  get now(): Date {
    return new Date(this.#parts.clock.now());
  }

  /**
   * Runs one job, alone, and resolves when the run has ended, with all of its attempts: the clock goes on by their waits, and
   * no schedule fires meanwhile. It is a run as `app.trigger` asks for one; a paused job refuses.
   * @throws DalJobError DJ4001 to DJ4005; RangeError for an `at` before now; Error when the handler does not end
   */
  async runJob<N extends keyof A['triggers'] & string>(job: N, ...options: RunArguments<A, N>): Promise<TestRun> {
    const [{ at, input }] = [{ at: undefined, input: undefined, ...options[0] }];
    const { clock } = this.#parts;
    await clock.settle();
    if (at !== undefined) await this.#leap(this.#millisecondsUntil(at));
    const { fireTime } = await (this.app as unknown as Untyped).trigger(job, ...(input === undefined ? [] : [input]));
    const hung = clock.abandoned;
    for (;;) {
      await clock.settle();
      this.#throwBugs();
      const run = this.#ended.findLast((ended) => isRun(ended, job, fireTime));
      if (run !== undefined) return run;
      if (clock.abandoned > hung) this.#refuseEndless(job);
      const stepMs = clock.nextTimerMs ?? 0;
      clock.leaveOut(stepMs);
      await clock.advance(stepMs);
    }
  }

  /**
   * Lets time pass until then: everything that is due fires, in its order, each at its time. Handlers are awaited, the waits
   * between their attempts pass. Resolves with the runs that ended, but those of dal-job's own jobs.
   * @throws RangeError for a time before now
   */
  async advanceTo(time: Time): Promise<readonly TestRun[]> {
    return await this.advanceBy(this.#millisecondsUntil(time));
  }

  /** As `advanceTo`, so many milliseconds from now. */
  async advanceBy(ms: number): Promise<readonly TestRun[]> {
    if (!(ms >= 0)) throw new RangeError(`time goes forward only: ${ms} ms`);
    const before = this.#ended.length;
    await this.#parts.clock.advance(ms);
    this.#throwBugs();
    return this.#ended.slice(before).filter(({ job }) => !BUILT_IN.test(job));
  }

  /** The rows of job_log, oldest first; those of dal-job's own jobs only if one is named. */
  async history(job?: (keyof A['contexts'] & string) | (string & {})): Promise<readonly LogEntry[]> {
    const { database, name } = DalJobApp.inside(this.app);
    const query = { limit: EVERYTHING, ...(job === undefined ? {} : { job }) };
    const newestFirst = await new Admin(database, name).logs(query);
    return newestFirst.filter(({ jobName }) => job !== undefined || !BUILT_IN.test(jobName)).reverse();
  }

  /** Stops the app; time passes as far as it takes for handlers that do not end. Idempotent. */
  async stop(): Promise<void> {
    const { clock } = this.#parts;
    let stopped = false;
    const stopping = this.app.stop().finally(() => {
      stopped = true;
    });
    for (await clock.settle(); !stopped; await clock.settle()) await clock.advance(clock.nextTimerMs ?? 0);
    await stopping;
  }

  #millisecondsUntil(time: Time): number {
    const ms = timeOf(time) - this.#parts.clock.now();
    if (ms >= 0) return ms;
    throw new RangeError(
      `time goes forward only: it is ${this.now.toISOString()}, after ${new Date(time).toISOString()}`,
    );
  }

  async #leap(ms: number): Promise<void> {
    const { clock } = this.#parts;
    clock.leaveOut(ms);
    clock.jump(ms);
    await clock.advance(0);
  }

  /** A handler that is still at work after all patience can only be ended by its job's timeout. */
  #refuseEndless(job: string): void {
    const { session } = DalJobApp.inside(this.app);
    const { patienceMs } = this.#parts;
    if (session.jobs.get(job)?.definition.timeoutMs != null) return;
    throw new Error(
      `the handler of ${job} has not ended within ${patienceMs} ms, and its job has no timeout: give createTestApp more patienceMs, or the job a timeout`,
    );
  }

  #runOf(run: Finished): TestRun {
    const { job, kind, outcome, attempt, error, durationMs } = run;
    const fireTime = new Date(run.fireMs);
    const errors = [...this.#errorsOf(run), ...(error === undefined ? [] : [error])];
    this.#errors.delete(keyOf(run));
    const log = this.#parts.log.ofRun(job, fireTime);
    return { job, fireTime, kind, outcome, attempts: attempt, error, errors, durationMs, log };
  }

  #errorsOf(run: Pick<Finished, 'job' | 'fireMs' | 'kind'>): unknown[] {
    const errors = this.#errors.get(keyOf(run)) ?? [];
    this.#errors.set(keyOf(run), errors);
    return errors;
  }

  /** What went wrong in dal-job itself, or in a listener, is the test's failure. */
  #throwBugs(): void {
    const [bug] = this.#bugs.splice(0);
    if (bug !== undefined) throw bug;
  }
}

interface Untyped {
  trigger(job: string, ...input: readonly unknown[]): Promise<{ readonly fireTime: Date }>;
}

function isRun(run: TestRun, job: string, fireTime: Date): boolean {
  return run.kind === 'manual' && run.job === job && run.fireTime.getTime() === fireTime.getTime();
}

function keyOf({ job, fireMs, kind }: Pick<Finished, 'job' | 'fireMs' | 'kind'>): string {
  return `${job}@${fireMs}${kind === 'manual' ? '/manual' : ''}`;
}

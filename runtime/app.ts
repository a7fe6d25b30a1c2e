// The app: what `createApp` returns. Owns the database, the memberships one after the other, the scheduler of each, and
// the order of start and stop. Signals are not handled here: that is the process's affair (`dal-job start` does it).
import { createRequire } from 'node:module';
import { Admin, requireTriggered } from './admin.js';
import { sleep } from './clock.js';
import { type AppOptions, type Config, readConfig } from './config.js';
import type { Database } from './db/database.js';
import { checkTables, migrate } from './db/migrate.js';
import { openDatabase } from './db/open.js';
import { interpolate, parseUrl } from './db/url.js';
import { DalJobError } from './errors.js';
import { createJob, type Job } from './lock/job.js';
import { join, leave, type Membership } from './lock/membership.js';
import { keepRegistered, register } from './lock/register.js';
import { errorClassLoader } from './retry/error-classes.js';
import { Events } from './run/events.js';
import type { Cursors } from './run/everywhere.js';
import { inputProblem } from './run/input.js';
import { createLog, logEvents } from './run/log.js';
import { PRUNE_JOB, pruneEntry } from './run/retention.js';
import { Runner } from './run/runner.js';
import { Scheduler } from './scheduler.js';
import type { AnyRegistry, AppEvents } from './types.js';

const { version } = createRequire(import.meta.url)('dal-job/package.json') as { version: string };

/** Everything an app has once it is started. */
interface Running {
  readonly database: Database;
  readonly jobs: ReadonlyMap<string, Job>;
  readonly entries: AnyRegistry['jobs'];
  readonly runner: Runner;
  /** Of the jobs that run on every instance: a lost lease must not lose their fires. */
  readonly cursors: Cursors;
  membership: Membership;
  scheduler: Scheduler | null;
}

export class DalJobApp {
  readonly services: object = {};
  readonly #registry: AnyRegistry;
  readonly #options: AppOptions;
  readonly #config: Config;
  readonly #events = new Events();
  #running: Running | null = null;
  #rejoining: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | null = null;
  /** The timers of the runtime let a process end; a started app does not, until it has stopped. */
  #keepAlive: NodeJS.Timeout | undefined;

  constructor(registry: AnyRegistry, options: AppOptions) {
    this.#registry = registry;
    this.#options = options;
    this.#config = readConfig(options);
  }

  get sequelize(): Database['sequelize'] {
    return this.#started().database.sequelize;
  }

  on<E extends keyof AppEvents>(event: E, listener: (data: AppEvents[E]) => void): () => void {
    return this.#events.on(event, listener);
  }

  async start(): Promise<void> {
    if (this.#running !== null) return;
    logEvents(this.#events, createLog(this.#options.logger));
    this.#keepAlive = setInterval(() => {}, 2 ** 30);
    try {
      await this.#startOn(await this.#open());
    } catch (error) {
      clearInterval(this.#keepAlive);
      throw error;
    }
  }

  async #startOn(database: Database): Promise<void> {
    try {
      await migrate(database);
      await checkTables(database);
      await this.#begin(database);
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async trigger(job: string, input?: unknown): Promise<{ readonly fireTime: Date }> {
    const { database } = this.#started();
    const entry = this.#registry.jobs[job];
    const problem = entry?.input && input !== undefined ? inputProblem(input, entry.input) : null;
    if (problem !== null)
      throw new DalJobError('DJ4004', `The input of ${job} does not fit its schema: ${problem}.`, { fields: { job } });
    const json = input === undefined ? null : JSON.stringify(input);
    const fireMs = requireTriggered(job, await this.#admin(database).trigger({ job, input: json, force: false }));
    this.#running?.scheduler?.poke();
    return { fireTime: new Date(fireMs) };
  }

  async pause(job: string): Promise<void> {
    await this.#admin(this.#started().database).pause(job);
  }

  async resume(job: string): Promise<void> {
    const { database, jobs } = this.#started();
    await this.#admin(database).resume(job, jobs.get(job)?.schedule ?? null);
  }

  #admin(database: Database): Admin {
    return new Admin(database, this.#registry.app);
  }

  #started(): Running {
    if (this.#running !== null) return this.#running;
    throw new DalJobError('DJ2009', 'The app is not started: await app.start() first.');
  }

  #open(): Promise<Database> {
    const { clock, fakeTime, timing } = this.#config;
    return openDatabase({
      url: this.#url(),
      tablePrefix: this.#options.database?.tablePrefix ?? this.#registry.database.tablePrefix,
      statementTimeoutMs: timing.statementMs,
      ...(fakeTime ? { nowMs: () => Math.floor(clock.now()) } : {}),
    });
  }

  #url(): string {
    return this.#options.database?.url ?? interpolate(this.#registry.database.url, process.env);
  }

  async #begin(database: Database): Promise<void> {
    const entries = { ...this.#registry.jobs, [PRUNE_JOB]: pruneEntry(() => this.#started().membership.instance) };
    const jobs = new Map(Object.entries(entries).map(([name, { definition }]) => [name, createJob(name, definition)]));
    const membership = await this.#join(database);
    const runner = this.#createRunner();
    this.#running = { database, jobs, entries, runner, cursors: new Map(), membership, scheduler: null };
    if (this.#config.schedule) await register(membership.instance, [...jobs.values()], { takeOver: true });
    this.#schedule(this.#running);
  }

  #createRunner(): Runner {
    const { clock, concurrency } = this.#config;
    const errorClasses = errorClassLoader(this.#registry.errors);
    const deps = {
      clock,
      events: this.#events,
      log: createLog(this.#options.logger),
      services: this.services,
      errorClasses,
    };
    return new Runner(deps, { concurrency, onFree: () => this.#running?.scheduler?.poke() });
  }

  #join(database: Database): Promise<Membership> {
    const { clock, timing, fakeTime } = this.#config;
    const { app, configHash } = this.#registry;
    const url = this.#url();
    const workerUrl = fakeTime || isInMemory(url) ? null : url;
    const scheduling = this.#config.schedule;
    return join({
      database,
      app,
      configHash,
      version,
      scheduling,
      timing,
      clock,
      workerUrl,
      onLost: () => this.#lost(),
      onTrouble: (error) => this.#events.emit('bug', { error }),
    });
  }

  #schedule(running: Running): void {
    const { clock, schedule } = this.#config;
    const { membership, jobs, entries, runner, cursors } = running;
    if (schedule) {
      running.scheduler = new Scheduler({ membership, jobs, entries, runner, events: this.#events, clock, cursors });
      running.scheduler.start();
    }
    this.#events.emit('instance.started', { instance: membership.instance.id, scheduling: schedule });
  }

  #lost(): void {
    const running = this.#running;
    if (running === null || this.#stopping !== null) return;
    const { id } = running.membership.instance;
    running.runner.abortAll(
      new DalJobError('DJ3002', `The instance ${id} lost its lease.`, { fields: { instance: id } }),
    );
    this.#events.emit('lease.lost', { instance: id });
    this.#rejoining = this.#rejoin(running);
  }

  /** Ends the old membership and begins a new one under a new id; tries until the database answers. */
  async #rejoin(running: Running): Promise<void> {
    await running.scheduler?.stop();
    await leave(running.membership, 'DEAD');
    while (this.#stopping === null) {
      try {
        running.membership = await this.#join(running.database);
        if (this.#config.schedule) await this.#registerAgain(running);
        return this.#schedule(running);
      } catch {
        await sleep(this.#config.clock, 1_000);
      }
    }
  }

  /** Under a new id, but no newer: a definition that living instances have by now is left to them. */
  async #registerAgain({ membership, jobs }: Running): Promise<void> {
    await register(membership.instance, [...jobs.values()], { takeOver: false });
    await keepRegistered(membership.instance, [...jobs.values()]);
  }

  /** Stops ticking; running handlers get their time, then their signal, then the grace; the heartbeat is last. */
  async #stop(): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    await this.#rejoining;
    await running.scheduler?.stop();
    await this.#drain(running.runner);
    await leave(running.membership, 'STOPPED');
    await running.database.close();
    this.#events.emit('instance.stopped', { instance: running.membership.instance.id });
    this.#running = null;
    clearInterval(this.#keepAlive);
  }

  async #drain(runner: Runner): Promise<void> {
    const { clock, timing } = this.#config;
    const ended = runner.whenEnded();
    const timeUp = new AbortController();
    const late = sleep(clock, timing.shutdownMs, timeUp.signal).then(() => {
      if (!timeUp.signal.aborted) runner.abortAll(new DalJobError('DJ3005', 'The instance is shutting down.'));
    });
    await ended;
    timeUp.abort();
    await late;
  }
}

function isInMemory(url: string): boolean {
  const parsed = parseUrl(url);
  return parsed.kind === 'sqlite' && parsed.path === ':memory:';
}

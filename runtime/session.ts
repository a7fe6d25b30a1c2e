// What an app is between start and stop: its jobs and runs, the memberships one after the other, the scheduler of each.
// What must hold: a membership ends only when the runs it covered have ended or ignored their signal through the grace: the
// id of an instance whose handlers still work must not be the one to say that it is dead. The heartbeat stops last.
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { sleep } from './clock.js';
import type { Config } from './config.js';
import type { Database } from './db/database.js';
import type { DatabaseUrl } from './db/url.js';
import type { DalJobError } from './errors.js';
import { createJob, type Job } from './lock/job.js';
import { isLeaseLost, join, leaseLost, leave, type Membership } from './lock/membership.js';
import { keepRegistered, register } from './lock/register.js';
import { retryRow } from './lock/retry-row.js';
import { Dispatcher } from './retry/dispatcher.js';
import { errorClassLoader } from './retry/error-classes.js';
import { type Method, methodsOf } from './retry/methods.js';
import type { Services } from './retry/services.js';
import { Settler } from './retry/settle.js';
import type { Claims } from './run/claim-desk.js';
import type { Events } from './run/events.js';
import type { Cursors } from './run/everywhere.js';
import { Outage } from './run/outage.js';
import { giveBack } from './run/recover.js';
import { PRUNE_JOB, pruneEntry } from './run/retention.js';
import { Runner } from './run/runner.js';
import { Scheduler } from './scheduler.js';
import { drain } from './shutdown.js';
import type { AnyRegistry, Emit, Log } from './types.js';

const { version } = createRequire(import.meta.url)('dal-job/package.json') as { version: string };

export interface SessionOptions {
  readonly registry: AnyRegistry;
  readonly config: Config;
  readonly database: Database;
  /** For the heartbeat's thread; null: it beats in the main thread. */
  readonly workerUrl: DatabaseUrl | null;
  readonly events: Events;
  readonly log: Log;
  readonly services: Services;
  /** By job; none where nothing is scheduled. */
  readonly claims: Claims;
}

const REJOIN_DELAY_MS = 1_000;
/** A start that is overtaken by the end of its own lease is begun again so often in all. */
const FIRST_TRIALS = 3;

export class Session {
  readonly jobs: ReadonlyMap<string, Job>;
  readonly #options: SessionOptions;
  readonly #entries: AnyRegistry['jobs'];
  readonly #methods: readonly Method[];
  readonly #runner: Runner;
  /** Of the jobs that run on every instance: a lost lease must not lose their fires. */
  readonly #cursors: Cursors = new Map();
  readonly #outage: Outage;
  #membership: Membership | null = null;
  #scheduler: Scheduler | null = null;
  #dispatcher: Dispatcher | null = null;
  #rejoining: Promise<void> = Promise.resolve();
  /** Its lease is watched: it has registered its jobs, and has not been lost. */
  #serving = false;
  #ending = false;

  /** @throws CronError when a job's expression is bad */
  constructor(options: SessionOptions) {
    const { registry, config, events, log, services } = options;
    this.#options = options;
    this.#methods = methodsOf(registry);
    this.#outage = new Outage(config.clock, events);
    this.#entries = { ...registry.jobs, [PRUNE_JOB]: pruneEntry(() => this.#member().instance, this.#methods) };
    this.jobs = new Map(
      Object.entries(this.#entries).map(([name, { definition, claim }]) => [
        name,
        createJob(name, definition, { clock: config.clock, claim }),
      ]),
    );
    const errorClasses = errorClassLoader(registry.errors);
    const deps = { clock: config.clock, events, log, services: services.proxies, errorClasses };
    this.#runner = new Runner(deps, { concurrency: config.concurrency, onFree: () => this.poke() });
  }

  /** Joins, registers, schedules. @throws DatabaseError; then nothing of it goes on */
  async begin(): Promise<void> {
    for (let trial = 1; ; trial += 1) {
      try {
        return await this.#joinWith((membership) =>
          register(membership.instance, this.#declared(), { takeOver: true }),
        );
      } catch (error) {
        if (!isLeaseLost(error) || trial === FIRST_TRIALS) throw error;
      }
    }
  }

  /** Looks for work now. */
  poke(): void {
    this.#scheduler?.poke();
  }

  /** Stops ticking; running handlers get their time, then their signal, then the grace; the heartbeat is last. */
  async end(): Promise<void> {
    this.#ending = true;
    await this.#rejoining;
    await Promise.all([this.#scheduler?.stop(), this.#dispatcher?.stop()]);
    await this.#drain();
    const membership = this.#member();
    await giveBack(membership).catch(() => {}); // what we took and never started is not lost with us
    await leave(membership, 'STOPPED');
    this.#options.events.emit('instance.stopped', { instance: membership.instance.id });
  }

  #join(): Promise<Membership> {
    const { config, database, registry, workerUrl, events } = this.#options;
    return join({
      database,
      app: registry.app,
      configHash: this.#configHash(),
      version,
      scheduling: config.schedule,
      timing: config.timing,
      clock: config.clock,
      workerUrl,
      onLost: () => this.#lost(),
      onTrouble: (error) => events.emit('bug', { error }),
    });
  }

  /**
   * What makes two instances take the same jobs for the same: beside jobs.yaml the hashes by which jobs are acquired, which
   * another version of dal-job may compute in another way. A definition nobody living can acquire would else seem alive.
   */
  #configHash(): string {
    const hash = createHash('sha256').update(this.#options.registry.configHash);
    for (const { name, defHash } of this.#allJobs()) hash.update(`\n${name} ${defHash}`);
    return hash.digest('hex');
  }

  #schedule(): void {
    const { config, events } = this.#options;
    const { clock, schedule } = config;
    const membership = this.#member();
    if (schedule) {
      const { claims } = this.#options;
      const dispatcher = this.#createDispatcher(membership);
      const lasting = { runner: this.#runner, cursors: this.#cursors, outage: this.#outage };
      this.#scheduler = new Scheduler({
        ...{ membership, events, clock, jobs: this.jobs, declared: this.#declared() },
        ...{ entries: this.#entries, dispatcher, claims, ...lasting },
      });
      this.#dispatcher = dispatcher;
      this.#scheduler.start();
    }
    events.emit('instance.started', { instance: membership.instance.id, scheduling: schedule });
  }

  #createDispatcher(membership: Membership): Dispatcher {
    const { config, events, services } = this.#options;
    const { clock } = config;
    const tell: Emit = (event, data) => events.emit(event, data);
    const common = { ...membership, clock, methods: this.#methods, tell };
    return new Dispatcher({ ...common, runRecord: services.runRecord, settler: new Settler(common) });
  }

  /** While it registers, whoever registers it sees to that. At shutdown runs are aborted all the same: others may take them. */
  #lost(): void {
    if (!this.#serving) return;
    this.#serving = false;
    const reason = leaseLost(this.#member());
    this.#abortAll(reason);
    this.#options.events.emit('lease.lost', { instance: this.#member().instance.id });
    if (!this.#ending) this.#rejoining = this.#rejoin();
  }

  /** Ends the old membership and begins a new one under a new id; tries until the database answers. */
  async #rejoin(): Promise<void> {
    const callsEnded = this.#options.services.detach('The instance lost its lease and is not back yet');
    await Promise.all([this.#scheduler?.stop(), this.#dispatcher?.stop()]);
    await Promise.all([this.#whenEnded(), callsEnded]); // to say DEAD earlier would hand their jobs over while they still work
    await leave(this.#member(), 'DEAD');
    while (!this.#ending) {
      try {
        return await this.#joinWith((membership) => this.#registerAgain(membership));
      } catch {
        await sleep(this.#options.config.clock, REJOIN_DELAY_MS);
      }
    }
  }

  /** A membership whose registration fails is left again: it would beat for ever and do nothing. */
  async #joinWith(registerJobs: (membership: Membership) => Promise<void>): Promise<void> {
    const membership = await this.#join();
    this.#membership = membership;
    try {
      if (this.#options.config.schedule) await registerJobs(membership);
      if (!membership.lease.holds())
        throw leaseLost(membership, 'the database took longer to register the jobs than a lease lasts');
    } catch (error) {
      await leave(membership, 'STOPPED');
      throw error;
    }
    this.#serving = true;
    this.#options.services.attach(membership, () => this.poke());
    this.#schedule();
  }

  /** Under a new id, but no newer: a definition that living instances have by now is left to them. */
  async #registerAgain({ instance }: Membership): Promise<void> {
    await register(instance, this.#declared(), { takeOver: false });
    await keepRegistered(instance, this.#declared());
  }

  #drain(): Promise<void> {
    const { config, services } = this.#options;
    return drain(config, {
      whenEnded: () => this.#whenEnded(),
      detach: () => services.detach('The instance is shutting down'),
      abortAll: (reason) => this.#abortAll(reason),
    });
  }

  #abortAll(reason: DalJobError): void {
    this.#runner.abortAll(reason);
    this.#dispatcher?.abortAll(reason);
    this.#options.services.abort(reason);
  }

  /** No run and no retry goes on, as far as the database knows. */
  async #whenEnded(): Promise<void> {
    await Promise.all([this.#runner.whenEnded(), this.#dispatcher?.whenEnded()]);
  }

  /** What stands in job_info. Without recorded methods there is nothing to dispatch, show or pause. */
  #declared(): readonly Job[] {
    return this.#methods.length === 0 ? this.#allJobs() : [...this.#allJobs(), retryRow()];
  }

  #allJobs(): readonly Job[] {
    return [...this.jobs.values()];
  }

  #member(): Membership {
    if (this.#membership !== null) return this.#membership;
    throw new Error('a session has a membership from begin() on');
  }
}

// The tick loop of one membership: wake → due → sweep → acquire → start → wait. Each is a named step; the SQL is in lock/.
// At a fire that this instance knows to come, acquire comes first, without asking what is due: the row decides anyway, and
// the question would make the run late. The due read is for everything else, at least every `idleMs`.
// What must hold: the loop outlives every error; ticks never overlap; nothing is taken without a lease; a bad job costs
// only itself.
import { type Clock, sleepExactly, stopwatch } from './clock.js';
import { acquire, type Wanted } from './lock/acquire-batch.js';
import { type Due, earliest, readDue } from './lock/due.js';
import type { Job } from './lock/job.js';
import type { Membership } from './lock/membership.js';
import type { Decided } from './lock/settle-fires.js';
import type { Dispatcher } from './retry/dispatcher.js';
import { ClaimDesk, type Claims } from './run/claim-desk.js';
import { Definitions } from './run/definitions.js';
import type { Events } from './run/events.js';
import { type Cursors, Everywhere } from './run/everywhere.js';
import { Finisher } from './run/finisher.js';
import { shuffled, WakeTimes } from './run/fires.js';
import type { Outage } from './run/outage.js';
import { abandonedCount, freeUnknown, giveBack, sweep } from './run/recover.js';
import type { Runner } from './run/runner.js';
import { lockedTenure, multiTenure, type Tenure } from './run/tenure.js';
import type { AnyRegistry } from './types.js';

export interface SchedulerOptions {
  readonly membership: Membership;
  readonly jobs: ReadonlyMap<string, Job>;
  /** What stands in job_info: the jobs, and the row of dispatch. */
  readonly declared: readonly Job[];
  readonly dispatcher: Dispatcher;
  readonly entries: AnyRegistry['jobs'];
  readonly runner: Runner;
  readonly events: Events;
  readonly clock: Clock;
  /** Of the jobs that run on every instance; they outlive a membership. */
  readonly cursors: Cursors;
  /** By job. */
  readonly claims: Claims;
  /** It outlives a membership, too: the database may be back only after its lease. */
  readonly outage: Outage;
}

interface Starting {
  readonly startedMs: number;
  readonly ageMs: () => number;
  readonly onEnded?: () => void;
}

export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #wakeTimes: WakeTimes;
  readonly #stop = new AbortController();
  readonly #everywhere: Everywhere;
  readonly #finisher: Finisher;
  readonly #claims: ClaimDesk;
  readonly #definitions: Definitions;
  #loop: Promise<void> = Promise.resolve();
  #poke = new AbortController();
  #poked = true;
  /** When the newest due read was answered, and what it said is next. */
  #dueReadAt = Number.NEGATIVE_INFINITY;
  #nextDueMs: number | null = null;
  #abandoned = 0;
  #gaveBackAt = Number.NEGATIVE_INFINITY;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#wakeTimes = new WakeTimes(options.clock, [...options.jobs.values()]);
    this.#finisher = new Finisher(options.membership.instance);
    this.#everywhere = new Everywhere(options.membership.instance, [...options.jobs.values()], options.cursors);
    const { membership, clock, events, declared } = options;
    this.#definitions = new Definitions({ instance: membership.instance, declared, events, clock });
    this.#claims = new ClaimDesk({ ...membership, clock, events }, options.claims);
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Wakes the loop now: a run ended, a trigger came. */
  poke(): void {
    this.#poked = true;
    this.#poke.abort();
  }

  /** Resolves when no tick is under way and none will follow. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#poke.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#stop.signal.aborted) {
      this.#poke = new AbortController();
      const waitMs = await this.#safeTick();
      if (!this.#stop.signal.aborted) await sleepExactly(clock, waitMs, this.#poke.signal);
    }
  }

  /** One tick; how long to wait for the next. Never rejects. */
  async #safeTick(): Promise<number> {
    const { membership, outage } = this.#options;
    if (!membership.lease.holds()) return membership.instance.timing.beatMs; // asks nothing: no sign of the database
    try {
      const waitMs = await this.#tick();
      outage.isUp();
      return waitMs;
    } catch (error) {
      this.#poked = true; // what this tick was for is not done: the next one must ask
      return outage.isDown(error);
    }
  }

  async #tick(): Promise<number> {
    this.#options.membership.lease.touch();
    await this.#acquire(this.#wakeTimes.takeDue().filter(({ definition }) => definition.globalSingle));
    if (this.#wantsDueRead()) await this.#dueTick();
    return this.#wakeTimes.untilNext(this.#nextDueMs, this.#idleLeft());
  }

  async #dueTick(): Promise<void> {
    const { jobs, dispatcher, membership } = this.#options;
    const due = await this.#readDue();
    if (due.leaseOver || due.orphans) await sweep(this.#options);
    if (due.held > membership.acquisitions.held) await freeUnknown(this.#options);
    await this.#giveBack();
    await this.#definitions.tick();
    await this.#acquire(due.jobs.flatMap((name) => jobs.get(name) ?? []));
    if (due.retriesDue) dispatcher.tick();
    await this.#startEverywhere(due);
    await this.#claims.tick(due.leaseOver);
  }

  /** At once what is newly abandoned, and once a lease what may yet come to stand in a row. */
  async #giveBack(): Promise<void> {
    const { membership, clock } = this.#options;
    const count = abandonedCount(membership);
    const now = clock.monotonic();
    if (count === this.#abandoned && now - this.#gaveBackAt < membership.instance.timing.leaseMs) return;
    this.#gaveBackAt = now;
    await giveBack(membership);
    this.#abandoned = abandonedCount(membership);
  }

  /** Somebody poked, the idle time is over, or something is due that only the database knows of. */
  #wantsDueRead(): boolean {
    const now = this.#wakeTimes.databaseNow();
    return (
      this.#poked ||
      this.#idleLeft() <= 0 ||
      (this.#nextDueMs !== null && this.#nextDueMs <= now) ||
      this.#everywhere.isDue(now)
    );
  }

  #idleLeft(): number {
    const { membership, clock } = this.#options;
    return this.#dueReadAt + membership.instance.timing.idleMs - clock.monotonic();
  }

  async #readDue(): Promise<Due> {
    const { membership, clock } = this.#options;
    this.#poked = false;
    const sentMs = clock.monotonic();
    const due = await readDue(membership.instance);
    this.#dueReadAt = clock.monotonic();
    this.#wakeTimes.observe(due.nowMs, sentMs, this.#dueReadAt);
    this.#nextDueMs = earliest(due.nextDueMs, due.nextRetryMs);
    return due;
  }

  async #acquire(jobs: readonly Job[]): Promise<void> {
    const { membership, events } = this.#options;
    const wanted = this.#choose(jobs);
    if (wanted.length === 0) return;
    const onDuplicate = (job: string) =>
      events.emit('bug', { error: new Error(`${job}: a free fire had a run row already`) });
    const onRefused = (_job: string, error: unknown) => events.emit('bug', { error });
    const ageMs = stopwatch(this.#options.clock);
    const { acquired, decided, nextDueMs } = await acquire({ ...membership, ageMs, onDuplicate, onRefused }, wanted);
    const writer = { ...membership, clock: this.#options.clock, finisher: this.#finisher };
    for (const run of acquired) {
      const onEnded = () => membership.acquisitions.forget(run.acqId);
      this.#start(lockedTenure(writer, run), { startedMs: run.startedMs, ageMs, onEnded });
    }
    for (const one of decided) this.#tell(one);
    this.#comesAt(nextDueMs);
  }

  /** Up to as many as slots are free, in random order, so that work spreads; and those running here, whose fires overlap. */
  #choose(jobs: readonly Job[]): readonly Wanted[] {
    const { runner } = this.#options;
    const own = jobs.filter(({ name }) => runner.isRunning(name)).map((job) => ({ job, mayRun: false }));
    const free = shuffled(jobs.filter(({ name }) => !runner.isBusy(name)));
    return [...own, ...free.slice(0, runner.freeSlots).map((job) => ({ job, mayRun: true }))];
  }

  async #startEverywhere(due: Due): Promise<void> {
    const { membership, clock, runner, events } = this.#options;
    await this.#everywhere.tick(due.nowMs, {
      hasSlot: () => runner.freeSlots > 0,
      isBusy: (job) => runner.isBusy(job),
      mayStart: () => membership.lease.holds(),
      start: (run) =>
        this.#start(multiTenure({ ...membership, clock }, run), { startedMs: due.nowMs, ageMs: stopwatch(clock) }),
      tell: ({ outcome, ...fire }) => events.emit(outcome === 'missed' ? 'fire.missed' : 'fire.skipped', fire),
    });
    this.#comesAt(this.#everywhere.nextAfter(due.nowMs));
  }

  /** Something is due then that a wake-up a hair too early must not lose. */
  #comesAt(dueMs: number | null): void {
    if (dueMs !== null) this.#nextDueMs = Math.min(dueMs, this.#nextDueMs ?? dueMs);
  }

  #start(tenure: Tenure, { startedMs, ageMs, onEnded }: Starting): void {
    const { entries, runner, membership } = this.#options;
    const entry = entries[tenure.job.name];
    if (entry === undefined) return;
    runner.start(
      { tenure, instance: membership.instance, entry, ageMs, ...this.#claims.open(tenure.job.name) },
      { startedMs, ...(onEnded === undefined ? {} : { onEnded }) },
    );
  }

  #tell({ outcome, ...fire }: Decided): void {
    const EVENT = {
      skipped: 'fire.skipped',
      missed: 'fire.missed',
      queued: 'fire.queued',
      timed_out: 'fire.timedOut',
    } as const;
    this.#options.events.emit(EVENT[outcome], fire);
  }
}

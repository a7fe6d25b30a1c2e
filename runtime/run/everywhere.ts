// Jobs that run on every instance: this instance's cursors, and what each tick makes of them.
// What must hold: a cursor starts at this instance's first due read and moves only forward, by the database's clock; a
// fire that this instance does not serve is written down in its slot; a plan that the database did not answer for is
// carried out before a new one is made, so that a row whose reply was lost gets its handler; a run is handed out as soon
// as it stands, so that an error at the next job cannot lose it; what a pause leaves out is recorded by the pause alone.
import type { Instance } from '../lock/instance.js';
import type { Job } from '../lock/job.js';
import {
  decideMultiStep,
  isPaused,
  isRedefined,
  type MultiDecision,
  type MultiRun,
  startMulti,
} from '../lock/multi.js';
import { pausesBetween } from '../lock/pauses.js';
import { planMisfire } from '../schedule/misfire.js';

/** A plan for one job, or null when nothing is due. */
type Plan = NonNullable<ReturnType<typeof planMisfire>>;

/** A plan that is not known to be carried out. Any of its rows may stand, so what it says of each fire stays as it is. */
interface Begun {
  readonly plan: Plan;
  /** A run of the job was going on when it was made: its own run is skipped. */
  readonly busy: boolean;
  /** Its decisions are written and told. */
  told: boolean;
}

/** The last fire that was taken, by job: it outlives a membership, so that a lost lease loses no fire. */
export type Cursors = Map<string, number>;

/**
 * done: the cursor moves on. not ours: another definition is in force, or the job is retired; the cursor waits for ours,
 * so that what nobody served till then is written down. again: the lease was over for a moment, as after a step of the database's clock.
 */
type End = 'done' | 'not ours' | 'again';

/** What this instance has room for, and who is told. */
export interface Room {
  hasSlot(): boolean;
  /** Is a run of the job still going here? */
  isBusy(job: string): boolean;
  /** Asked once more after the row stands: does the lease hold? Else the row is left to the sweep. */
  mayStart(): boolean;
  start(run: MultiRun): void;
  tell(decision: MultiDecision): void;
}

export class Everywhere {
  readonly #instance: Instance;
  readonly #jobs: readonly Job[];
  readonly #cursors: Cursors;
  readonly #begun = new Map<string, Begun>();

  constructor(instance: Instance, jobs: readonly Job[], cursors: Cursors = new Map()) {
    this.#instance = instance;
    this.#cursors = cursors;
    this.#jobs = jobs.filter(({ definition, schedule }) => !definition.globalSingle && schedule !== null);
  }

  /** By this instance's idea of the database's clock: is a due read, which knows it, worth asking? */
  isDue(aboutNowMs: number): boolean {
    return this.#jobs.some(
      ({ name, schedule }) =>
        (schedule?.next(this.#cursors.get(name) ?? aboutNowMs) ?? Number.POSITIVE_INFINITY) <= aboutNowMs,
    );
  }

  /** The earliest fire after an instant of the database's clock; null: none. */
  nextAfter(nowMs: number): number | null {
    const fires = this.#jobs.flatMap(({ schedule }) => schedule?.next(nowMs) ?? []);
    return fires.length === 0 ? null : Math.min(...fires);
  }

  /** Starts what is due here. @throws DatabaseError; the next tick goes on where this one stopped */
  async tick(nowMs: number, room: Room): Promise<void> {
    for (const job of this.#jobs) {
      if (!this.#cursors.has(job.name)) this.#cursors.set(job.name, nowMs);
      const busy = room.isBusy(job.name);
      const begun = this.#begun.get(job.name) ?? (await this.#begin(job, nowMs, { room, busy }));
      if (begun === null) continue;
      const { plan } = begun;
      if (plan.run !== null && !begun.busy && (busy || !room.hasSlot())) continue; // its cursor waits for a slot
      this.#begun.set(job.name, begun);
      const end = await this.#carryOut(job, begun, room);
      if (end !== 'again') this.#begun.delete(job.name);
      if (end === 'done') this.#cursors.set(job.name, plan.fireAt);
    }
  }

  async #begin(job: Job, nowMs: number, { room, busy }: { room: Room; busy: boolean }): Promise<Begun | null> {
    const plan = await this.#planBehindPauses(job, nowMs, { room, busy });
    return plan === null ? null : { plan, busy, told: false };
  }

  async #planBehindPauses(
    job: Job,
    nowMs: number,
    { room, busy }: { room: Room; busy: boolean },
  ): Promise<Plan | null> {
    const plan = this.#plan(job, nowMs);
    const isOnTime = plan === null || !(busy || plan.catchUp || plan.missedFireMs !== null);
    if (isOnTime || !(await this.#passPauses(job, nowMs, room))) return plan;
    return this.#plan(job, nowMs);
  }

  /** What a pause leaves out is its own to tell of; what came before it was missed here. true: the cursor has moved. */
  async #passPauses(job: Job, nowMs: number, room: Room): Promise<boolean> {
    const { name, schedule } = job;
    const pauses = await pausesBetween(this.#instance, job, { afterMs: this.#cursors.get(name) ?? nowMs, nowMs });
    for (const { fromMs, toMs } of pauses) {
      const afterMs = this.#cursors.get(name) ?? nowMs;
      const fireMs = schedule?.latest(afterMs, fromMs) ?? null;
      if (schedule !== null && fireMs !== null) {
        const count = schedule.count(afterMs, fromMs);
        await this.#write({ job: name, fireMs, outcome: 'missed', count, note: null }, room);
      }
      this.#cursors.set(name, Math.max(afterMs, toMs));
    }
    return pauses.length > 0;
  }

  async #write(decision: MultiDecision, room: Room): Promise<void> {
    await this.#instance.database.transaction(() => decideMultiStep(this.#instance, decision));
    room.tell(decision);
  }

  async #carryOut(job: Job, begun: Begun, room: Room): Promise<End> {
    const { plan, busy } = begun;
    if (!begun.told && plan.missedFireMs !== null && (await isRedefined(this.#instance, job))) return 'not ours';
    if (!begun.told) for (const decision of await this.#decide(job.name, plan, busy)) room.tell(decision);
    begun.told = true;
    if (busy || plan.run === null) return 'done';
    const run = await startMulti(this.#instance, job, { fireMs: plan.run, kind: plan.catchUp ? 'catch-up' : 'cron' });
    if (run === null) return this.#whyNot(job);
    if (room.mayStart()) room.start(run);
    return 'done';
  }

  async #whyNot(job: Job): Promise<End> {
    if (await isPaused(this.#instance, job)) return 'done';
    return (await isRedefined(this.#instance, job)) ? 'not ours' : 'again';
  }

  #plan({ name, schedule, definition }: Job, nowMs: number): Plan | null {
    if (schedule === null) return null;
    const { misfire, misfireLimit } = definition;
    return planMisfire({ schedule, misfire, misfireLimit, lastFireMs: this.#cursors.get(name) ?? nowMs, nowMs });
  }

  async #decide(name: string, plan: Plan, busy: boolean): Promise<readonly MultiDecision[]> {
    const decided: MultiDecision[] = [];
    if (plan.missedFireMs !== null) {
      decided.push({ job: name, fireMs: plan.missedFireMs, outcome: 'missed', count: plan.missedCount, note: null });
    }
    if (busy && plan.run !== null)
      decided.push({ job: name, fireMs: plan.run, outcome: 'skipped', count: 1, note: 'overlap' });
    for (const one of decided) await this.#instance.database.transaction(() => decideMultiStep(this.#instance, one));
    return decided;
  }
}

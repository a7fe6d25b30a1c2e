// Jobs that run on every instance: this instance's cursors, and what each tick makes of them.
// What must hold: a cursor starts at this instance's first due read and moves only forward, by the database's clock; a fire that this
// instance does not serve is written down in its slot.

import type { Instance } from '../lock/instance.js';
import type { Job } from '../lock/job.js';
import { decideMultiStep, type MultiDecision, type MultiRun, startMulti } from '../lock/multi.js';
import { planMisfire } from '../schedule/misfire.js';

/** A plan for one job, or null when nothing is due. */
type Plan = NonNullable<ReturnType<typeof planMisfire>>;

export interface EverywhereResult {
  readonly started: readonly MultiRun[];
  readonly decided: readonly MultiDecision[];
}

export class Everywhere {
  readonly #instance: Instance;
  readonly #jobs: readonly Job[];
  readonly #cursors = new Map<string, number>();

  constructor(instance: Instance, jobs: readonly Job[]) {
    this.#instance = instance;
    this.#jobs = jobs.filter(({ definition, schedule }) => !definition.globalSingle && schedule !== null);
  }

  /** By this instance's idea of the database's clock: is a due read, which knows it, worth asking? */
  isDue(aboutNowMs: number): boolean {
    return this.#jobs.some(
      ({ name, schedule }) =>
        (schedule?.next(this.#cursors.get(name) ?? aboutNowMs) ?? Number.POSITIVE_INFINITY) <= aboutNowMs,
    );
  }

  /** Starts what is due here. @param room what may start: a slot is free; `busy`: a run of it is still going. @throws DatabaseError */
  async tick(nowMs: number, room: { free: number; busy: (job: string) => boolean }): Promise<EverywhereResult> {
    const started: MultiRun[] = [];
    const decided: MultiDecision[] = [];
    for (const job of this.#jobs) {
      if (!this.#cursors.has(job.name)) this.#cursors.set(job.name, nowMs);
      const plan = this.#plan(job, nowMs);
      if (plan === null) continue;
      const busy = room.busy(job.name);
      if (!busy && plan.run !== null && started.length >= room.free) continue; // its cursor waits for a slot
      decided.push(...(await this.#decide(job, plan, busy)));
      const run =
        busy || plan.run === null
          ? null
          : await startMulti(this.#instance, job, { fireMs: plan.run, kind: plan.catchUp ? 'catch-up' : 'cron' });
      if (run !== null) started.push(run);
      this.#cursors.set(job.name, plan.fireAt);
    }
    return { started, decided };
  }

  #plan({ name, schedule, definition }: Job, nowMs: number): Plan | null {
    if (schedule === null) return null;
    const { misfire, misfireLimit } = definition;
    return planMisfire({ schedule, misfire, misfireLimit, lastFireMs: this.#cursors.get(name) ?? nowMs, nowMs });
  }

  async #decide({ name }: Job, plan: Plan, busy: boolean): Promise<readonly MultiDecision[]> {
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

// A whole app on a clock that stands still, over any database, and what happened in it. What must hold: a statement may take
// its time, a handler too; time moves only when the app has come to rest (runtime/testing/fake-clock.ts).

import type { AppOptions } from '../../runtime/config.js';
import { createApp } from '../../runtime/index.js';
import { FakeClock } from '../../runtime/testing/fake-clock.js';
import type { App, AppEvents, AppTypes, JobEntry, Outcome } from '../../runtime/types.js';

export interface Started {
  readonly job: string;
  readonly fireMs: number;
  /** By the clock of the test. */
  readonly atMs: number;
}

export interface FakeAppOptions extends Pick<AppOptions, 'leaseMs' | 'idleMs'> {
  readonly startMs: number;
}

export class FakeApp {
  readonly clock: FakeClock;
  readonly app: App<AppTypes>;
  readonly started: Started[] = [];
  readonly finished: AppEvents['run.finished'][] = [];
  readonly missed: AppEvents['fire.missed'][] = [];
  readonly bugs: unknown[] = [];

  constructor(url: string, jobs: Readonly<Record<string, JobEntry<unknown>>>, { startMs, ...options }: FakeAppOptions) {
    this.clock = new FakeClock(startMs, { patienceMs: 100 });
    const registry = {
      ...{ app: 'shop', configHash: 'v1', database: { url, tablePrefix: '' } },
      ...{ jobs, services: {}, errors: {} },
    };
    this.app = createApp<AppTypes>(registry as never, {
      ...options,
      clock: this.clock,
      logger: false,
      database: { url },
    });
    this.app.on('run.started', ({ job, fireMs }) => this.started.push({ job, fireMs, atMs: this.clock.now() }));
    this.app.on('run.finished', (run) => this.finished.push(run));
    this.app.on('fire.missed', (fire) => this.missed.push(fire));
    this.app.on('bug', ({ error }) => this.bugs.push(error));
    this.app.on('database.down', ({ error }) => this.bugs.push(error));
  }

  async start(): Promise<void> {
    await this.app.start();
    await this.clock.settle();
  }

  async stop(): Promise<void> {
    await this.app.stop();
  }

  /** Fire times of the runs of a job, in the order of their starts. */
  fires(job: string): number[] {
    return this.started.filter((run) => run.job === job).map(({ fireMs }) => fireMs);
  }

  outcomes(job: string): Outcome[] {
    return this.finished.filter((run) => run.job === job).map(({ outcome }) => outcome);
  }
}

// A whole app on a clock that stands still. What must hold: `advance` moves time only when the app has come to rest, that
// is when its loop, its heartbeat and the watch over its lease all wait for their timers and no run is going on that could
// go on by itself. So it is exact also where the database is a server and every statement takes real time.
import { createApp } from '../../runtime/index.js';
import type { App, AppEvents, AppTypes, JobEntry, Outcome } from '../../runtime/types.js';
import { FakeClock } from './fake-clock.js';

export interface Started {
  readonly job: string;
  readonly fireMs: number;
  /** By the clock of the test. */
  readonly atMs: number;
}

/** Timers that an app at rest has: its loop's, its heartbeat's, the watch's. */
const TIMERS_AT_REST = 3;

export class FakeApp {
  readonly clock: FakeClock;
  readonly app: App<AppTypes>;
  readonly started: Started[] = [];
  readonly finished: AppEvents['run.finished'][] = [];
  readonly missed: AppEvents['fire.missed'][] = [];
  readonly bugs: unknown[] = [];
  /** Timers of handlers of the test that wait, which are no sign of rest. */
  ownTimers = 0;

  constructor(url: string, jobs: Readonly<Record<string, JobEntry<unknown>>>, startMs: number) {
    this.clock = new FakeClock(startMs, () => this.#rest());
    const registry = {
      ...{ app: 'shop', configHash: 'v1', database: { url, tablePrefix: '' } },
      ...{ jobs, services: {}, errors: {} },
    };
    this.app = createApp<AppTypes>(registry as never, { clock: this.clock, logger: false, database: { url } });
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

  /** Waits for the end, letting the time pass that it needs. */
  async stop(): Promise<void> {
    let stopped = false;
    const stopping = this.app.stop().finally(() => {
      stopped = true;
    });
    while (!stopped) await new Promise((resolve) => setImmediate(resolve));
    await stopping;
  }

  /** Fire times of the runs of a job, in the order of their starts. */
  fires(job: string): number[] {
    return this.started.filter((run) => run.job === job).map(({ fireMs }) => fireMs);
  }

  outcomes(job: string): Outcome[] {
    return this.finished.filter((run) => run.job === job).map(({ outcome }) => outcome);
  }

  async #rest(): Promise<void> {
    let calm = 0;
    while (calm < 2) {
      await new Promise((resolve) => setImmediate(resolve));
      const atRest = this.clock.pending - this.ownTimers >= TIMERS_AT_REST && this.#running() === this.ownTimers;
      calm = atRest ? calm + 1 : 0;
    }
  }

  #running(): number {
    return this.started.length - this.finished.length;
  }
}

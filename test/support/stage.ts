// One run through the executor without a database and without waiting: its tenure answers as it is told, time is a test's.

import { stopwatch } from '../../runtime/clock.js';
import { timingOf } from '../../runtime/config.js';
import { BizRetryNeedError, DalJobError } from '../../runtime/errors.js';
import type { Instance } from '../../runtime/lock/instance.js';
import { Events } from '../../runtime/run/events.js';
import { type ExecutorDeps, execute } from '../../runtime/run/executor.js';
import { createLog } from '../../runtime/run/log.js';
import { FakeClock } from '../../runtime/testing/fake-clock.js';
import type { AppEvents, JobEntry } from '../../runtime/types.js';
import type { FakeTenure } from './fake-tenure.js';
import { entry, type TestHandler } from './jobs.js';

export const GRACE_MS = 10_000;
export const instance = { app: 'shop', id: 'me', timing: timingOf(15_000, GRACE_MS, 30_000) } as unknown as Instance;

export class Stage {
  readonly clock = new FakeClock();
  readonly said: [keyof AppEvents, unknown][] = [];
  deps: ExecutorDeps;
  controller = new AbortController();
  /** The run is over for the database. */
  ended = false;
  /** Its handler is, too. */
  settled = false;

  constructor() {
    const events = new Events();
    for (const name of ['run.retrying', 'run.finished', 'run.fenced', 'run.zombie', 'bug'] as const) {
      events.on(name, (data) => this.said.push([name, data]));
    }
    const errorClasses = async () => new Map([['BizRetryNeedError', BizRetryNeedError]]);
    this.deps = { clock: this.clock, events, log: createLog(false), services: { a: 1 }, errorClasses };
  }

  get events(): string[] {
    return this.said.map(([name]) => name);
  }

  /** Starts a run and lets everything come to rest that needs no time. */
  async start(tenure: FakeTenure, handler: TestHandler | JobEntry<unknown>): Promise<void> {
    this.controller = new AbortController();
    const what = typeof handler === 'function' ? entry(handler) : handler;
    const onEnded = () => {
      this.ended = true;
    };
    const ageMs = stopwatch(this.clock);
    void execute(this.deps, { tenure, instance, entry: what, ageMs, controller: this.controller }, onEnded).then(() => {
      this.settled = true;
    });
    await this.clock.settle();
  }

  async abort(code: 'DJ3002' | 'DJ3005'): Promise<void> {
    this.controller.abort(new DalJobError(code, 'over'));
    await this.clock.settle();
  }
}

/** Resolves when the signal aborts. */
export function until(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => signal.addEventListener('abort', resolve));
}

// The definitions of one membership against those in force, compared once a lease: what nobody living stands for is taken
// back, and what a newer instance has redefined is left to it. What must hold: of a job that is left to others the log
// says so, once; its fires pass this instance by, and nothing else would tell why.
import type { Clock } from '../clock.js';
import type { Instance } from '../lock/instance.js';
import type { Job } from '../lock/job.js';
import { keepRegistered } from '../lock/register.js';
import type { Events } from './events.js';

export interface DefinitionsOptions {
  readonly instance: Instance;
  /** What stands in job_info: the jobs, and the row of dispatch. */
  readonly declared: readonly Job[];
  readonly events: Events;
  readonly clock: Clock;
}

export class Definitions {
  readonly #options: DefinitionsOptions;
  #comparedAt: number;
  /** Told of; a job of ours again can be told of again. */
  #superseded: ReadonlySet<string> = new Set();

  /** Its jobs were registered just now. */
  constructor(options: DefinitionsOptions) {
    this.#options = options;
    this.#comparedAt = options.clock.monotonic();
  }

  /** @throws DatabaseError */
  async tick(): Promise<void> {
    const { instance, declared, events, clock } = this.#options;
    if (clock.monotonic() - this.#comparedAt < instance.timing.leaseMs) return;
    this.#comparedAt = clock.monotonic();
    const { redefined, retired, superseded } = await keepRegistered(instance, declared);
    if (redefined.length + retired.length > 0) events.emit('job.registered', { redefined, retired });
    const told = this.#superseded;
    this.#superseded = new Set(superseded);
    for (const job of superseded) if (!told.has(job)) events.emit('job.superseded', { job });
  }
}

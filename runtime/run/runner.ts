// The runs of this instance: starts them, counts them against its slots, aborts them, waits for them.
// What must hold: a job stays `busy` here until its handler has really ended, also when the database has long given its
// row to somebody else, so that one process never runs two handlers of a job over each other.
import type { DalJobError } from '../errors.js';
import { type Execution, type ExecutorDeps, execute } from './executor.js';

interface Active {
  readonly controller: AbortController;
  /** The run is over for the database; its handler goes on. */
  ended: boolean;
}

interface Starting {
  readonly startedMs: number;
  readonly onEnded?: () => void;
}

export class Runner {
  readonly #deps: ExecutorDeps;
  readonly #concurrency: number;
  readonly #onFree: () => void;
  readonly #active = new Map<string, Active>();
  #waiters: (() => void)[] = [];

  /** @param onFree called when a handler has ended: a slot is free, a fire may wait */
  constructor(deps: ExecutorDeps, { concurrency, onFree }: { concurrency: number; onFree: () => void }) {
    this.#deps = deps;
    this.#concurrency = concurrency;
    this.#onFree = onFree;
  }

  get freeSlots(): number {
    return Math.max(0, this.#concurrency - this.#active.size);
  }

  /** Has a handler of the job not ended yet? */
  isBusy(job: string): boolean {
    return this.#active.has(job);
  }

  /** Is a run of the job going on here, as far as the database knows? */
  isRunning(job: string): boolean {
    return this.#active.get(job)?.ended === false;
  }

  /** @param onEnded called when the run is over for the database */
  start(execution: Omit<Execution, 'controller'>, { startedMs, onEnded = () => {} }: Starting): void {
    const active: Active = { controller: new AbortController(), ended: false };
    const { name } = execution.tenure.job;
    this.#active.set(name, active);
    this.#deps.events.emit('run.started', { ...execution.tenure.current(), startedMs });
    const over = () => {
      active.ended = true;
      onEnded();
      this.#wakeWaiters();
    };
    void execute(this.#deps, { ...execution, controller: active.controller }, over)
      .catch((error: unknown) => this.#deps.events.emit('bug', { error }))
      .finally(() => {
        this.#active.delete(name);
        over();
        this.#onFree();
      });
  }

  abortAll(reason: DalJobError): void {
    for (const { controller } of this.#active.values()) controller.abort(reason);
  }

  /** Resolves when no run is going on as far as the database knows. */
  async whenEnded(): Promise<void> {
    while ([...this.#active.values()].some(({ ended }) => !ended)) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  #wakeWaiters(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}

// Ends of runs that share a transaction. Many short jobs end together, and each end is a commit: while one flush is under
// way the next gathers, an idle one goes at once (measured in docs/performance.md).
// What must hold: only plain successes come here, and all of a flush stand or none. A flush that is not clearly written is
// no answer: each of its runs then ends by itself, with the doubt that an earlier COMMIT may have come through.
import { finishManyStep, type Held } from '../lock/finish.js';
import type { Instance } from '../lock/instance.js';

interface Waiting {
  readonly held: Held;
  readonly answer: (written: boolean) => void;
}

/** Keeps the statement and the time that rows are locked short. */
const AT_ONCE = 50;

export class Finisher {
  readonly #instance: Instance;
  readonly #waiting: Waiting[] = [];
  #flushing = false;

  constructor(instance: Instance) {
    this.#instance = instance;
  }

  /** Ends a run as succeeded. false: not known to be written; end it by itself. Never rejects. */
  succeed(held: Held): Promise<boolean> {
    return new Promise((answer) => {
      this.#waiting.push({ held, answer });
      if (!this.#flushing) void this.#flushAll();
    });
  }

  async #flushAll(): Promise<void> {
    this.#flushing = true;
    while (this.#waiting.length > 0) await this.#flush(this.#waiting.splice(0, AT_ONCE));
    this.#flushing = false;
  }

  async #flush(batch: readonly Waiting[]): Promise<void> {
    const helds = batch.map(({ held }) => held);
    const step = () => finishManyStep(this.#instance, helds);
    const written = await this.#instance.database.transaction(step).catch(() => false);
    for (const { answer } of batch) answer(written === true);
  }
}

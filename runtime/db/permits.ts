// A counted permit with a queue: the connections of a pool, the one writer of an SQLite file.
// What must hold: first come, first served; nobody waits longer than was asked; a permit given to someone who has
// stopped waiting goes to the next. `give` is called exactly once for each `take` that resolved.

interface Waiter {
  resolve(): void;
}

export class Permits {
  #free: number;
  readonly #waiters: Waiter[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** True if a permit was to be had at once. */
  tryTake(): boolean {
    if (this.#free === 0) return false;
    this.#free -= 1;
    return true;
  }

  /** Resolves with true once a permit is held, with false when limitMs have passed without one. */
  take(limitMs: number): Promise<boolean> {
    if (this.tryTake()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const waiter: Waiter = {
        resolve: () => {
          clearTimeout(timer);
          resolve(true);
        },
      };
      const timer = setTimeout(() => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        resolve(false);
      }, limitMs);
      this.#waiters.push(waiter);
    });
  }

  give(): void {
    const next = this.#waiters.shift();
    if (next === undefined) this.#free += 1;
    else next.resolve();
  }
}

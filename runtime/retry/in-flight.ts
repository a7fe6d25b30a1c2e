// How many calls are under way, and when there are none.

export class InFlight {
  #count = 0;
  #waiters: (() => void)[] = [];

  get count(): number {
    return this.#count;
  }

  /** Counts until the promise has settled; returns it. */
  track<T>(promise: Promise<T>): Promise<T> {
    this.#count += 1;
    const end = () => this.#end();
    promise.then(end, end);
    return promise;
  }

  /** Resolves when none is under way. */
  whenNone(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  #end(): void {
    this.#count -= 1;
    if (this.#count > 0) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}

// Counts turns of the event loop, so that a test can say whether others got theirs meanwhile.

export class Turns {
  /** So far. */
  count = 0;
  #over = false;

  constructor() {
    const another = () => {
      this.count += 1;
      if (!this.#over) setImmediate(another);
    };
    setImmediate(another);
  }

  /** Else the process would never end. */
  stop(): void {
    this.#over = true;
  }
}

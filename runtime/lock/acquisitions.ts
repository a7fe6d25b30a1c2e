// The life of an acq_id in this process: pending → running | abandoned. Changed here and nowhere else, synchronously, so
// that no two continuations can both think a run is theirs.
//   pending    an acquire transaction is under way
//   running    its handler was started by us; kept until its run is over
//   abandoned  it was, or may have been, committed, but its handler provably never started: it may be given back
// A reply that comes late for an abandoned one starts nothing. An abandoned id is kept until it is given back or the
// instance is over: the server may still apply a COMMIT that we gave up on.

export type AcquisitionState = 'pending' | 'running' | 'abandoned';

export class Acquisitions {
  readonly #states = new Map<string, AcquisitionState>();

  pend(acqId: string): void {
    this.#states.set(acqId, 'pending');
  }

  /** true: the caller may start the handler, once. */
  run(acqId: string): boolean {
    if (this.#states.get(acqId) !== 'pending') return false;
    this.#states.set(acqId, 'running');
    return true;
  }

  /** Only what is pending can be abandoned: a run that was started is never given back. */
  abandon(acqId: string): void {
    if (this.#states.get(acqId) === 'pending') this.#states.set(acqId, 'abandoned');
  }

  /** The id is in no row (any more): not taken, its run is over, or given back. */
  forget(acqId: string): void {
    this.#states.delete(acqId);
  }

  stateOf(acqId: string): AcquisitionState | undefined {
    return this.#states.get(acqId);
  }

  get size(): number {
    return this.#states.size;
  }

  /** How many rows may rightly name this instance as the one that runs them. */
  get held(): number {
    return this.size - this.abandoned().length;
  }

  abandoned(): readonly string[] {
    return [...this.#states].filter(([, state]) => state === 'abandoned').map(([acqId]) => acqId);
  }
}

// Which claims of this instance mean what: a key is pending, running or abandoned, changed synchronously and here only.
// Pending: stamped or not, nobody knows yet. Running: its rows are with a handler. Abandoned: nobody here works on its rows
// any more, and rows may still carry it: the statement that stamped or settled them was never answered. An abandoned key is
// kept until its rows were looked for once more, a lease later: the server may still apply a statement we gave up on.

export type KeyState = 'pending' | 'running' | 'abandoned';

export interface AbandonedKey {
  readonly key: string;
  readonly table: string;
  /** No handler has seen its rows: the attempt does not count. */
  readonly unseen: boolean;
}

interface Known {
  readonly table: string;
  readonly state: KeyState;
  readonly seen: boolean;
}

export class ClaimKeys {
  readonly #known = new Map<string, Known>();

  /** Before the statement that stamps rows with it is sent. */
  pend(key: string, table: string): void {
    this.#known.set(key, { table, state: 'pending', seen: false });
  }

  /** true: the rows may be handed over, once. */
  run(key: string): boolean {
    const known = this.#known.get(key);
    if (known?.state !== 'pending') return false;
    this.#known.set(key, { ...known, state: 'running', seen: true });
    return true;
  }

  abandon(key: string): void {
    const known = this.#known.get(key);
    if (known !== undefined) this.#known.set(key, { ...known, state: 'abandoned' });
  }

  /** No row carries it any more. */
  forget(key: string): void {
    this.#known.delete(key);
  }

  stateOf(key: string): KeyState | undefined {
    return this.#known.get(key)?.state;
  }

  abandoned(): readonly AbandonedKey[] {
    return [...this.#known]
      .filter(([, { state }]) => state === 'abandoned')
      .map(([key, { table, seen }]) => ({ key, table, unseen: !seen }));
  }
}

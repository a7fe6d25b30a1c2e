// The life of a claim_key of retry records in this process, as acquisitions.ts has it for runs: pending → running |
// abandoned, changed here and nowhere else, synchronously.
//   pending    a claim is under way
//   running    its records were handed out; nothing of it is kept
//   abandoned  it was, or may have been, committed, but nothing of it ever started: its records are given back
// An abandoned key is kept until the instance is over: the server may still apply a COMMIT that we gave up on.
import { randomUUID } from 'node:crypto';
import type { CallKind } from '../service-types.js';

export interface AbandonedKey {
  readonly key: string;
  readonly kind: CallKind;
}

interface Entry extends AbandonedKey {
  state: 'pending' | 'abandoned';
}

/** Fresh for every claim: 59 characters, the instance first. */
export function newClaimKey(instanceId: string): string {
  return `${instanceId}:${randomUUID()}`;
}

export class ClaimKeys {
  readonly #entries = new Map<string, Entry>();

  pend(key: string, kind: CallKind): void {
    this.#entries.set(key, { key, kind, state: 'pending' });
  }

  /** true: the caller may start what it claimed, once. */
  run(key: string): boolean {
    return this.#entries.get(key)?.state === 'pending' && this.#entries.delete(key);
  }

  /** Only what is pending can be abandoned: what was started is never given back. */
  abandon(key: string): void {
    const entry = this.#entries.get(key);
    if (entry?.state === 'pending') entry.state = 'abandoned';
  }

  /** The key is in no row: nothing was claimed, or it was given back. */
  forget(key: string): void {
    this.#entries.delete(key);
  }

  get size(): number {
    return this.#entries.size;
  }

  abandoned(): readonly AbandonedKey[] {
    return [...this.#entries.values()].filter(({ state }) => state === 'abandoned');
  }
}

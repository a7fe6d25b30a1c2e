// The claims of one membership: it opens the runs of jobs that have one, and sees to it that no row stays claimed by nobody.
// What must hold: a sweep of the application's tables asks little (a statement a table when nothing is claimed) and seldom; a
// table that somebody dropped or changed costs its own job, never the tick.
import type { Claim } from '../claim/claim.js';
import { ClaimKeys } from '../claim/keys.js';
import { releaseAbandoned, releaseOrphans } from '../claim/sweep.js';
import { DatabaseError } from '../db/errors.js';
import type { BatchDeps } from './batch.js';
import { ClaimedRun } from './claimed-run.js';

export type Claims = ReadonlyMap<string, Claim>;

/** Claim tables are looked at in every so many due reads, unless a lease is over. */
const SWEEP_EVERY = 10;

export class ClaimDesk {
  readonly #deps: BatchDeps;
  readonly #claims: Claims;
  readonly #keys = new ClaimKeys();
  /** When rows under an abandoned key were first looked for. */
  readonly #looked = new Map<string, number>();
  #turn = 0;

  constructor(deps: BatchDeps, claims: Claims) {
    this.#deps = deps;
    this.#claims = claims;
  }

  /** The rows of a run that is to start, for its execution; nothing if the job has no claim. */
  open(job: string): { readonly claimed?: ClaimedRun } {
    const claim = this.#claims.get(job);
    return claim === undefined ? {} : { claimed: new ClaimedRun({ ...this.#deps, keys: this.#keys }, claim) };
  }

  /** One due read. `soon`: some lease is over. @throws DatabaseError when the database cannot be reached */
  async tick(soon: boolean): Promise<void> {
    if (this.#claims.size === 0) return;
    await this.#releaseAbandoned();
    const turn = this.#turn++ % SWEEP_EVERY;
    if (turn !== 0 && !soon) return;
    for (const claim of this.#tables().values()) await this.#guarded(() => this.#releaseOrphans(claim));
  }

  async #releaseOrphans(claim: Claim): Promise<void> {
    const { instance, events } = this.#deps;
    for (const released of await releaseOrphans(instance, claim)) events.emit('rows.released', released);
  }

  /** At once, and a lease later: the server may yet apply a statement that we gave up on. */
  async #releaseAbandoned(): Promise<void> {
    const { instance, clock } = this.#deps;
    for (const abandoned of this.#keys.abandoned()) {
      const { key, table } = abandoned;
      const claim = [...this.#claims.values()].find(({ definition }) => definition.table === table);
      const lookedMs = this.#looked.get(key);
      const now = clock.monotonic();
      if (claim === undefined || (lookedMs !== undefined && now - lookedMs < instance.timing.leaseMs)) continue;
      await this.#guarded(() => releaseAbandoned(instance, claim, abandoned));
      if (lookedMs === undefined) this.#looked.set(key, now);
      else this.#forget(key);
    }
  }

  #forget(key: string): void {
    this.#looked.delete(key);
    this.#keys.forget(key);
  }

  /** One claim a table: keys say nothing of jobs. A table in memory has no other instance's. */
  #tables(): ReadonlyMap<string, Claim> {
    const shared = [...this.#claims.values()].filter(({ checked }) => checked);
    return new Map(shared.map((claim) => [claim.definition.table, claim]));
  }

  async #guarded(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.kind === 'reconnect') throw error;
      if (error.kind === 'bug') this.#deps.events.emit('bug', { error });
    }
  }
}

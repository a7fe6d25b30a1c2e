// What other instances do, read from the shared tables once a second: that is all instances know of each other. Only for
// eyes: nothing is decided here, and a database that does not answer is no error (the app says so itself).
// What must hold: each finished row is told once; a run that was seen running is told when it ends, however late.
import type { Admin, LogEntry } from '../../runtime/admin.js';
import type { Database } from '../../runtime/db/database.js';
import { databaseNow, type Owner, readLiving, readOwners } from '../session.js';

/** A row may become visible this long after the time it carries: its transaction was open meanwhile. */
const LATE_MS = 5_000;
const MOST = 500;

export interface News {
  /** Ended since the last time, oldest first. */
  readonly ended: readonly LogEntry[];
  readonly running: readonly LogEntry[];
  readonly joined: readonly Owner[];
  readonly left: readonly Owner[];
}

export class Elsewhere {
  readonly #database: Database;
  readonly #admin: Admin;
  readonly #app: string;
  readonly #startMs: number;
  readonly #told = new Map<string, number>();
  #running: readonly LogEntry[] = [];
  #living: ReadonlyMap<string, Owner> | null = null;
  readonly #owners = new Map<string, Owner>();

  private constructor(database: Database, admin: Admin, at: { app: string; startMs: number }) {
    this.#database = database;
    this.#admin = admin;
    this.#app = at.app;
    this.#startMs = at.startMs;
  }

  /** Looks from now on. @throws DatabaseError */
  static async open(database: Database, admin: Admin, app: string): Promise<Elsewhere> {
    return new Elsewhere(database, admin, { app, startMs: await databaseNow(database) });
  }

  get living(): readonly Owner[] {
    return [...(this.#living?.values() ?? [])];
  }

  owner(id: string | null): Owner | undefined {
    return id === null ? undefined : this.#owners.get(id);
  }

  /** @param isOwn ids of this process @throws DatabaseError */
  async poll(isOwn: (id: string) => boolean): Promise<News> {
    const nowMs = await databaseNow(this.#database);
    const { joined, left } = await this.#readLiving(isOwn);
    const others = (await this.#readLog(nowMs)).filter(({ owner }) => owner !== null && !isOwn(owner));
    await this.#learnOwners(others);
    this.#running = others.filter(({ outcome }) => outcome === 'running');
    return { ended: this.#tell(others), running: this.#running, joined, left };
  }

  async #readLiving(isOwn: (id: string) => boolean): Promise<{ joined: readonly Owner[]; left: readonly Owner[] }> {
    const before = this.#living;
    const living = new Map((await readLiving(this.#database, this.#app)).map((owner) => [owner.id, owner]));
    for (const owner of living.values()) this.#owners.set(owner.id, owner);
    this.#living = living;
    const others = (owners: ReadonlyMap<string, Owner>) => [...owners.values()].filter(({ id }) => !isOwn(id));
    const joined = others(living).filter(({ id }) => before !== null && !before.has(id));
    return { joined, left: others(before ?? new Map()).filter(({ id }) => !living.has(id)) };
  }

  #readLog(nowMs: number): Promise<readonly LogEntry[]> {
    const openMs = this.#running.map(({ startedAt }) => startedAt);
    const sinceMs = Math.max(this.#startMs - LATE_MS, Math.min(nowMs - LATE_MS, ...openMs));
    return this.#admin.logs({ sinceMs: Math.min(sinceMs, ...openMs), limit: MOST });
  }

  async #learnOwners(entries: readonly LogEntry[]): Promise<void> {
    const unknown = entries.flatMap(({ owner }) => (owner === null || this.#owners.has(owner) ? [] : [owner]));
    for (const [id, owner] of await readOwners(this.#database, unknown)) this.#owners.set(id, owner);
  }

  #tell(entries: readonly LogEntry[]): readonly LogEntry[] {
    const oldestMs = Math.min(...entries.map(({ startedAt }) => startedAt));
    for (const [id, startedAt] of this.#told) if (startedAt < oldestMs) this.#told.delete(id);
    const ended = entries.filter(
      ({ id, outcome, finishedAt, startedAt }) =>
        outcome !== 'running' && !this.#told.has(id) && (finishedAt ?? startedAt) >= this.#startMs,
    );
    for (const { id, startedAt } of ended) this.#told.set(id, startedAt);
    return [...ended].sort((a, b) => (a.finishedAt ?? a.startedAt) - (b.finishedAt ?? b.startedAt));
  }
}

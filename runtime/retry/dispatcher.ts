// Brings recorded calls back: claims what is due and can start now, runs it, settles it. One a membership.
// What must hold: no more of a method runs at once than its concurrency, and a busy method is never in another's way; a
// claim that comes back when it may not start any more is released with the attempt it had; after a lost lease nothing is
// settled; the loop outlives every error (the next due read wakes it again).
import { type Clock, sleep, turn } from '../clock.js';
import { DatabaseError } from '../db/errors.js';
import type { DalJobError } from '../errors.js';
import type { ClaimKeys } from '../lock/claim-keys.js';
import type { Instance } from '../lock/instance.js';
import type { Lease } from '../lock/lease.js';
import type { Emit } from '../types.js';
import { claim, NOTHING } from './claim.js';
import type { Claimed, Lost, Quota } from './claim-step.js';
import { finalOf, tellEnd } from './ending.js';
import { Loner } from './loner.js';
import { dueMethods, type Method, nameOf } from './methods.js';
import type { CallOutcome, ClaimedRecord, RunRecord } from './record.js';
import type { Settler } from './settle.js';
import { CLAIM_AT_ONCE, sharesOf } from './shares.js';
import { endStrangers } from './strangers.js';

export interface DispatcherOptions {
  readonly instance: Instance;
  readonly lease: Lease;
  readonly claimKeys: ClaimKeys;
  readonly clock: Clock;
  readonly methods: readonly Method[];
  readonly settler: Settler;
  readonly runRecord: RunRecord;
  readonly tell: Emit;
}

/** Ends that the database has not confirmed yet: with more, claiming waits. */
const MOST_UNSETTLED = 2_000;
/** Slots that come free one by one are filled together. */
const GATHER_MS = 10;

interface Active {
  readonly method: Method;
  readonly controller: AbortController;
}

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #byName: ReadonlyMap<string, Method>;
  readonly #active = new Map<ClaimedRecord, Active>();
  readonly #running = new Map<Method, number>();
  /** Methods that may have more records that are due. */
  #hot: Method[] = [];
  readonly #loner: Loner;
  #asked = false;
  #wanted = false;
  #working: Promise<void> | null = null;
  #cancelGather: (() => void) | null = null;
  #stopped = false;
  #aborted = false;
  /** More ends are being written than claims may follow. */
  #isBehind = false;
  /** Calls, and ends being written. */
  #open = 0;
  #whenIdle: (() => void)[] = [];
  #strangersAt = Number.NEGATIVE_INFINITY;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#byName = new Map(options.methods.map((method) => [nameOf(method), method]));
    this.#loner = new Loner(options.clock, () => this.#wake());
  }

  /** A record is due: looks which, and goes on as long as there are more. Returns at once. */
  tick(): void {
    this.#asked = true;
    this.#wake();
  }

  /** Claims nothing more. Resolves when a claim that was under way is started or given back. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#loner.stop();
    this.#cancelGather?.();
    await this.#working;
  }

  /** Neither claims nor runs nor settles anything. */
  get isIdle(): boolean {
    return this.#working === null && this.#open === 0;
  }

  abortAll(reason: DalJobError): void {
    this.#aborted = true;
    for (const { controller } of this.#active.values()) controller.abort(reason);
    this.#notify();
  }

  /** Resolves when no call is going on and every end is written, or `graceMs` after the calls were aborted. */
  async whenEnded(): Promise<void> {
    const { clock, instance } = this.#options;
    while (this.#open > 0) {
      // also told of an abort
      const idle = new Promise<void>((resolve) => this.#whenIdle.push(resolve));
      if (this.#aborted) return await Promise.race([idle, sleep(clock, instance.timing.graceMs)]);
      await idle;
    }
  }

  #wake(): void {
    this.#wanted = true;
    this.#cancelGather?.();
    this.#cancelGather = null;
    if (this.#stopped) return;
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
    });
  }

  async #work(): Promise<void> {
    while (this.#wanted && !this.#stopped) {
      this.#wanted = false;
      if (!this.#hasRoom()) await turn(); // calls that end at once free their slots before the next claim
      try {
        await this.#round();
      } catch (error) {
        this.#hot = [];
        if (!(error instanceof DatabaseError) || error.kind === 'bug') this.#options.tell('bug', { error });
      }
    }
  }

  async #round(): Promise<void> {
    const { instance, methods, lease, settler } = this.#options;
    if (!lease.holds()) return;
    const asked = this.#asked;
    this.#asked = false;
    if (asked) this.#hot = [...(await dueMethods(instance, methods))];
    this.#isBehind = settler.unsettled > MOST_UNSETTLED;
    const next = this.#loner.turn(this.#active.size);
    if (next === 'wait' || this.#isBehind) return;
    if (next === 'batch') await this.#claimBatches();
    else await this.#claimLone(next);
  }

  /** Of both kinds, before the next that runs alone. */
  async #claimBatches(): Promise<void> {
    const lost: Lost[] = [];
    let started = 0;
    for (const kind of ['beforehand', 'afterward'] as const) {
      const wanted = sharesOf(this.#hot, kind, (method) => this.#roomOf(method));
      const claimed = await this.#claim(kind, [...wanted.keys()]);
      if (claimed === null) return;
      this.#forget(new Set(claimed.dry.map((quota) => wanted.get(quota))));
      lost.push(...claimed.lost);
      started += claimed.records.length;
      for (const record of claimed.records) this.#start(record);
    }
    this.#loner.wait(lost);
    if (started > 0 || lost.length > 0) this.#wanted = true;
    else if (this.#hot.length === 0) await this.#endStrangers();
  }

  async #claimLone({ kind, id, quota }: Lost): Promise<void> {
    const method = this.#byName.get(nameOf(quota));
    const hasRoom = method !== undefined && this.#roomOf(method) > 0;
    let record: ClaimedRecord | undefined;
    try {
      const claimed = hasRoom ? await this.#claim(kind, [{ ...quota, lone: id, limit: 1 }]) : null;
      record = claimed?.records[0];
      if (claimed !== null) this.#wanted = true;
    } finally {
      this.#loner.begin(record); // also when its claim failed: the others must not wait for it
    }
    if (record !== undefined) this.#start(record);
  }

  /** null: paused, or the lease is over; the next due read knows. */
  async #claim(kind: Method['kind'], quotas: readonly Quota[]): Promise<Claimed | null> {
    if (quotas.length === 0) return NOTHING;
    const claimer = { ...this.#options, mayStart: () => !this.#stopped && this.#options.lease.holds() };
    const claimed = await claim(claimer, { kind, quotas });
    if (claimed === null) this.#hot = [];
    return claimed;
  }

  /** For a whole claim more: its round trips go on while the calls of the last one run. */
  #hasRoom(): boolean {
    return this.#hot.reduce((sum, method) => sum + this.#roomOf(method), 0) >= CLAIM_AT_ONCE;
  }

  #roomOf(method: Method): number {
    return method.concurrency - (this.#running.get(method) ?? 0);
  }

  #forget(dry: ReadonlySet<Method | undefined>): void {
    if (dry.size > 0) this.#hot = this.#hot.filter((method) => !dry.has(method));
  }

  #start(record: ClaimedRecord): void {
    const method = this.#byName.get(nameOf(record));
    if (method === undefined) return; // it asked for its methods only
    const active = { method, controller: new AbortController() };
    this.#active.set(record, active);
    this.#running.set(method, (this.#running.get(method) ?? 0) + 1);
    this.#open += 1;
    void this.#run(record, active).finally(() => this.#close());
  }

  async #run(record: ClaimedRecord, { method, controller }: Active): Promise<void> {
    const { runRecord, settler, tell } = this.#options;
    const outcome = await runRecord(record, controller.signal).catch((error: unknown): CallOutcome => {
      tell('bug', { error });
      return { state: 'DEAD', error };
    });
    this.#active.delete(record);
    this.#running.set(method, (this.#running.get(method) ?? 1) - 1);
    this.#loner.ended(record);
    this.#refill(method);
    if (!this.#options.lease.holds()) return;
    const final = finalOf(record, outcome);
    if (await settler.settle(record, final)) tellEnd(tell, record, final);
  }

  #close(): void {
    this.#open -= 1;
    if (this.#isBehind && this.#options.settler.unsettled < MOST_UNSETTLED / 2) this.#wake();
    if (this.#open === 0) this.#notify();
  }

  #notify(): void {
    const waiting = this.#whenIdle;
    this.#whenIdle = [];
    for (const resolve of waiting) resolve();
  }

  /** A slot is free. With others about to come free, the claim waits for them a moment. */
  #refill(method: Method): void {
    if (this.#stopped || this.#hot.length === 0) return;
    const free = this.#roomOf(method);
    if (free * 4 >= method.concurrency || this.#active.size === 0) this.#wake();
    else this.#cancelGather ??= this.#options.clock.setTimer(GATHER_MS, () => this.#wake());
  }

  /** Once a lease, and only when something is due that is not ours to claim. */
  async #endStrangers(): Promise<void> {
    const { clock, instance, methods, tell } = this.#options;
    if (clock.monotonic() - this.#strangersAt < instance.timing.leaseMs) return;
    this.#strangersAt = clock.monotonic();
    for (const { error, ...call } of await endStrangers(instance, methods)) tell('call.dead', { ...call, error });
  }
}

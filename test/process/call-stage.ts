// A stage for process tests of services: a fresh database of any dialect, a witness, and instances that call and retry.
// Faults of the network are for servers only; what kills a process is for all. The verdict is call-checker's; the records
// are read for it at the end, when all of them have ended or should have.
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../../runtime/db/database.js';
import { type CallRecord, checkCalls, executionsOf, type Heard } from '../support/call-checker.js';
import type { TestDatabase } from '../support/databases.js';
import { startProxy, type TestProxy } from '../support/proxy.js';
import { startWitness } from '../support/witness.js';
import type { WitnessEvent } from '../support/witness-events.js';
import { type Actor, startActor } from './actor.js';
import type { CallArg, CallCommand, CallInstanceOptions, TestMethod, Told } from './call-options.js';
import { tailOf } from './log-tail.js';
import { GRACE_MS, recoveryLimits, SHUTDOWN_MS } from './plan.js';
import { chooseScale } from './scenes.js';

export interface CallStageOptions {
  readonly database: TestDatabase;
  /** Unique in this process. */
  readonly name: string;
  readonly script: string;
  readonly methods: readonly TestMethod[];
}

export interface Casting extends Partial<Pick<CallInstanceOptions, 'configHash' | 'schedule' | 'methods'>> {
  readonly url?: string;
}

export interface CallStage {
  readonly actors: readonly Actor[];
  readonly events: readonly WitnessEvent[];
  /** Of the database the instances share. */
  readonly rows: Database;
  readonly recoveryMs: number;
  cast(casting?: Casting): Promise<Actor>;
  /** A fault proxy for one instance. Servers only. */
  proxied(): Promise<{ readonly proxy: TestProxy; readonly url: string }>;
  /** Starts calls; who hears of their ends is the caller. */
  call(actor: Actor, command: Omit<CallCommand, 'atOnce' | 'outbox'> & Partial<CallCommand>): void;
  /** Resolves with what `look` finds. @throws after `limitMs` */
  until<T>(
    what: string,
    look: () => T | undefined | false | Promise<T | undefined | false>,
    limitMs?: number,
  ): Promise<T>;
  records(): Promise<CallRecord[]>;
  /** Waits until every record has ended, stops everybody, and says what is wrong: one sentence a breach. */
  judge(): Promise<string[]>;
  close(): Promise<void>;
}

const { leaseMs } = chooseScale();
const POLL_MS = 50;

export async function openCallStage(options: CallStageOptions): Promise<CallStage> {
  const { database, name, methods, script } = options;
  await database.recreate();
  const rows = await database.openTestDatabase();
  const witness = await startWitness(name);
  const tail = tailOf(witness.logPath);
  const actors: Actor[] = [];
  const proxies: TestProxy[] = [];
  const enqueued: { readonly actor: Actor; readonly args: readonly CallArg[] }[] = [];
  const stage: CallStage = {
    actors,
    rows,
    recoveryMs: recoveryLimits(leaseMs).recoveryMs,
    get events() {
      return tail.read();
    },
    async cast(casting = {}) {
      const instance = { ...instanceOptions(database.url, methods), ...casting };
      const actor = startActor({ name: `${name}-${actors.length}`, script, witness, options: instance, env: {} });
      actors.push(actor);
      await actor.up();
      return actor;
    },
    async proxied() {
      const proxy = await startProxy(database.server.port);
      proxies.push(proxy);
      return { proxy, url: proxy.url(database.url) };
    },
    call(actor, command) {
      const whole = { atOnce: 8, outbox: false, ...command };
      if (whole.outbox) enqueued.push({ actor, args: whole.args });
      actor.ask(whole);
    },
    until: (what, look, limitMs = 60_000) => until(look, { what, limitMs }),
    records: () => readRecords(rows),
    async judge() {
      const ended = async () => (await readRecords(rows)).every(({ state }) => ENDED.has(state));
      await stage.until('every record to end', ended, stage.recoveryMs * 2).catch(() => {});
      await Promise.all(actors.filter((actor) => !actor.ended).map((actor) => actor.term()));
      return checkCalls({
        events: tail.read(),
        records: await readRecords(rows),
        heard: actors.flatMap(heardBy),
        enqueued: enqueued
          .filter(({ actor }) => actor.count('enqueued') > 0)
          .flatMap(({ args }) => args.map(({ n }) => n)),
        concurrency: Object.fromEntries(methods.map((method) => [method.name, method.concurrency])),
      });
    },
    async close() {
      await Promise.all(actors.filter((actor) => !actor.ended).map((actor) => actor.kill9()));
      await Promise.all(proxies.map((proxy) => proxy.close()));
      tail.close();
      await witness.stop();
    },
  };
  return stage;
}

const ENDED: ReadonlySet<string> = new Set(['SUCCEEDED', 'DEAD', 'UNKNOWN']);

/** What callers in this process heard of their calls. */
export function heardBy({ reports }: Actor): Heard[] {
  const told = reports.filter(({ event }) => event === 'told').map(({ data }) => data as Told);
  return told.map(({ n, result }) => ({ call: n, result }));
}

/** Executions so far. */
export function executions({ events }: CallStage): ReturnType<typeof executionsOf> {
  return executionsOf(events);
}

function instanceOptions(url: string, methods: readonly TestMethod[]): CallInstanceOptions {
  const limits = { leaseMs, graceMs: GRACE_MS, shutdownMs: SHUTDOWN_MS };
  return { url, configHash: 'usual', ...limits, schedule: true, methods };
}

async function until<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
  { what, limitMs }: { what: string; limitMs: number },
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms for ${what}, in vain`);
    await delay(POLL_MS);
  }
}

interface Row {
  readonly method: string;
  readonly args: string;
  readonly state: string;
  readonly attempt: number;
  readonly max_retries: number;
  readonly on_crash: string;
}

async function readRecords(database: Database): Promise<CallRecord[]> {
  const { tables } = database;
  const kinds = [
    { kind: 'beforehand', table: tables.job_beforehand_retry },
    { kind: 'afterward', table: tables.job_retry },
  ] as const;
  const found = await Promise.all(
    kinds.map(async ({ kind, table }) => {
      const all = await database.query<Row>(
        `SELECT method, args, state, attempt, max_retries, on_crash FROM ${table}`,
        [],
      );
      return all.map((row) => ({ kind, row }));
    }),
  );
  return found.flat().map(({ kind, row }) => ({
    ...{ kind, method: row.method, state: row.state, attempt: row.attempt, onCrash: row.on_crash },
    call: (JSON.parse(row.args) as [CallArg])[0].n,
    maxRetries: row.max_retries,
  }));
}

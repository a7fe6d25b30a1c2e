// A stage for a process test: a fresh database, a witness, the plan of what must hold, and instances that come and go.
// At the end it stops every instance, adds job_log and the guarded effects as committed to the log, and has it judged.
// It must never look at dal-job's tables to decide whether something went well.
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { checkLog, type Verdict } from '../support/checker.js';
import { startProxy, type TestProxy } from '../support/proxy.js';
import type { TestServer } from '../support/server.js';
import { startWitness } from '../support/witness.js';
import type { HarnessEvent, Plan, RecordedRow, RunEvent, RunFacts, WitnessEvent } from '../support/witness-events.js';
import { type Actor, startActor } from './actor.js';
import { APP, EFFECT_TABLES, type InstanceOptions, type TestJob } from './instance-options.js';
import { type LogTail, tailOf } from './log-tail.js';
import { GRACE_MS, planOf, SHUTDOWN_MS } from './plan.js';

export interface StageOptions {
  readonly server: TestServer;
  /** Unique in this process; also the database's name. */
  readonly name: string;
  readonly jobs: readonly TestJob[];
  readonly leaseMs: number;
  readonly seed: number;
  /** The instance script to run (see build.ts). */
  readonly script: string;
  readonly plan?: Partial<Omit<Plan, 'jobs'>>;
}

/** What one instance has of its own. */
export interface Casting {
  /** Default: straight to the server. */
  readonly url?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the stage's. */
  readonly jobs?: readonly TestJob[];
  /** Default: `usual`. */
  readonly configHash?: string;
}

export interface Stage {
  readonly plan: Plan;
  readonly url: string;
  /** The log so far, and at the end what the tables say. */
  readonly events: readonly WitnessEvent[];
  readonly actors: readonly Actor[];
  /** A new fault proxy in front of the server, and the database's url through it; closed with the stage. */
  proxied(): Promise<{ readonly proxy: TestProxy; readonly url: string }>;
  /** Resolves when it has joined. */
  cast(casting?: Casting): Promise<Actor>;
  tell(event: HarnessEvent): Promise<void>;
  /** Resolves with what `look` finds in the log (or elsewhere). @throws after `limitMs` */
  until<T>(
    what: string,
    look: (events: readonly WitnessEvent[]) => T | undefined | false,
    limitMs?: number,
  ): Promise<T>;
  /** FINISH; everybody stops; the verdict. */
  judge(): Promise<Verdict>;
  /** Ends whatever is left. Idempotent. */
  close(): Promise<void>;
}

const POLL_MS = 20;

export async function openStage(options: StageOptions): Promise<Stage> {
  const { server, name } = options;
  const witness = await startWitness(name);
  await prepare(server, name);
  const plan = planOf(options);
  await witness.tell({ event: 'PLAN', plan });
  const tail = tailOf(witness.logPath);
  const actors: Actor[] = [];
  const records: WitnessEvent[] = [];
  const url = server.url(name);
  const proxies: TestProxy[] = [];
  return {
    plan,
    url,
    actors,
    get events() {
      return [...tail.read(), ...records];
    },
    async proxied() {
      const proxy = await startProxy(server.port);
      proxies.push(proxy);
      return { proxy, url: proxy.url(url) };
    },
    async cast(casting = {}) {
      const number = actors.length;
      const instance = { ...instanceOptions(options, casting, number), url: casting.url ?? url };
      const actor = startActor({
        name: `${name}-${number}`,
        script: options.script,
        witness,
        options: instance,
        env: casting.env ?? {},
      });
      actors.push(actor);
      await actor.up();
      return actor;
    },
    tell: (event) => witness.tell(event),
    until: (what, look, limitMs = 60_000) => until({ what, tail, actors, limitMs }, look),
    async judge() {
      await witness.tell({ event: 'FINISH' });
      await Promise.all(actors.filter(({ ended }) => !ended).map((actor) => actor.term()));
      records.push(...(await readRecords(server, name, tail.read())));
      return checkLog([...tail.read(), ...records]);
    },
    async close() {
      await Promise.all(actors.filter(({ ended }) => !ended).map((actor) => actor.kill9()));
      await Promise.all(proxies.map((proxy) => proxy.close()));
      tail.close();
      await witness.stop();
      await server.query(`DROP DATABASE IF EXISTS ${name}`).catch(() => {});
    },
  };
}

/** Keeps a log that somebody will want to read, and says where. */
export function keepLog({ events }: Stage, name: string): string {
  const folder = join(tmpdir(), 'dal-job-failed');
  mkdirSync(folder, { recursive: true });
  const kept = join(folder, `${name}.jsonl`);
  writeFileSync(kept, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  return kept;
}

async function prepare(server: TestServer, name: string): Promise<void> {
  await server.query(`DROP DATABASE IF EXISTS ${name}`);
  await server.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  for (const sql of EFFECT_TABLES) await server.query(sql.replace('CREATE TABLE ', `CREATE TABLE ${name}.`));
}

function instanceOptions(options: StageOptions, casting: Casting, number: number): Omit<InstanceOptions, 'url'> {
  return {
    configHash: casting.configHash ?? 'usual',
    leaseMs: options.leaseMs,
    ...{ graceMs: GRACE_MS, shutdownMs: SHUTDOWN_MS },
    seed: options.seed + number,
    jobs: casting.jobs ?? options.jobs,
  };
}

interface Waiting {
  readonly what: string;
  readonly tail: LogTail;
  readonly actors: readonly Actor[];
  readonly limitMs: number;
}

async function until<T>(
  waiting: Waiting,
  look: (events: readonly WitnessEvent[]) => T | undefined | false,
): Promise<T> {
  const { what, tail, actors, limitMs } = waiting;
  const deadline = performance.now() + limitMs;
  for (;;) {
    const found = look(tail.read());
    if (found !== undefined && found !== false) return found;
    const crashed = actors.find((actor) => actor.crashed);
    if (crashed !== undefined) throw new Error(`pid ${crashed.pid} ended by itself:\n${crashed.output}`);
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms for ${what}, in vain`);
    await delay(POLL_MS);
  }
}

interface LogRow {
  readonly job_name: string;
  readonly manual: 0 | 1;
  readonly fire_at: number;
  readonly slot: string;
  readonly attempt: number;
  readonly outcome: string;
  readonly missed_count: number | null;
  readonly pid: number | null;
}

/** A fire that waits in its job's row for the run before it to end is recorded, too. */
const DECISION = { manual: 0, slot: '', attempt: 0, outcome: 'queued', missed_count: null, pid: null } as const;

/** Stamped as if the witness had written them last: they are no evidence of when anything happened. */
async function readRecords(server: TestServer, name: string, before: readonly WitnessEvent[]): Promise<WitnessEvent[]> {
  const rows = await server.query<LogRow>(
    `SELECT l.job_name, l.manual, l.fire_at, l.slot, l.attempt, l.outcome, l.missed_count, i.pid
     FROM ${name}.job_log l LEFT JOIN ${name}.job_instance i ON i.id = l.owner WHERE l.job_name NOT LIKE 'dalJob.%' ORDER BY l.fire_at`,
  );
  const effects = await server.query<{ resource: string; run: string }>(
    `SELECT resource, run FROM ${name}.effect_log ORDER BY resource, version`,
  );
  const queued = await server.query<{ name: string; fire_at: number }>(
    `SELECT name, queued_fire_at AS fire_at FROM ${name}.job_info WHERE queued_fire_at IS NOT NULL`,
  );
  const bodies: (HarnessEvent | RunEvent)[] = [
    ...queued.map((row) => ({ event: 'ROW', ...recorded({ ...DECISION, ...row, job_name: row.name }) }) as const),
    ...rows.map((row) => ({ event: 'ROW', ...recorded(row) }) as const),
    ...effects.map(
      ({ resource, run }) => ({ event: 'EFFECT', resource, accepted: true, ...(JSON.parse(run) as RunFacts) }) as const,
    ),
  ];
  const last = before.at(-1);
  const stamp = { atMs: last?.atMs ?? 0, wallMs: last?.wallMs ?? 0 };
  return bodies.map((body, index) => ({ n: before.length + index, ...stamp, ...body }));
}

function recorded(row: LogRow): RecordedRow {
  const fireTimeMs = Number(row.fire_at);
  return {
    ...{ job: row.job_name, fireTimeMs, slot: row.slot, attempt: row.attempt, outcome: row.outcome },
    key: `${APP}/${row.job_name}@${fireTimeMs}${row.manual ? '/manual' : ''}`,
    ...(row.missed_count === null ? {} : { missedCount: Number(row.missed_count) }),
    ...(row.pid === null ? {} : { pid: row.pid }),
  };
}

// What recorded calls cost, and how fast retries drain: `npm run bench:retry`. In one run beside the bare database.
// (1) beforehand calls a second at 1, 16 and 64 in flight, beside single autocommitted inserts over as many connections, and
// at 1 beside the two statements a call needs; (2) due no-op records drained by one instance and by four, and the CPU time
// of a record, beside grouped statements of bare mysql2. Medians of BENCH_ROUNDS (3), with their extremes.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import mysql from 'mysql2/promise';
import { migrate } from '../runtime/db/migrate.js';
import { openDatabase } from '../runtime/db/open.js';
import { bareDispatch, bareInserts, barePairs, fill } from './retry-floor.js';
import type { Answer, Command } from './retry-instance.js';
import { benchServer, median } from './servers.js';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const CALLS = Number(process.env.BENCH_CALLS ?? 4_000);
const RECORDS = Number(process.env.BENCH_RECORDS ?? 20_000);
const IN_FLIGHT = [1, 16, 64] as const;
/** Not due before it is let go. */
const LATER_MS = 9_999_999_999_999;
const INSTANCE = fileURLToPath(new URL('./retry-instance.ts', import.meta.url));

async function calls(url: string): Promise<void> {
  const results = new Series();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const atOnce of IN_FLIGHT) {
      await clear(url);
      results.add(`bare inserts, ${atOnce} connections`, await bareInserts(url, atOnce, CALLS));
      if (atOnce === 1) results.add('bare pairs', await barePairs(url, CALLS));
      const child = await start(url, { schedule: false });
      results.add(`calls, ${atOnce} in flight`, await callsPerSecond(child, atOnce));
      await stop(child);
    }
  }
  for (const atOnce of IN_FLIGHT) {
    results.print(`bare inserts, ${atOnce} connections`, 'inserts/s');
    results.print(`calls, ${atOnce} in flight`, 'calls/s', `bare inserts, ${atOnce} connections`);
    if (atOnce === 1) {
      results.print('bare pairs', 'pairs/s');
      results.print('calls, 1 in flight', 'calls/s', 'bare pairs');
    }
  }
}

async function dispatch(url: string): Promise<void> {
  const results = new Series();
  for (let round = 0; round < ROUNDS; round += 1) {
    results.add('bare grouped statements', await bareDispatch(url, RECORDS));
    for (const instances of [1, 4]) {
      const { perSecond, cpuUsEach } = await drain(url, instances);
      results.add(`dispatch, ${instances} instances`, perSecond);
      results.add(`CPU of ${instances} instances`, cpuUsEach);
    }
  }
  results.print('bare grouped statements', 'records/s');
  for (const instances of [1, 4]) {
    results.print(`dispatch, ${instances} instances`, 'records/s', 'bare grouped statements');
    results.print(`CPU of ${instances} instances`, 'µs a record');
  }
}

/** Every instance is up before anything is due; from the first claim to the last end by the records' own times. */
async function drain(url: string, instances: number): Promise<{ perSecond: number; cpuUsEach: number }> {
  await clear(url);
  const children = await Promise.all(Array.from({ length: instances }, () => start(url, { schedule: true })));
  await fill(url, RECORDS, LATER_MS);
  const connection = await mysql.createConnection(url.replace('mariadb:', 'mysql:'));
  const perSecond = await untilDrained(connection);
  await connection.end();
  const cpu = await Promise.all(children.map(stop));
  return { perSecond, cpuUsEach: (cpu.reduce((sum, ms) => sum + ms, 0) * 1_000) / RECORDS };
}

async function untilDrained(connection: mysql.Connection): Promise<number> {
  await connection.query('UPDATE job_beforehand_retry SET next_at = 1');
  const [[begin]] = (await connection.query('SELECT UNIX_TIMESTAMP(NOW(6)) * 1000 AS ms')) as unknown as [
    [{ ms: string }],
  ];
  for (;;) {
    const [[done]] = (await connection.query(
      "SELECT COUNT(*) AS n, MAX(finished_at) AS ms FROM job_beforehand_retry WHERE state = 'SUCCEEDED'",
    )) as unknown as [[{ n: number; ms: number }]];
    if (done.n === RECORDS) return (RECORDS * 1_000) / (Number(done.ms) - Number(begin.ms));
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

async function start(url: string, { schedule }: { schedule: boolean }): Promise<ChildProcess> {
  const child = fork(INSTANCE, {
    execArgv: ['--conditions=dal-job-source', '--import', 'tsx'],
    env: { ...process.env, BENCH_URL: url, BENCH_SCHEDULE: schedule ? '1' : '0', BENCH_CONCURRENCY: '512' },
  });
  await once(child, 'message');
  return child;
}

async function callsPerSecond(child: ChildProcess, atOnce: number): Promise<number> {
  const warm: Command = { calls: 500, atOnce };
  const measured: Command = { calls: CALLS, atOnce };
  for (const command of [warm, measured]) {
    child.send(command);
    const [answer] = (await once(child, 'message')) as [Extract<Answer, { perSecond: number }>];
    if (command === measured) return answer.perSecond;
  }
  return Number.NaN;
}

/** Milliseconds of CPU time it used in all. */
async function stop(child: ChildProcess): Promise<number> {
  child.send('stop' satisfies Command);
  const [answer] = (await once(child, 'message')) as [Extract<Answer, { cpuMs: number }>];
  await once(child, 'exit');
  return answer.cpuMs;
}

async function makeTables(url: string): Promise<void> {
  const database = await openDatabase({ url, tablePrefix: '' });
  await migrate(database);
  await database.close();
}

async function clear(url: string): Promise<void> {
  const connection = await mysql.createConnection(url.replace('mariadb:', 'mysql:'));
  await connection.query('DELETE FROM job_beforehand_retry');
  await connection.end();
}

class Series {
  readonly #values = new Map<string, number[]>();

  add(name: string, value: number): void {
    this.#values.set(name, [...(this.#values.get(name) ?? []), value]);
  }

  print(name: string, unit: string, floor?: string): void {
    const values = this.#values.get(name) ?? [];
    const range = `[${Math.round(Math.min(...values))}–${Math.round(Math.max(...values))}]`;
    const ratio =
      floor === undefined ? '' : `${(median(values) / median(this.#values.get(floor) ?? [])).toFixed(2)} × ${floor}`;
    console.log(
      `  ${name.padEnd(34)} ${String(Math.round(median(values))).padStart(7)} ${range.padEnd(16)} ${unit.padEnd(12)} ${ratio}`,
    );
  }
}

for (const kind of ['mysql', 'mariadb'] as const) {
  const server = await benchServer(kind);
  if (server === null) {
    console.log(`${kind}: not on this machine`);
    continue;
  }
  console.log(`${server.name}, median of ${ROUNDS} [min–max]`);
  await makeTables(server.url);
  await calls(server.url);
  await dispatch(server.url);
  await server.stop();
}

// What recorded calls cost, and how fast retries drain: `npm run bench:retry`. The compiled package beside the bare database, in
// one run: (1) beforehand calls a second at 1, 16 and 64 in flight, beside single autocommitted inserts over as many connections,
// and at 1 beside the two statements a call needs; (2) due no-op records drained by one instance and by four, beside grouped
// statements of bare mysql2. Medians of BENCH_ROUNDS (3) with their extremes. Beside each rate the processor time of one, of
// client and server together: on a machine that does other work it says more than the rate.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import mysql from 'mysql2/promise';
import { migrate } from '../runtime/db/migrate.js';
import { openDatabase } from '../runtime/db/open.js';
import { bareDispatch, bareInserts, barePairs, fill } from './retry-floor.js';
import type { Answer, Command } from './retry-instance.js';
import { Series } from './retry-series.js';
import { type BenchServer, benchServer } from './servers.js';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const CALLS = Number(process.env.BENCH_CALLS ?? 12_000);
const RECORDS = Number(process.env.BENCH_RECORDS ?? 20_000);
const ONLY = process.env.BENCH_ONLY?.split(',');
const IN_FLIGHT = [1, 16, 64] as const;
const WARM_UP = { calls: 6_000, atOnce: 64 };
/** Every instance reads what comes next within its idle time (2.5 s), and wakes when that is due. */
const DUE_IN_MS = 6_000;
const INSTANCE = fileURLToPath(new URL('./retry-instance.ts', import.meta.url));

async function calls(server: BenchServer): Promise<void> {
  const { url } = server;
  const results = new Series(server);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const atOnce of IN_FLIGHT) {
      const count = Math.ceil(CALLS / (atOnce === 1 ? 4 : 1));
      await clear(url);
      const bare = { count, pids: [process.pid] };
      await results.measure(`bare inserts, ${atOnce} connections`, bare, () => bareInserts(url, atOnce, count));
      if (atOnce === 1) await results.measure('bare pairs', bare, () => barePairs(url, count));
      const child = await start(url, { schedule: false });
      await callsPerSecond(child, WARM_UP);
      await callsPerSecond(child, { calls: Math.ceil(count / 2), atOnce }); // one by one is another way through the code
      const own = { count, pids: [child.pid ?? 0] };
      await results.measure(`calls, ${atOnce} in flight`, own, () => callsPerSecond(child, { calls: count, atOnce }));
      await stop(child);
    }
  }
  for (const atOnce of IN_FLIGHT) {
    results.print(`bare inserts, ${atOnce} connections`);
    if (atOnce === 1) results.print('bare pairs');
    results.print(`calls, ${atOnce} in flight`, atOnce === 1 ? 'bare pairs' : `bare inserts, ${atOnce} connections`);
  }
}

async function dispatch(server: BenchServer): Promise<void> {
  const results = new Series(server);
  const bare = { count: RECORDS, pids: [process.pid] };
  for (let round = 0; round < ROUNDS; round += 1) {
    await fill(server.url, RECORDS);
    await results.measure('bare grouped statements', bare, () => bareDispatch(server.url, RECORDS));
    for (const instances of [1, 4]) await drain(server, { instances, results });
  }
  results.print('bare grouped statements');
  for (const instances of [1, 4]) results.print(`dispatch, ${instances} instances`, 'bare grouped statements');
}

/** From the moment the records are due, which every instance knows by then, to the last end. */
async function drain(
  { url }: BenchServer,
  { instances, results }: { instances: number; results: Series },
): Promise<void> {
  await clear(url);
  const children = await Promise.all(Array.from({ length: instances }, () => start(url, { schedule: true })));
  const connection = await mysql.createConnection(url.replace('mariadb:', 'mysql:'));
  await fill(url, RECORDS);
  await untilDrained(connection, 0); // everything is compiled
  const dueMs = await fillForLater(url, connection);
  const own = { count: RECORDS, pids: children.map(({ pid }) => pid ?? 0) };
  await results.measure(`dispatch, ${instances} instances`, own, () => untilDrained(connection, dueMs));
  await connection.end();
  await Promise.all(children.map(stop));
}

/** Resolves just before the records are due, with when that is. */
async function fillForLater(url: string, connection: mysql.Connection): Promise<number> {
  for (let dueInMs = DUE_IN_MS; ; dueInMs *= 2) {
    const dueMs = (await databaseNow(connection)) + dueInMs;
    await fill(url, RECORDS, dueMs);
    const leftMs = dueMs - (await databaseNow(connection));
    await sleep(Math.max(leftMs - 100, 0));
    if (leftMs > DUE_IN_MS / 2) return dueMs;
  }
}

async function untilDrained(connection: mysql.Connection, dueMs: number): Promise<number> {
  for (;;) {
    const [[left]] = (await connection.query(
      "SELECT 1 FROM job_beforehand_retry WHERE app = 'bench' AND state IN ('RETRY', 'RUNNING') LIMIT 1",
    )) as unknown as [[object | undefined]];
    if (left === undefined) break;
    await sleep(50);
  }
  const [[done]] = (await connection.query(
    "SELECT COUNT(*) AS n, MAX(finished_at) AS ms FROM job_beforehand_retry WHERE state = 'SUCCEEDED'",
  )) as unknown as [[{ n: number; ms: number }]];
  if (done.n !== RECORDS) throw new Error(`${done.n} of ${RECORDS} records succeeded`);
  return (RECORDS * 1_000) / (Number(done.ms) - dueMs);
}

async function databaseNow(connection: mysql.Connection): Promise<number> {
  const sql = 'SELECT ROUND(UNIX_TIMESTAMP(NOW(6)) * 1000) AS ms';
  const [[now]] = (await connection.query(sql)) as unknown as [[{ ms: string }]];
  return Number(now.ms);
}

async function start(url: string, { schedule }: { schedule: boolean }): Promise<ChildProcess> {
  const child = fork(INSTANCE, {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, BENCH_URL: url, BENCH_SCHEDULE: schedule ? '1' : '0', BENCH_CONCURRENCY: '1000' },
  });
  await once(child, 'message');
  return child;
}

async function callsPerSecond(child: ChildProcess, command: Exclude<Command, 'stop'>): Promise<number> {
  child.send(command);
  const [answer] = (await once(child, 'message')) as [Extract<Answer, { perSecond: number }>];
  return answer.perSecond;
}

async function stop(child: ChildProcess): Promise<void> {
  child.send('stop' satisfies Command);
  await once(child, 'exit');
}

async function makeTables(url: string): Promise<void> {
  const database = await openDatabase({ url, tablePrefix: '' });
  await migrate(database);
  await database.close();
}

async function clear(url: string): Promise<void> {
  const connection = await mysql.createConnection(url.replace('mariadb:', 'mysql:'));
  await connection.query('TRUNCATE job_beforehand_retry');
  await connection.end();
}

function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

for (const kind of ['mysql', 'mariadb'] as const) {
  const server = await benchServer(kind);
  if (server === null) {
    console.log(`${kind}: not on this machine`);
    continue;
  }
  console.log(`${server.name}, median of ${ROUNDS} [min–max]`);
  await makeTables(server.url);
  if (ONLY?.includes('calls') ?? true) await calls(server);
  if (ONLY?.includes('dispatch') ?? true) await dispatch(server);
  await server.stop();
}

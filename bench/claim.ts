// Rows claimed, handled and settled a second, by 1 and 4 instances at batches of 1 to 1,000, beside the same work in bare
// SQL in the same run: `npm run bench:claim`. The handler waits 0 or 2 ms a row. Then the price of a large table: 1,000 rows that
// wait among 5 million, beside 1,000 alone. Figures are medians of BENCH_ROUNDS (3). BENCH_BATCHES='' leaves the first part out.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ClaimDefinition } from 'dal-job';
import type { ServerKind } from '../test/support/find-server.js';
import { bareRows, type Connection, connect, type Layout, makeTable, release, TABLE } from './claim-floor.js';
import { benchServer, median } from './servers.js';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const LARGE = Number(process.env.BENCH_LARGE ?? 5_000_000);
const INSTANCE = fileURLToPath(new URL('./claim-instance.ts', import.meta.url));
const BATCHES = (process.env.BENCH_BATCHES ?? '1,10,100,1000').split(',').filter(Boolean).map(Number);
const WARM_UP = 2;
/** In the comparison of a large table with a small one. */
const WAITING = 1_000;
/** Enough for a few seconds each. */
const ROWS = {
  0: { 1: 2_000, 10: 4_000, 100: 16_000, 1000: 32_000 },
  2: { 1: 2_000, 10: 1_600, 100: 2_400, 1000: 8_000 },
};

interface Report {
  readonly rows: number;
  readonly fromMs: number;
  readonly toMs: number;
}

for (const kind of (process.env.BENCH_SERVERS ?? 'mysql,mariadb').split(',') as ServerKind[]) {
  const server = await benchServer(kind);
  if (server === null) {
    console.log(`${kind}: not on this machine`);
    continue;
  }
  console.log(`${server.name}: rows/s, median of ${ROUNDS}; bare SQL with as many connections as instances`);
  console.log('  wait a row  batch   bare 1  dal-job 1   bare 4  dal-job 4   4 ÷ 1');
  for (const waitMs of [0, 2] as const) for (const batch of BATCHES) await compare(server.url, waitMs, batch);
  if (LARGE > 0) await price(server.url);
  await server.stop();
}

async function compare(url: string, waitMs: 0 | 2, batch: number): Promise<void> {
  const count = (ROWS[waitMs] as Record<number, number>)[batch] ?? 1_000;
  const connection = await connect(url);
  await makeTable(connection, count);
  const rates: Record<string, number[]> = { 'bare 1': [], 'bare 4': [], 'dal-job 1': [], 'dal-job 4': [] };
  for (const workers of [1, 4]) {
    const instances = await start(url, { batch, waitMs, workers });
    // everything is loaded and compiled: a process that has handled 500 rows one by one needs twice the processor time for the next
    for (let round = 0; round < WARM_UP; round += 1) await drained(connection, instances, { count });
    for (let round = 0; round < ROUNDS; round += 1) {
      rates[`dal-job ${workers}`]?.push((await drained(connection, instances, { count })).rate);
    }
    await Promise.all(instances.map(stop));
    for (let round = 0; round < ROUNDS; round += 1) {
      await release(connection, count);
      rates[`bare ${workers}`]?.push(await bareRows(url, count, { batch, waitMs, workers }));
    }
  }
  await connection.end();
  const of = (name: string) => median(rates[name] ?? []);
  const columns = ['bare 1', 'dal-job 1', 'bare 4', 'dal-job 4'].map((name) =>
    String(Math.round(of(name))).padStart(9),
  );
  const ratio = (of('dal-job 4') / of('dal-job 1')).toFixed(2);
  console.log(`  ${String(waitMs).padStart(7)} ms ${String(batch).padStart(6)} ${columns.join(' ')}   ${ratio}`);
}

/** Of a run over 1,000 rows: alone, as the newest of a large table, and spread over it, a page each. */
async function price(url: string): Promise<void> {
  const connection = await connect(url);
  const tables: [number, Layout[]][] = [
    [WAITING, ['newest']],
    [LARGE, ['newest', 'spread']],
  ];
  let aloneMs: number | undefined;
  for (const [size, layouts] of tables) {
    await makeTable(connection, size);
    await connection.query(`ANALYZE TABLE ${TABLE}`);
    for (const layout of layouts) {
      const { ownMs, bareMs } = await timed(url, connection, layout);
      aloneMs ??= ownMs;
      const times = `× ${(ownMs / aloneMs).toFixed(2)}`;
      console.log(
        `  ${WAITING} of ${size} rows wait, ${layout}: ${ownMs.toFixed(0)} ms, ${times}; bare ${bareMs.toFixed(0)} ms`,
      );
    }
  }
  await connection.end();
}

async function timed(url: string, connection: Connection, layout: Layout): Promise<{ ownMs: number; bareMs: number }> {
  const work = { batch: 100, waitMs: 0, workers: 1 } as const;
  const instances = await start(url, work);
  await drained(connection, instances, { count: WAITING, layout });
  const [own, bare]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS * 10; round += 1)
    own.push((await drained(connection, instances, { count: WAITING, layout })).ms);
  await Promise.all(instances.map(stop));
  for (let round = 0; round < ROUNDS * 10; round += 1) {
    await release(connection, WAITING, layout);
    await delay(500); // as long as a fire takes to come, on average: what the release has in its caches is as cold
    bare.push((WAITING * 1_000) / (await bareRows(url, WAITING, work)));
  }
  return { ownMs: median(own), bareMs: median(bare) };
}

/** Lets rows wait, until the instances have done them all. */
async function drained(
  connection: Connection,
  instances: readonly ChildProcess[],
  { count, layout = 'spread' }: { count: number; layout?: Layout },
): Promise<{ rate: number; ms: number }> {
  const reports: Report[] = [];
  const done = new Promise<void>((resolve) => {
    for (const instance of instances) {
      instance.on('message', (report: Report) => {
        reports.push(report);
        if (reports.reduce((sum, { rows }) => sum + rows, 0) === count) resolve();
      });
    }
  });
  await release(connection, count, layout);
  await done;
  for (const instance of instances) instance.removeAllListeners('message');
  const ms = Math.max(...reports.map(({ toMs }) => toMs)) - Math.min(...reports.map(({ fromMs }) => fromMs));
  return { rate: (count * 1_000) / ms, ms };
}

async function start(url: string, { batch, waitMs, workers }: { batch: number; waitMs: number; workers: number }) {
  const claim: ClaimDefinition = {
    table: TABLE,
    key: ['id'],
    where: [{ column: 'state', is: 'equal', value: 'WAITING' }],
    orderBy: ['place'],
    ...{ batch, concurrency: 1, failed: null, maxAttempts: null, attemptsColumn: null, timezone: 'UTC' },
    columns: { id: 'integer', state: 'string', place: 'integer', payload: 'string' },
    done: { state: 'DONE' },
  };
  const env = { ...process.env, BENCH_URL: url, BENCH_CLAIM: JSON.stringify(claim), BENCH_WAIT_MS: String(waitMs) };
  const execArgv = ['--conditions=dal-job-source', '--import', 'tsx'];
  const instances = Array.from({ length: workers }, () => fork(INSTANCE, { execArgv, env }));
  await Promise.all(instances.map((instance) => once(instance, 'message')));
  return instances;
}

async function stop(instance: ChildProcess): Promise<void> {
  instance.send('stop');
  await once(instance, 'exit');
}

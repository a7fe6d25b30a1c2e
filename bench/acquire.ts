// Fires acquired and finished a second, by 1 and 4 instances, beside the same statements sent through bare mysql2 in the
// same run (the floor): `npm run bench:acquire`. Each figure is the median of three, with its extremes.
// How: every job has a backlog (misfire `all`), so an instance is never without a due fire; the clock runs from the first
// start to the last end in job_log.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import mysql from 'mysql2/promise';
import { migrate } from '../runtime/db/migrate.js';
import { openDatabase } from '../runtime/db/open.js';
import { bareFires } from './floor.js';
import { benchServer, median } from './servers.js';

const JOBS = 100;
const FIRES_EACH = Number(process.env.BENCH_FIRES ?? 20);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const INSTANCE = fileURLToPath(new URL('./instance.ts', import.meta.url));

for (const kind of ['mysql', 'mariadb'] as const) {
  const server = await benchServer(kind);
  if (server === null) {
    console.log(`${kind}: not on this machine`);
    continue;
  }
  console.log(`${server.name}: ${JOBS} jobs × ${FIRES_EACH} fires, fires/s, median of ${ROUNDS} [min–max]`);
  const floor: number[] = [];
  const rates = new Map<number, number[]>([
    [1, []],
    [4, []],
  ]);
  for (let round = 0; round < ROUNDS; round += 1) {
    floor.push(await bareFires(server.url, JOBS, FIRES_EACH));
    for (const [instances, results] of rates) results.push(await drain(server.url, instances));
  }
  print('bare mysql2, the same statements, 4 connections', floor, floor);
  for (const [instances, results] of rates)
    print(`dal-job, ${instances} instance${instances > 1 ? 's' : ''}`, results, floor);
  await server.stop();
}

function print(name: string, values: readonly number[], floor: readonly number[]): void {
  const range = `[${Math.round(Math.min(...values))}–${Math.round(Math.max(...values))}]`;
  const ratio = (median(values) / median(floor)).toFixed(2);
  console.log(
    `  ${name.padEnd(50)} ${String(Math.round(median(values))).padStart(6)} ${range.padEnd(14)} ${ratio} × floor`,
  );
}

async function drain(url: string, instances: number): Promise<number> {
  await recreate(url);
  const children = Array.from({ length: instances }, () => start(url));
  await Promise.all(children.map((child) => once(child, 'message')));
  const connection = await mysql.createConnection(url.replace('mariadb:', 'mysql:'));
  await giveBacklog(connection);
  const rate = await untilDrained(connection);
  await connection.end();
  await Promise.all(children.map(stop));
  return rate;
}

/** All instances are up and wait: the jobs are paused, set back by FIRES_EACH seconds, and let go in one statement. */
async function giveBacklog(connection: mysql.Connection): Promise<void> {
  await connection.query('UPDATE job_info SET paused = 1, due_at = NULL');
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await connection.query('DELETE FROM job_log');
  const second = 'FLOOR(UNIX_TIMESTAMP()) * 1000';
  await connection.query(
    `UPDATE job_info SET paused = 0, fire_at = ${second} - ? * 1000, next_fire_at = ${second} - (? - 1) * 1000,
       due_at = ${second} - (? - 1) * 1000 WHERE name LIKE 'j%'`,
    [FIRES_EACH, FIRES_EACH, FIRES_EACH],
  );
}

async function untilDrained(connection: mysql.Connection): Promise<number> {
  const sql =
    "SELECT COUNT(*) AS n, MAX(finished_at) - MIN(started_at) AS ms FROM job_log WHERE outcome = 'succeeded' AND kind = 'catch-up'";
  for (;;) {
    const [[done]] = (await connection.query(sql)) as unknown as [[{ n: number; ms: number }]];
    if (done.n >= JOBS * FIRES_EACH * 0.9) return (done.n * 1000) / Number(done.ms);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function start(url: string) {
  const definition = JSON.stringify({ cron: '* * * * * *', misfire: 'all', misfireLimit: 10_000 });
  return fork(INSTANCE, {
    execArgv: ['--conditions=dal-job-source', '--import', 'tsx'],
    env: { ...process.env, BENCH_URL: url, BENCH_JOBS: String(JOBS), BENCH_DEFINITION: definition },
  });
}

async function stop(child: ReturnType<typeof fork>): Promise<void> {
  child.send('stop');
  await once(child, 'exit');
}

async function recreate(url: string): Promise<void> {
  const connection = await mysql.createConnection(url.replace('mariadb:', 'mysql:'));
  await connection.query('DROP DATABASE bench');
  await connection.query('CREATE DATABASE bench');
  await connection.end();
  const database = await openDatabase({ url, tablePrefix: '' });
  await migrate(database);
  await database.close();
}

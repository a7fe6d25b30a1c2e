// How late a job of every second starts, by 1 and 4 instances, and how many statements an idle instance sends in a minute
// with 1 and 1,000 jobs: `npm run bench:lateness`. The lateness is the handler's clock minus the fire time; server and
// instances share the machine's clock. Statements are the server's own count (Questions) less the bench's.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import mysql from 'mysql2/promise';
import { sleepExactly, systemClock } from '../runtime/clock.js';
import { benchServer, percentile } from './servers.js';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 60);
const INSTANCE = fileURLToPath(new URL('./instance.ts', import.meta.url));
type Instance = ReturnType<typeof fork>;
const BARE = [
  'START TRANSACTION',
  'SELECT * FROM info WHERE id = 1 FOR UPDATE SKIP LOCKED',
  'UPDATE info SET v = v + 1 WHERE id = 1',
  'INSERT INTO log (v) VALUES (1)',
  'COMMIT',
];

for (const kind of ['mysql', 'mariadb'] as const) {
  const server = await benchServer(kind);
  if (server === null) {
    console.log(`${kind}: not on this machine`);
    continue;
  }
  console.log(`${server.name}, ${SECONDS} s each`);
  await bare(server.url);
  for (const instances of [1, 4]) await lateness(server.url, instances);
  for (const jobs of [1, 1000]) await idle(server.url, jobs);
  await server.stop();
}

/** The floor: the five statements of an acquire, bare, by an exact timer at every second. */
async function bare(url: string): Promise<void> {
  await recreate(url);
  const connection = await mysql.createConnection(url.replace('mariadb:', 'mysql:'));
  await connection.query('CREATE TABLE info (id INT PRIMARY KEY, v BIGINT) ENGINE=InnoDB');
  await connection.query('INSERT INTO info VALUES (1, 0)');
  await connection.query('CREATE TABLE log (id BIGINT PRIMARY KEY AUTO_INCREMENT, v BIGINT) ENGINE=InnoDB');
  const all: number[] = [];
  for (let second = 0; second < SECONDS; second += 1) {
    const next = (Math.floor(Date.now() / 1000) + 1) * 1000;
    await sleepExactly(systemClock, next - Date.now());
    for (const sql of BARE) await connection.query(sql);
    all.push(Date.now() - next);
  }
  await connection.end();
  print('five bare statements', all);
}

function print(name: string, all: readonly number[]): void {
  const [p50, p99] = [percentile(all, 50), percentile(all, 99)];
  console.log(`  ${name}: ${all.length} fires, lateness p50 ${p50} ms, p99 ${p99} ms, max ${Math.max(...all)} ms`);
}

async function lateness(url: string, count: number): Promise<void> {
  await recreate(url);
  const instances = await start(url, count, { jobs: 1, cron: '* * * * * *' });
  await seconds(SECONDS);
  const reports = await Promise.all(instances.map(stop));
  const all = reports.flatMap((report) => report.lateness.slice(1));
  print(`1 s job, ${count} instance${count > 1 ? 's' : ''}`, all);
}

async function idle(url: string, jobs: number): Promise<void> {
  await recreate(url);
  const [instance] = await start(url, 1, { jobs, cron: '0 0 0 1 1 *' });
  const connection = await mysql.createConnection(url.replace('mariadb:', 'mysql:'));
  await seconds(5);
  const before = await questions(connection);
  await seconds(SECONDS);
  const sent = (await questions(connection)) - before - 1;
  await connection.end();
  if (instance !== undefined) await stop(instance);
  console.log(
    `  idle instance, ${jobs} job${jobs > 1 ? 's' : ''}: ${((sent * 60) / SECONDS).toFixed(1)} statements a minute`,
  );
}

async function questions(connection: mysql.Connection): Promise<number> {
  const [[row]] = (await connection.query("SHOW GLOBAL STATUS LIKE 'Questions'")) as unknown as [[{ Value: string }]];
  return Number(row.Value);
}

async function start(url: string, count: number, { jobs, cron }: { jobs: number; cron: string }): Promise<Instance[]> {
  const instances = Array.from({ length: count }, () =>
    fork(INSTANCE, {
      execArgv: ['--conditions=dal-job-source', '--import', 'tsx'],
      env: { ...process.env, BENCH_URL: url, BENCH_JOBS: String(jobs), BENCH_DEFINITION: JSON.stringify({ cron }) },
    }),
  );
  await Promise.all(instances.map((instance) => once(instance, 'message')));
  return instances;
}

async function stop(instance: Instance): Promise<{ lateness: number[]; cpuMs: number }> {
  const report = once(instance, 'message');
  instance.send('stop');
  const [message] = await report;
  await once(instance, 'exit');
  return message as { lateness: number[]; cpuMs: number };
}

function seconds(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, count * 1000));
}

async function recreate(url: string): Promise<void> {
  const connection = await mysql.createConnection(url.replace('mariadb:', 'mysql:'));
  await connection.query('DROP DATABASE bench');
  await connection.query('CREATE DATABASE bench');
  await connection.end();
}

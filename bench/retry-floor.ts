// The floors of bench/retry: the least that a recorded call, and a retry of one, cost on this server; bare mysql2 and the
// statements alone, on the project's own table.
import mysql from 'mysql2/promise';
import { ARGS_HASH } from './registry.js';

const NOW = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) DIV 1000";
const COLUMNS =
  'id, app, service, method, args, args_hash, state, attempt, max_retries, on_crash, next_at, owner, claim_key, created_at';
const BATCH = 500;

/** A row of `job_beforehand_retry`. */
function row(id: string, state: 'RUNNING' | 'RETRY', nextAt = 1): (string | number | null)[] {
  const call = [id, 'bench', 'bench', 'noop', '[1]', ARGS_HASH];
  const running = state === 'RUNNING';
  return [...call, state, 1, 3, 'retry', running ? null : nextAt, running ? 'me' : null, running ? 'me' : null, 1];
}

/** Single autocommitted inserts a second over so many connections. */
export async function bareInserts(url: string, connections: number, count: number): Promise<number> {
  return await overConnections(url, connections, count, async (connection, n) => {
    await connection.query(`INSERT INTO job_beforehand_retry (${COLUMNS}) VALUES (?)`, [row(`floor-${n}`, 'RUNNING')]);
  });
}

/** The two statements that one recorded call needs, one after the other on one connection; calls a second. */
export async function barePairs(url: string, count: number): Promise<number> {
  return await overConnections(url, 1, count, async (connection, n) => {
    await connection.query(`INSERT INTO job_beforehand_retry (${COLUMNS}) VALUES (?)`, [row(`pair-${n}`, 'RUNNING')]);
    await connection.query(
      `UPDATE job_beforehand_retry SET state = 'SUCCEEDED', finished_at = ${NOW}, owner = NULL, claim_key = NULL
       WHERE id = ? AND claim_key = 'me' AND state IN ('RUNNING', 'UNKNOWN')`,
      [`pair-${n}`],
    );
  });
}

/** Due records claimed and settled a second, in groups, over two connections. `fill` comes first. */
export async function bareDispatch(url: string, count: number): Promise<number> {
  return await overConnections(url, 2, Math.ceil(count / BATCH), async (connection, n) => {
    await connection.query('START TRANSACTION');
    const [due] = (await connection.query(
      `SELECT id, args FROM job_beforehand_retry WHERE app = 'bench' AND state = 'RETRY' AND next_at <= ${NOW}
       ORDER BY next_at, id LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`,
    )) as unknown as [{ id: string }[]];
    const ids = due.map(({ id }) => id).sort();
    if (ids.length > 0)
      await connection.query(
        `UPDATE job_beforehand_retry FORCE INDEX (PRIMARY) SET state = 'RUNNING', attempt = attempt + 1, owner = 'me', claim_key = ? WHERE id IN (?)`,
        [`c${n}`, ids],
      );
    await connection.query('COMMIT');
    if (ids.length > 0)
      await connection.query(
        `UPDATE job_beforehand_retry FORCE INDEX (PRIMARY) SET state = 'SUCCEEDED', finished_at = ${NOW}, owner = NULL, claim_key = NULL
         WHERE id IN (?) AND claim_key = ?`,
        [ids, `c${n}`],
      );
  }).then((batches) => batches * BATCH);
}

/** So many records, due at `nextAt` (epoch milliseconds). */
export async function fill(url: string, count: number, nextAt = 1): Promise<void> {
  const connection = await open(url);
  await connection.query('TRUNCATE job_beforehand_retry');
  for (let from = 0; from < count; from += 1_000) {
    const ids = Array.from(
      { length: Math.min(1_000, count - from) },
      (_, i) => `due-${String(from + i).padStart(8, '0')}`,
    );
    await connection.query(`INSERT INTO job_beforehand_retry (${COLUMNS}) VALUES ?`, [
      ids.map((id) => row(id, 'RETRY', nextAt)),
    ]);
  }
  await connection.end();
}

async function overConnections(
  url: string,
  connections: number,
  count: number,
  work: (connection: mysql.Connection, n: number) => Promise<void>,
): Promise<number> {
  const all = await Promise.all(Array.from({ length: connections }, () => open(url)));
  let left = count;
  const begin = performance.now();
  await Promise.all(
    all.map(async (connection) => {
      while (left-- > 0) await work(connection, left);
    }),
  );
  const perSecond = (count * 1_000) / (performance.now() - begin);
  await Promise.all(all.map((connection) => connection.end()));
  return perSecond;
}

async function open(url: string): Promise<mysql.Connection> {
  const connection = await mysql.createConnection(url.replace('mariadb:', 'mysql:'));
  await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
  return connection;
}

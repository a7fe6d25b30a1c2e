// The floor of bench/claim: the statements of a claim with their round trips and nothing around them, through bare mysql2,
// one connection a worker; and the table that both work on.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import mysql from 'mysql2/promise';

export const TABLE = 'bench_rows';
const BLOCK = 10_000;
export type Connection = mysql.Connection;

export function connect(url: string): Promise<Connection> {
  return mysql.createConnection(url.replace('mariadb:', 'mysql:'));
}

/** An empty table, and `count` rows in it that are done. */
export async function makeTable(connection: Connection, count: number): Promise<void> {
  await connection.query(`DROP TABLE IF EXISTS ${TABLE}`);
  await connection.query(
    `CREATE TABLE ${TABLE} (id INT NOT NULL PRIMARY KEY, state VARCHAR(10) NOT NULL, place INT NOT NULL, payload VARCHAR(100) NOT NULL,
       claim_key VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL, KEY waiting (claim_key, state, place)) ENGINE=InnoDB`,
  );
  await connection.query('CREATE TEMPORARY TABLE numbers (n INT NOT NULL PRIMARY KEY)');
  await connection.query('INSERT INTO numbers VALUES ?', [Array.from({ length: BLOCK }, (_, n) => [n])]);
  for (let from = 0; from < count; from += BLOCK) {
    await connection.query(
      `INSERT INTO ${TABLE} (id, state, place, payload) SELECT ${from} + n + 1, 'DONE', 0, REPEAT('x', 80) FROM numbers WHERE n < ${count - from}`,
    );
  }
  await connection.query('DROP TEMPORARY TABLE numbers');
}

/** Which rows wait: each on a page of its own, as far as there are pages, or those that were inserted last. */
export type Layout = 'spread' | 'newest';

/** Lets `count` rows wait. */
export async function release(connection: Connection, count: number, layout: Layout = 'spread'): Promise<void> {
  const [[{ most }]] = (await connection.query(`SELECT MAX(id) AS most FROM ${TABLE}`)) as unknown as [
    [{ most: number }],
  ];
  const [first, step] = layout === 'spread' ? [1, Math.floor(most / count)] : [most - count + 1, 1];
  const ids = Array.from({ length: count }, (_, at) => first + at * step);
  const [result] = await connection.query(`UPDATE ${TABLE} SET state = 'WAITING', place = id WHERE id IN (?)`, [ids]);
  const { affectedRows } = result as mysql.ResultSetHeader;
  if (affectedRows !== count) throw new Error(`${affectedRows} rows wait, not ${count}`);
}

export interface Work {
  readonly batch: number;
  readonly waitMs: number;
  readonly workers: number;
}

/** Drains the table; rows a second. */
export async function bareRows(url: string, count: number, work: Work): Promise<number> {
  const connections = await Promise.all(Array.from({ length: work.workers }, () => connect(url)));
  for (const connection of connections)
    await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
  const begin = performance.now();
  await Promise.all(connections.map((connection) => drain(connection, work)));
  const seconds = (performance.now() - begin) / 1_000;
  for (const connection of connections) await connection.end();
  return count / seconds;
}

async function drain(connection: Connection, { batch, waitMs }: Work): Promise<void> {
  for (;;) {
    const [found] = (await connection.query(
      `SELECT id FROM ${TABLE} WHERE claim_key IS NULL AND state = 'WAITING' ORDER BY place LIMIT ${batch * 4}`,
    )) as unknown as [{ id: number }[]];
    if (found.length === 0) return;
    const start = Math.floor(Math.random() * (Math.max(0, found.length - batch) + 1));
    const ids = found.slice(start, start + batch).map(({ id }) => id);
    const key = randomUUID();
    await connection.query(
      `UPDATE ${TABLE} FORCE INDEX (PRIMARY) SET claim_key = ? WHERE id IN (?) AND claim_key IS NULL AND state = 'WAITING'`,
      [key, ids],
    );
    const [rows] = (await connection.query(`SELECT * FROM ${TABLE} WHERE id IN (?) AND claim_key = ?`, [
      ids,
      key,
    ])) as unknown as [{ id: number }[]];
    if (rows.length === 0) continue;
    if (waitMs > 0) await delay(waitMs * rows.length);
    await connection.query(
      `UPDATE ${TABLE} FORCE INDEX (PRIMARY) SET state = 'DONE', claim_key = NULL WHERE id IN (?) AND claim_key = ? AND state = 'WAITING'`,
      [rows.map(({ id }) => id), key],
    );
  }
}

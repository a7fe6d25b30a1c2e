// The floor of bench/acquire: the protocol's statements with their round trips and nothing around them, over four
// connections of bare mysql2, as many as the protocol's own pool has. Batches of ten jobs, as slots come free together.
import mysql from 'mysql2/promise';

const CONNECTIONS = 4;
const BATCH = 10;
const NOW = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) DIV 1000";

/** Fires a second. */
export async function bareFires(url: string, jobs: number, firesEach: number): Promise<number> {
  const connections = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => mysql.createConnection(url.replace('mariadb:', 'mysql:'))),
  );
  const [first] = connections;
  if (first === undefined) return Number.NaN;
  await prepare(first, jobs);
  for (const connection of connections)
    await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
  const batches = Array.from({ length: (jobs * firesEach) / BATCH }, (_, i) => i);
  const begin = performance.now();
  await Promise.all(connections.map((connection) => work(connection, batches, jobs)));
  const seconds = (performance.now() - begin) / 1000;
  await first.query('DROP TABLE floor_info, floor_log, floor_instance');
  for (const connection of connections) await connection.end();
  return (jobs * firesEach) / seconds;
}

async function work(connection: mysql.Connection, batches: number[], jobs: number): Promise<void> {
  for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) {
    const offset = (batch * BATCH) % jobs;
    const names = Array.from({ length: BATCH }, (_, i) => `j${offset + i}`);
    await acquire(connection, names, batch);
    for (const name of names) await finish(connection, name, batch);
  }
}

async function acquire(connection: mysql.Connection, names: string[], batch: number): Promise<void> {
  await connection.query('START TRANSACTION');
  await connection.query(
    `SELECT *, ${NOW} AS now_ms, EXISTS (SELECT 1 FROM floor_instance i WHERE i.id = j.owner AND i.state = 'ALIVE') AS alive
     FROM floor_info j WHERE app = 'a' AND name IN (?) FOR UPDATE SKIP LOCKED`,
    [names],
  );
  for (const name of names) {
    await connection.query(
      `UPDATE floor_info SET status = 'RUNNING', owner = 'me', acq_id = ?, fence = fence + 1, fire_at = ?, due_at = ?
       WHERE app = 'a' AND name = ? AND EXISTS (SELECT 1 FROM floor_instance WHERE id = 'me' AND lease_until > ${NOW})`,
      [`acq-${batch}`, batch, batch + 1000, name],
    );
  }
  await connection.query('INSERT INTO floor_log (id, app, name, fire_at, outcome, started_at) VALUES ?', [
    names.map((name) => [`${name}-${batch}`, 'a', name, batch, 'running', Date.now()]),
  ]);
  await connection.query('COMMIT');
}

async function finish(connection: mysql.Connection, name: string, batch: number): Promise<void> {
  await connection.query('START TRANSACTION');
  await connection.query(
    `UPDATE floor_info SET status = 'IDLE', owner = NULL, acq_id = NULL, due_at = ? WHERE app = 'a' AND name = ? AND acq_id = ?`,
    [batch, name, `acq-${batch}`],
  );
  await connection.query(
    `UPDATE floor_log SET outcome = 'succeeded', finished_at = ${NOW} WHERE id = ? AND outcome = 'running'`,
    [`${name}-${batch}`],
  );
  await connection.query('COMMIT');
}

async function prepare(connection: mysql.Connection, jobs: number): Promise<void> {
  await connection.query('DROP TABLE IF EXISTS floor_info, floor_log, floor_instance');
  await connection.query(
    `CREATE TABLE floor_instance (id VARCHAR(22) PRIMARY KEY, state VARCHAR(10), lease_until BIGINT) ENGINE=InnoDB`,
  );
  await connection.query(`INSERT INTO floor_instance VALUES ('me', 'ALIVE', 9999999999999)`);
  await connection.query(`CREATE TABLE floor_info (app VARCHAR(100), name VARCHAR(100), status VARCHAR(10), owner VARCHAR(22), acq_id VARCHAR(36), fence BIGINT,
    fire_at BIGINT, due_at BIGINT, PRIMARY KEY (app, name), KEY (app, due_at)) ENGINE=InnoDB`);
  await connection.query(`CREATE TABLE floor_log (id VARCHAR(36) PRIMARY KEY, app VARCHAR(100), name VARCHAR(100), fire_at BIGINT, outcome VARCHAR(10),
    started_at BIGINT, finished_at BIGINT, UNIQUE KEY (app, name, fire_at), KEY (app, started_at)) ENGINE=InnoDB`);
  const rows = Array.from({ length: jobs }, (_, i) => ['a', `j${i}`, 'IDLE', null, null, 1, 0, 0]);
  await connection.query('INSERT INTO floor_info VALUES ?', [rows]);
}

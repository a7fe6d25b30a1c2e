// MySQL and MariaDB misbehaving: lost replies, silence, deadlocks, lock waits, a replica; and how few statements we send.
import { expect } from 'chai';
import { systemClock } from '../../runtime/clock.js';
import type { Database } from '../../runtime/db/database.js';
import { DatabaseError } from '../../runtime/db/errors.js';
import { loadMysql } from '../../runtime/db/mysql-connection.js';
import { MysqlPool } from '../../runtime/db/mysql-pool.js';
import { openDatabase } from '../../runtime/db/open.js';
import { affected, rows } from '../../runtime/db/step.js';
import { parseUrl } from '../../runtime/db/url.js';
import { eachDatabase } from '../support/databases.js';
import { startProxy, type TestProxy } from '../support/proxy.js';

const LIMIT_MS = 1_000; // what must succeed has to, on a busy machine too

eachDatabase(
  (test) => {
    let proxy: TestProxy;
    let database: Database;
    let direct: Database;
    const increment = (a: number) =>
      function* () {
        return yield* affected('UPDATE t SET b = b + 1 WHERE a = ?', [a]);
      };
    const values = async () => (await direct.query<{ b: number }>('SELECT b FROM t ORDER BY a', [])).map(({ b }) => b);

    beforeEach(async () => {
      proxy = await startProxy(test.server.port);
      direct = await openDatabase({ url: test.url, tablePrefix: '' });
      await direct.execute('DROP TABLE IF EXISTS t', []);
      await direct.execute('CREATE TABLE t (a INTEGER PRIMARY KEY, b BIGINT)', []);
      await direct.execute('INSERT INTO t VALUES (1, 0), (2, 0)', []);
      database = await openDatabase({ url: proxy.url(test.url), tablePrefix: '', statementTimeoutMs: LIMIT_MS });
    });
    afterEach(async () => {
      await database.close();
      await direct.close();
      await proxy.close();
    });

    it('sends one statement for one statement, and nothing but START TRANSACTION and COMMIT around a step', async () => {
      await database.query('SELECT 1', []);
      const before = proxy.statements.length;
      await database.query('SELECT 1', []);
      await database.transaction(increment(1));
      expect(proxy.statements.slice(before).map(({ sql }) => sql)).to.deep.equal([
        'SELECT 1',
        'START TRANSACTION',
        'UPDATE t SET b = b + 1 WHERE a = 1',
        'COMMIT',
      ]);
      expect(new Set(proxy.statements.slice(before).map(({ connection }) => connection)).size).to.equal(1);
    });

    it('gives each session its settings', async () => {
      const level = test.dialect === 'mysql' ? '@@transaction_isolation' : '@@tx_isolation';
      const [session] = await database.query(
        `SELECT @@time_zone AS zone, ${level} AS level, @@innodb_lock_wait_timeout AS lockWait, @@wait_timeout AS wait`,
        [],
      );
      expect(session).to.deep.equal({ zone: '+00:00', level: 'READ-COMMITTED', lockWait: 2, wait: 10 });
    });

    it('says commitUnknown when the reply to COMMIT is lost, although the server has committed', async () => {
      const fault = proxy.inject(/^COMMIT/, { kind: 'eatReply' });
      const error = await failure(database.transaction(increment(1)));
      expect(error).to.include({ kind: 'reconnect', commitUnknown: true });
      expect(fault.hits).to.have.length(1);
      expect(await values()).to.deep.equal([1, 0]);
    });

    it('says commitUnknown of COMMIT that is not answered in time, and of a single write, not of what comes before', async () => {
      for (const [pattern, commitUnknown] of [
        [/^COMMIT/, true],
        [/^UPDATE/, false],
        [/^START/, false],
      ] as const) {
        proxy.inject(pattern, { kind: 'dropRequest' });
        const error = await failure(database.transaction(increment(1)));
        expect(error, String(pattern)).to.include({ reason: 'PROTOCOL_SEQUENCE_TIMEOUT', commitUnknown });
      }
      proxy.inject(/^UPDATE/, { kind: 'dropRequest' });
      expect(await failure(database.execute('UPDATE t SET b = 1', []))).to.include({ commitUnknown: true });
      proxy.inject(/^SELECT/, { kind: 'dropRequest' });
      expect(await failure(database.query('SELECT b FROM t', []))).to.include({ commitUnknown: false });
      expect(await values()).to.deep.equal([0, 0]);
    });

    it('never uses a connection again whose reply was late', async () => {
      proxy.inject(/SELECT 1/, { kind: 'delayReply', ms: LIMIT_MS * 1.5 });
      expect(await failure(database.query('SELECT 1 AS x', []))).to.include({ kind: 'reconnect' });
      expect(await database.query('SELECT 2 AS x', [])).to.deep.equal([{ x: 2 }]);
      const [late, next] = proxy.statements.filter(({ sql }) => sql.endsWith(' AS x'));
      expect(next?.connection).not.to.equal(late?.connection);
    });

    it('rejects within the limit when the server is silent, also while connecting, and works again afterwards', async () => {
      proxy.freeze();
      for (let i = 0; i < 2; i += 1) {
        const start = performance.now();
        expect(await failure(database.query('SELECT 1', []))).to.include({ kind: 'reconnect' });
        expect(performance.now() - start).to.be.lessThan(LIMIT_MS * 2);
      }
      proxy.thaw();
      expect(await database.transaction(increment(1))).to.equal(1);
    });

    it('rejects what is in flight when it is closed', async () => {
      proxy.inject(/SELECT SLEEP/, { kind: 'dropRequest' });
      await database.query('SELECT 1', []);
      const sleeping = failure(database.query('SELECT SLEEP(0)', []));
      await until(() => proxy.count(/SELECT SLEEP/) > 0);
      const start = performance.now();
      await database.close();
      expect(await sleeping).to.include({ kind: 'reconnect' });
      expect(performance.now() - start).to.be.lessThan(LIMIT_MS / 2);
    });

    it('waits for a connection of its own no longer than the limit', async () => {
      const hold = () => failure(database.query('SELECT SLEEP(0)', []));
      proxy.inject(/SELECT SLEEP/, { kind: 'dropRequest' }, 4);
      const held = [hold(), hold(), hold(), hold()];
      const fifth = await failure(database.query('SELECT 5', []));
      expect(fifth.kind).to.equal('reconnect');
      await Promise.all(held);
      expect(await database.query('SELECT 5 AS five', [])).to.deep.equal([{ five: 5 }]);
    });

    it('runs a fresh step after a deadlock', async () => {
      const runs: number[] = [];
      const cross = (first: number, second: number) =>
        direct.transaction(function* () {
          runs.push(first);
          yield* affected('UPDATE t SET b = b + 1 WHERE a = ?', [first]);
          // the lock wait of the other shows that both hold their first row
          yield* rows('SELECT SLEEP(0.2)', []);
          return yield* affected('UPDATE t SET b = b + 1 WHERE a = ?', [second]);
        });
      expect(await Promise.all([cross(1, 2), cross(2, 1)])).to.deep.equal([1, 1]);
      expect(runs.length).to.be.greaterThan(2);
      expect(await values()).to.deep.equal([2, 2]);
    });

    it('gives up on a lock that stays held after three runs, and leaves nothing of any', async () => {
      const { connection, release } = await holdRow(test.server.url(databaseOf(test.url)), 2);
      let runs = 0;
      const patient = await openDatabase({ url: test.url, tablePrefix: '' });
      const error = await failure(
        patient.transaction(function* () {
          runs += 1;
          yield* affected('UPDATE t SET b = b + 1 WHERE a = 1', []);
          yield* affected('UPDATE t SET b = b + 1 WHERE a = 2', []);
        }),
      );
      expect(error).to.include({ kind: 'repeat', reason: 1205 });
      expect(runs).to.equal(3);
      await release();
      connection.destroy();
      expect(await values()).to.deep.equal([0, 0]);
      await patient.close();
    }).timeout(30_000);

    it('is not starved by handlers that hold every connection of the application', async () => {
      const held = await Promise.all(Array.from({ length: 10 }, () => database.sequelize.transaction()));
      expect(await database.transaction(increment(1))).to.equal(1);
      await Promise.all(held.map((transaction) => transaction.rollback()));
    });

    it('does not take a reply for lost that came while the event loop was blocked', async () => {
      // not through the proxy, which lives in this process and is blocked as well
      const impatient = await openDatabase({ url: test.url, tablePrefix: '', statementTimeoutMs: LIMIT_MS });
      await impatient.query('SELECT 1', []);
      const reply = impatient.query('SELECT 2 AS two', []);
      await new Promise((resolve) => setImmediate(resolve));
      const until = performance.now() + LIMIT_MS * 1.5;
      while (performance.now() < until);
      expect(await reply).to.deep.equal([{ two: 2 }]);
      await impatient.close();
    });

    it('keeps a connection that is used each 2.5 s, the one used last, and drops those idle for more than 5 s', async () => {
      let nowMs = 0;
      const clock = { ...systemClock, now: () => nowMs, monotonic: () => nowMs };
      const url = parseUrl(proxy.url(test.url));
      if (url.kind !== 'server') throw new Error('not a server');
      const pool = new MysqlPool({ driver: await loadMysql(), url, limitMs: 3000 }, 4, clock);
      const [first, second] = [await pool.take(), await pool.take()];
      pool.give(first);
      pool.give(second);
      for (let i = 0; i < 10; i += 1) {
        nowMs += 2500;
        const again = await pool.take();
        expect(again).to.equal(second);
        pool.give(again);
      }
      await until(() => !first.usable);
      nowMs += 5001;
      const fresh = await pool.take();
      expect(fresh).not.to.equal(second);
      pool.give(fresh);
      await pool.close();
      expect(fresh.usable).to.equal(false);
    });

    it('cannot be opened with a wrong password, port or database: DJ2003, and no password in the message', async () => {
      const url = new URL(test.url);
      for (const [name, value, words] of [
        ['password', 'open-sesame', 'refuses this user or password'],
        ['pathname', '/no_such_database', /no such database|refuses this user/],
        ['port', '1', 'nothing listens'],
      ] as const) {
        const wrong = new URL(url);
        wrong[name] = value;
        const error = await openDatabase({ url: wrong.href, tablePrefix: '' }).catch((reason: unknown) => reason);
        expect(error).to.include({ code: 'DJ2003' });
        expect((error as Error).message).to.match(words instanceof RegExp ? words : new RegExp(words));
        expect((error as Error).message).not.to.include('open-sesame');
      }
    });
  },
  { dialects: ['mariadb', 'mysql'] },
);

async function holdRow(url: string, a: number) {
  const { createConnection } = await import('mysql2/promise');
  const connection = await createConnection(url);
  await connection.query('START TRANSACTION');
  await connection.query('SELECT * FROM t WHERE a = ? FOR UPDATE', [a]);
  return { connection, release: () => connection.query('ROLLBACK') };
}

function databaseOf(url: string): string {
  return new URL(url).pathname.slice(1);
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

async function failure(promise: Promise<unknown>): Promise<DatabaseError> {
  const error = await promise.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof DatabaseError) return error;
  throw error;
}

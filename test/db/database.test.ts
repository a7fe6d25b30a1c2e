// The interface Database means the same on every dialect: statements, transactions, kinds of errors, the clock.
import { expect } from 'chai';
import { type Database, ROLLBACK } from '../../runtime/db/database.js';
import { DatabaseError } from '../../runtime/db/errors.js';
import { openDatabase } from '../../runtime/db/open.js';
import { affected, rows } from '../../runtime/db/step.js';
import { eachDatabase } from '../support/databases.js';

eachDatabase(
  (test) => {
    let database: Database;
    const values = async () =>
      (await database.query<{ b: number }>('SELECT b FROM t ORDER BY a', [])).map(({ b }) => b);

    beforeEach(async () => {
      database = await openDatabase({ url: test.url, tablePrefix: '' });
      await database.execute('DROP TABLE IF EXISTS t', []);
      await database.execute('CREATE TABLE t (a INTEGER PRIMARY KEY, b BIGINT, s VARCHAR(50), UNIQUE (s))', []);
      await database.execute('INSERT INTO t VALUES (?, ?, ?), (?, ?, ?)', [1, 10, 'one', 2, 20, 'two']);
    });
    afterEach(async () => {
      await database.close();
    });

    it('gives whole numbers as numbers, and texts as they went in', async () => {
      const text = `o'clock \\ "?" $1 äöü 😀`;
      await database.execute('UPDATE t SET b = ?, s = ? WHERE a = ?', [1_800_000_000_123, text, 1]);
      const read = await database.query(
        'SELECT b, s, b + ? AS more, SUM(a) AS total FROM t WHERE a = ? GROUP BY b, s',
        [1, 1],
      );
      expect(read).to.deep.equal([{ b: 1_800_000_000_123, s: text, more: 1_800_000_000_124, total: 1 }]);
    });

    it('stores a number in a text column as its digits', async () => {
      await database.execute('UPDATE t SET s = ? WHERE a = ?', [5, 1]);
      expect(await database.query('SELECT s FROM t WHERE s = ?', ['5'])).to.deep.equal([{ s: '5' }]);
    });

    it('counts the rows that changed', async () => {
      expect(await database.execute('UPDATE t SET b = b + 1', [])).to.equal(2);
      expect(await database.execute('UPDATE t SET b = b + 1 WHERE a = ?', [9])).to.equal(0);
      expect(await database.execute('INSERT INTO t VALUES (3, 30, NULL)', [])).to.equal(1);
      expect(await database.execute('DELETE FROM t', [])).to.equal(3);
    });

    it('leaves an existing key as it is and counts 0 rows with keepExisting', async () => {
      const sql = `INSERT INTO t VALUES (1, 99, 'other') ${database.dialect.keepExisting('a')}`;
      expect(await database.execute(sql, [])).to.equal(0);
      expect(await values()).to.deep.equal([10, 20]);
    });

    it('commits what a step did, and resolves with what it returned', async () => {
      const result = await database.transaction(function* () {
        const changed = yield* affected('UPDATE t SET b = b + ?', [5]);
        const [row] = yield* rows<{ b: number }>(
          `SELECT b FROM t WHERE a = 1 ${database.dialect.forUpdateSkipLocked}`,
          [],
        );
        return { changed, b: row?.b };
      });
      expect(result).to.deep.equal({ changed: 2, b: 15 });
      expect(await values()).to.deep.equal([15, 25]);
    });

    it('leaves nothing of a step that returns ROLLBACK', async () => {
      const result = await database.transaction(function* () {
        yield* affected('UPDATE t SET b = 0', []);
        return ROLLBACK;
      });
      expect(result).to.equal(ROLLBACK);
      expect(await values()).to.deep.equal([10, 20]);
    });

    it('leaves nothing of a step that met a duplicate key, and says so', async () => {
      const error = await failure(
        database.transaction(function* () {
          yield* affected('UPDATE t SET b = 0', []);
          yield* affected("INSERT INTO t VALUES (9, 9, 'one')", []);
        }),
      );
      expect(error).to.include({ kind: 'duplicate', commitUnknown: false });
      expect(await values()).to.deep.equal([10, 20]);
    });

    it('leaves nothing of a step that throws, and rejects with what it threw', async () => {
      const mine = Object.assign(new Error('mine'), { code: 'DJ3003' });
      const promise = database.transaction(function* () {
        yield* affected('UPDATE t SET b = 0', []);
        throw mine;
      });
      expect(await promise.catch((error: unknown) => error)).to.equal(mine);
      expect(await values()).to.deep.equal([10, 20]);
    });

    it('calls a statement that cannot be run a bug, and goes on working', async () => {
      for (const sql of ['SELECT nonsense FROM t', 'SELEKT 1', 'SELECT ?']) {
        expect(await failure(database.query(sql, [])), sql).to.include({ kind: 'bug' });
      }
      expect(await values()).to.deep.equal([10, 20]);
    });

    it('runs concurrent steps one after another where they touch the same row', async () => {
      const add = () =>
        database.transaction(function* () {
          const [row] = yield* rows<{ b: number }>(`SELECT b FROM t WHERE a = 1 ${database.dialect.forUpdate}`, []);
          yield* affected('UPDATE t SET b = ? WHERE a = 1', [(row?.b ?? 0) + 1]);
        });
      await Promise.all(Array.from({ length: 20 }, add));
      expect((await values())[0]).to.equal(30);
    });

    it("reads the database's clock in milliseconds, which moves", async () => {
      const now = async () =>
        (await database.query<{ now: number }>(`SELECT ${database.dialect.now} AS now`, []))[0]?.now ?? 0;
      const first = await now();
      expect(first).to.be.within(Date.now() - 5000, Date.now() + 5000);
      let next = first;
      while (next === first) next = await now();
      expect(next).to.be.greaterThan(first);
    });

    it("reads a test's clock instead when it has one", async () => {
      let nowMs = 1_700_000_000_000;
      const faked = await test.openTestDatabase({ nowMs: () => nowMs });
      const now = async () => (await faked.query<{ now: number }>(`SELECT ${faked.dialect.now} AS now`, []))[0]?.now;
      expect(await now()).to.equal(1_700_000_000_000);
      nowMs += 60_000;
      expect(await now()).to.equal(1_700_000_060_000);
    });

    it('knows the larger of two numbers', async () => {
      const { greatest } = database.dialect;
      const [row] = await database.query(
        `SELECT ${greatest('b', '15')} AS g, ${greatest('b', 'NULL')} AS n FROM t WHERE a = 1`,
        [],
      );
      expect(row).to.deep.equal({ g: 15, n: null });
    });

    it('refuses a table prefix that is no plain name', async () => {
      const error = await openDatabase({ url: test.url, tablePrefix: 'a`; DROP' }).catch((reason: unknown) => reason);
      expect(error).to.include({ code: 'DJ2010' });
    });

    it('can be closed twice, and rejects from then on', async () => {
      await database.close();
      await database.close();
      expect(await failure(database.query('SELECT 1', []))).to.include({ kind: 'reconnect' });
    });
  },
  { dialects: ['memory', 'sqlite', 'mariadb', 'mysql'] },
);

async function failure(promise: Promise<unknown>): Promise<DatabaseError> {
  const error = await promise.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof DatabaseError) return error;
  throw error;
}

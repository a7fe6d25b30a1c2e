// SQLite when somebody else writes: other processes, and the application in this one. The event loop is never blocked.
import { expect } from 'chai';
import type { Database } from '../../runtime/db/database.js';
import { openDatabase } from '../../runtime/db/open.js';
import { loadSqlite, type SqliteConnection } from '../../runtime/db/sqlite-file.js';
import { affected } from '../../runtime/db/step.js';
import { eachDatabase } from '../support/databases.js';

eachDatabase(
  (test) => {
    let database: Database;
    const onDisk = test.dialect === 'sqlite';
    const increment = () =>
      database.transaction(function* () {
        return yield* affected('UPDATE t SET b = b + 1', []);
      });
    const value = async () => (await database.query<{ b: number }>('SELECT b FROM t', []))[0]?.b;

    beforeEach(async () => {
      database = await openDatabase({ url: test.url, tablePrefix: '' });
      await database.execute('DROP TABLE IF EXISTS t', []);
      await database.execute('CREATE TABLE t (b INTEGER)', []);
      await database.execute('INSERT INTO t VALUES (0)', []);
    });
    afterEach(async () => {
      await database.close();
    });

    it('lets a step wait until a transaction of the application has ended, without seeing its writes', async () => {
      const { sequelize } = database;
      const transaction = await sequelize.transaction();
      await sequelize.query('UPDATE t SET b = 100', { transaction });
      let done = false;
      const step = increment().then(() => {
        done = true;
      });
      await turns();
      expect(done).to.equal(false);
      await transaction.rollback();
      await step;
      expect(await value()).to.equal(1);
    });

    it('takes turns among transactions of the application and steps', async () => {
      const { sequelize } = database;
      const byApplication = () =>
        sequelize.transaction(async (transaction) => {
          const [[row]] = (await sequelize.query('SELECT b FROM t', { transaction })) as [[{ b: number }], unknown];
          await turns();
          await sequelize.query('UPDATE t SET b = $b', { bind: { b: row.b + 1 }, transaction });
        });
      await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? byApplication() : increment())));
      expect(await value()).to.equal(20);
    });

    it('lets go of the lock when a transaction of the application fails to commit', async () => {
      const { sequelize } = database;
      await sequelize.query('CREATE TABLE IF NOT EXISTS parent (id INTEGER PRIMARY KEY)');
      await sequelize.query(
        'CREATE TABLE IF NOT EXISTS child (p INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)',
      );
      const warn = console.warn;
      console.warn = () => {};
      const commit = sequelize.transaction((transaction) =>
        sequelize.query('INSERT INTO child VALUES (7)', { transaction }),
      );
      const error = await commit.catch((reason: unknown) => reason);
      console.warn = warn;
      expect(error).to.be.instanceOf(Error);
      expect(await increment()).to.equal(1);
      expect(await sequelize.query('SELECT * FROM child'))
        .to.have.nested.property('[0]')
        .that.deep.equals([]);
    });

    if (!onDisk) return;

    it('reads what was committed while the application writes', async () => {
      const transaction = await database.sequelize.transaction();
      await database.sequelize.query('UPDATE t SET b = 100', { transaction });
      expect(await value()).to.equal(0);
      await transaction.rollback();
    });

    describe('while another process writes', () => {
      let other: SqliteConnection;
      beforeEach(async () => {
        const Driver = await loadSqlite();
        other = new Driver(test.url.slice('sqlite:'.length), { timeout: 0 });
        other.exec('BEGIN IMMEDIATE');
      });
      afterEach(() => other.close());

      const writers: readonly [string, () => Promise<unknown>][] = [
        ['a step', () => increment()],
        ['a statement', () => database.execute('UPDATE t SET b = b + 1', [])],
        ["a statement of the application's Sequelize", () => database.sequelize.query('UPDATE t SET b = b + 1')],
        [
          "a transaction of the application's Sequelize",
          () =>
            database.sequelize.transaction((transaction) =>
              database.sequelize.query('UPDATE t SET b = b + 1', { transaction }),
            ),
        ],
      ];
      for (const [name, write] of writers) {
        it(`${name} waits, timers go on, and it is written once the lock is free`, async () => {
          let done = false;
          const writing = write().then(() => {
            done = true;
          });
          const longestMs = await longestTurnMs(20);
          expect(done).to.equal(false);
          expect(longestMs).to.be.lessThan(500);
          other.exec('COMMIT');
          await writing;
          expect(await value()).to.equal(1);
        });
      }

      it('can be read', async () => {
        expect(await value()).to.equal(0);
        other.exec('COMMIT');
      });
    });

    it('opens every connection with WAL, a full sync and no busy wait', async () => {
      await database.sequelize.transaction(async (transaction) => {
        for (const [pragma, expected] of [
          ['journal_mode', { journal_mode: 'wal' }],
          ['synchronous', { synchronous: 2 }],
          ['busy_timeout', { timeout: 0 }],
          ['foreign_keys', { foreign_keys: 1 }],
        ] as const) {
          const [found] = await database.sequelize.query(`PRAGMA ${pragma}`, { transaction, plain: false, raw: true });
          expect([found].flat(), pragma).to.deep.equal([expected]);
        }
      });
    });
  },
  { dialects: ['sqlite', 'memory'] },
);

/** The longest that `count` turns of a 10 ms timer took. */
async function longestTurnMs(count: number): Promise<number> {
  let longest = 0;
  for (let i = 0; i < count; i += 1) {
    const start = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 10));
    longest = Math.max(longest, performance.now() - start);
  }
  return longest;
}

/** Long enough for anything that does not wait to have happened. */
async function turns(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

// stop() has an end, whatever the database does: a run whose end cannot be written is left to others as lost.
import { once } from 'node:events';
import { expect } from 'chai';
import { DalJobApp } from '../../../runtime/app.js';
import { createApp } from '../../../runtime/index.js';
import { MONDAY_MS } from '../../../runtime/testing/fake-clock.js';
import type { AppTypes, JobContext } from '../../../runtime/types.js';
import { eachDatabase } from '../../support/databases.js';
import { FakeApp } from '../../support/fake-app.js';
import { entry } from '../../support/jobs.js';

const MINUTE_MS = 60_000;
const SHUTDOWN_MS = 30_000;
const GRACE_MS = 10_000;
const SOME_STATEMENTS_MS = 10_000;

eachDatabase((test) => {
  beforeEach(() => test.recreate());

  const read = async (sql: string) => (await test.openTestDatabase()).query<Record<string, unknown>>(sql, []);

  it('ends although the end of a run cannot be written, and leaves the run to others', async () => {
    let release = () => {};
    const app = new FakeApp(
      test.url,
      { every: entry(() => new Promise<void>((resolve) => (release = resolve))) },
      { startMs: MONDAY_MS },
    );
    await app.start();
    await app.clock.advance(MINUTE_MS);
    const database = await test.openTestDatabase({ nowMs: () => Math.floor(app.clock.now()) });
    await database.execute('ALTER TABLE job_log RENAME TO elsewhere', []);
    let stopped = false;
    const stopping = app.stop().then(() => {
      stopped = true;
    });
    await app.clock.advance(1_000);
    release();
    await app.clock.advance(SHUTDOWN_MS + GRACE_MS);
    expect(stopped).to.equal(false); // what can still be written in that time is
    await app.clock.advance(SOME_STATEMENTS_MS);
    const inTime = stopped;
    await database.execute('ALTER TABLE elsewhere RENAME TO job_log', []);
    for (let second = 0; second < 5 && !stopped; second += 1) await app.clock.advance(1_000);
    await stopping;
    expect(inTime).to.equal(true);
    expect(await read('SELECT state FROM job_instance')).to.deep.equal([{ state: 'STOPPED' }]);
    expect(await read("SELECT status FROM job_info WHERE name = 'every'")).to.deep.equal([{ status: 'RUNNING' }]);
    const other = new FakeApp(test.url, { every: entry(() => {}) }, { startMs: Math.floor(app.clock.now()) });
    await other.start();
    await other.clock.advance(3_000);
    await other.stop();
    expect(await read("SELECT status FROM job_info WHERE name = 'every'")).to.deep.equal([{ status: 'IDLE' }]);
    expect(await read("SELECT outcome FROM job_log WHERE job_name = 'every' ORDER BY started_at, id")).to.deep.include({
      outcome: 'lost',
    });
  });
});

describe('an app between two lives', () => {
  const create = (url = 'sqlite::memory:') =>
    createApp<AppTypes>(
      {
        app: 'shop',
        configHash: 'v1',
        database: { url, tablePrefix: '' },
        jobs: {},
        services: {},
        errors: {},
      } as never,
      { logger: false },
    );

  it('that is started while it stops is started when it has stopped', async () => {
    const app = create();
    await app.start();
    const stopped = app.stop();
    const started = app.start();
    await stopped;
    await started;
    expect(await app.sequelize.query('SELECT 1 AS one')).to.have.length(2);
    await app.stop();
  });

  it('that is stopped, started and stopped in one breath is stopped', async () => {
    const app = create();
    await app.start();
    await Promise.all([app.stop(), app.start(), app.stop()]);
    expect(() => app.sequelize).to.throw('not started');
  });

  it('that fails to end closes its database all the same, and can be started again', async () => {
    const app = create();
    await app.start();
    const { database, session } = DalJobApp.inside(app);
    let closed = 0;
    const close = database.close.bind(database);
    database.close = () => {
      closed += 1;
      return close();
    };
    const end = session.end.bind(session);
    session.end = async () => {
      await end();
      throw new Error('a bug');
    };
    expect(await app.stop().catch(({ message }: Error) => message)).to.equal('a bug');
    expect(closed).to.equal(1);
    await app.start();
    await app.stop();
  });
});

eachDatabase(
  (test) => {
    beforeEach(() => test.recreate());

    it('ends although a handler hangs between guard and COMMIT, where nobody else can write its row', async function () {
      this.timeout(20_000);
      const seen = new EventTarget();
      const work = async (context: JobContext<string, unknown, object>) => {
        const transaction = await context.sequelize.transaction();
        await context.guard(transaction);
        seen.dispatchEvent(new Event('guarded'));
        await new Promise(() => {});
      };
      const registry = {
        ...{ app: 'shop', configHash: 'v1', database: { url: test.url, tablePrefix: '' } },
        ...{ jobs: { slow: entry(work as never, { cron: '* * * * * *' }) }, services: {}, errors: {} },
      };
      const app = createApp<AppTypes>(registry as never, { shutdownMs: 0, graceMs: 100, logger: false });
      const guarded = once(seen, 'guarded');
      await app.start();
      await guarded;
      await app.stop();
      const database = await test.openTestDatabase();
      expect(await database.query('SELECT state FROM job_instance', [])).to.deep.equal([{ state: 'STOPPED' }]);
    });
  },
  { dialects: ['mariadb', 'mysql'] },
);

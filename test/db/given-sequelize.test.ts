// createApp({ sequelize }): the application's own instance, with useCLS on as it is at its worst, on every database. Its
// transactions and ours never meet, but for guard.
import { expect } from 'chai';
import { DataTypes, type Model, type ModelStatic, type Options, Sequelize } from 'sequelize';
import { sqliteDialectModule } from '../../runtime/db/libsql.js';
import { loadSqlite, SqliteFile } from '../../runtime/db/sqlite-file.js';
import { parseUrl } from '../../runtime/db/url.js';
import { type AppOptions, createApp } from '../../runtime/index.js';
import type { App, AppEvents, AppTypes, JobContext, JobEntry, TriggerReceipt } from '../../runtime/types.js';
import { turnOnCls } from '../support/cls.js';
import { eachDatabase, type TestDatabase } from '../support/databases.js';
import { entry } from '../support/jobs.js';

type Context = JobContext<string, unknown, object>;

eachDatabase((test) => {
  let sequelize: Sequelize;
  let app: App<AppTypes>;
  let Effect: ModelStatic<Model>;
  let turnOffCls = () => {};

  before(() => {
    turnOffCls = turnOnCls();
  });
  after(() => turnOffCls());
  beforeEach(async () => {
    await test.recreate();
    sequelize = new Sequelize(await optionsOf(test));
    Effect = sequelize.define('effect', { name: DataTypes.STRING(20) }, { timestamps: false });
    await Effect.sync();
  });
  afterEach(async () => {
    await app.stop();
    await sequelize.close();
  });

  async function start(jobs: Record<string, JobEntry<unknown>>, options: AppOptions = {}): Promise<void> {
    const nowhere = { url: 'mysql://nobody@nowhere.invalid/none', tablePrefix: '' };
    const registry = { app: 'shop', configHash: 'v1', database: nowhere, jobs, services: {}, errors: {} };
    app = createApp<AppTypes>(registry as never, { sequelize, logger: false, ...options });
    await app.start();
  }

  it('makes the tables in its database, and is what the app and its handlers get', async () => {
    const seen: Sequelize[] = [];
    await start({ look: entry((context: Context) => void seen.push(context.sequelize)) });
    await ran('look', () => trigger('look'));
    expect(app.sequelize).to.equal(sequelize);
    expect(seen[0]).to.equal(sequelize);
    const [rows] = await sequelize.query("SELECT outcome FROM job_log WHERE job_name = 'look'");
    expect(rows).to.deep.equal([{ outcome: 'succeeded' }]);
  });

  it('stays open when the app stops, and serves the app that starts after it', async () => {
    const jobs = { look: entry(() => {}) };
    await start(jobs);
    await app.stop();
    expect(await Effect.count()).to.equal(0);
    await app.start();
    await ran('look', () => trigger('look'));
  });

  it('lets fires go on while the application has a transaction open', async function () {
    if (test.dialect === 'sqlite') this.skip(); // there one writer excludes all others
    await start({ tick: entry(() => {}, { cron: '* * * * * *' }) });
    await sequelize.transaction(async () => {
      await Effect.create({ name: 'open' });
      await ran('tick');
      await ran('tick');
    });
    expect(await Effect.count()).to.equal(1);
  });

  it('makes up for the fires of an open transaction when it ends', async () => {
    await start({ tick: entry(() => {}, { cron: '* * * * * *' }) });
    let next: Promise<AppEvents['run.finished']> | undefined;
    await sequelize.transaction(async () => {
      await Effect.create({ name: 'open' });
      await new Promise((resolve) => setTimeout(resolve, 1_200)); // a fire comes meanwhile
      next = ran('tick');
    });
    expect(await next).to.include({ outcome: 'succeeded' });
  });

  it('keeps what was asked for inside a transaction that is rolled back', async function () {
    if (test.dialect === 'sqlite') this.skip(); // there a transaction that writes keeps everybody else from writing
    await start({ asked: entry(() => {}) }, { concurrency: 1 });
    let fireMs = 0;
    const rolledBack = sequelize.transaction(async () => {
      await sequelize.query('SELECT 1');
      fireMs = (await trigger('asked')).fireTime.getTime();
      await Effect.create({ name: 'gone' });
      throw new Error('no');
    });
    const run = ran('asked');
    expect(await rolledBack.catch((error: Error) => error.message)).to.equal('no');
    expect(await run).to.include({ fireMs, outcome: 'succeeded' });
    expect(await Effect.count()).to.equal(0);
  });

  it('guards a transaction of the application: both stand, or neither', async () => {
    const contexts: Context[] = [];
    const handler = async (context: Context) => {
      contexts.push(context);
      await sequelize.transaction(async (transaction) => {
        await Effect.create({ name: 'kept' }, { transaction });
        await context.guard(transaction);
      });
    };
    await start({ careful: entry(handler) });
    await ran('careful', () => trigger('careful'));
    const late = sequelize.transaction(async (transaction) => {
      await Effect.create({ name: 'late' }, { transaction });
      await contexts[0]?.guard(transaction);
    });
    expect(await late.catch((error: unknown) => error)).to.include({ code: 'DJ3003' });
    expect((await Effect.findAll()).map((row) => row.get('name'))).to.deep.equal(['kept']);
  });

  it('takes a URL for an instance that does not tell where its database is', async function () {
    if (test.dialect === 'sqlite') this.skip();
    sequelize.addHook('beforeConnect', () => {});
    const error = await start({}).catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'DJ2012' });
    await start({ look: entry(() => {}) }, { database: { url: test.url } });
    await ran('look', () => trigger('look'));
    expect(app.sequelize).to.equal(sequelize);
  });

  function trigger(job: string): Promise<TriggerReceipt> {
    return (app as unknown as { trigger(job: string): Promise<TriggerReceipt> }).trigger(job);
  }

  /** The next end of a run of the job. */
  async function ran(job: string, cause: () => Promise<unknown> = async () => {}): Promise<AppEvents['run.finished']> {
    const ended = new Promise<AppEvents['run.finished']>((resolve) => {
      const off = app.on('run.finished', (run) => {
        if (run.job !== job) return;
        off();
        resolve(run);
      });
    });
    await cause();
    return await ended;
  }
});

/** As an application would write it; the file over a driver in the shape of sqlite3. */
async function optionsOf({ url, dialect }: TestDatabase): Promise<Options> {
  const address = parseUrl(url);
  if (address.kind === 'server') {
    const { host, port, user: username, password, database } = address;
    return { dialect: 'mysql', logging: false, host, port, username, password, database };
  }
  expect(dialect).to.equal('sqlite');
  const dialectModule = sqliteDialectModule(new SqliteFile(await loadSqlite(), address.path));
  return { dialect: 'sqlite', logging: false, storage: address.path, dialectModule };
}

// Generated code at work: validators that accept and refuse, defaults, lazy loading, and models that ask for the right columns.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { systemClock } from '../../../runtime/clock.js';
import type { AnyRegistry } from '../../../runtime/types.js';
import { createApp } from '../../golden/generate/thirty/expected/generated/index.js';
import { scratchFolder } from '../../support/scratch.js';

const GOLDEN = new URL('../../golden/generate/thirty/expected/generated/', import.meta.url);

async function registryOf(): Promise<AnyRegistry> {
  const { registry } = (await import(new URL('registry.ts', GOLDEN).href)) as { registry: AnyRegistry };
  return registry;
}

const VALUES: readonly [job: string, fits: readonly unknown[], fitsNot: readonly unknown[]][] = [
  [
    'closeUnpaidOrders',
    [{}, { olderThan: '30m', only: { id: 1 } }],
    [null, { older: 1 }, { olderThan: 'soon' }, { only: { id: 1.5 } }],
  ],
  [
    'rebuildIndex',
    [{ full: true, shards: [1] }],
    [{}, { full: 'yes' }, { full: true, shards: [] }, { full: true, shards: [1, 2, 3, 4, 5, 6, 7, 8, 9] }],
  ],
  ['nightlyReport', [{ day: '2024-02-29', to: ['a@example.com'] }], [{ day: '2023-02-29' }, { to: ['nobody'] }]],
  [
    'importFeed',
    [{ url: 'https://example.com/x', format: 'rss', headers: { a: 'b' }, since: '2024-01-01T00:00:00Z' }],
    [
      { url: 'x', format: 'rss' },
      { url: 'https://example.com', format: 'rss', headers: { a: 1 } },
    ],
  ],
  [
    'mergeFeeds',
    [[], [{ url: 'https://example.com', format: 'rss' }]],
    [
      {},
      [
        { url: 'https://a.example', format: 'rss' },
        { format: 'rss', url: 'https://a.example' },
      ],
    ],
  ],
  ['anything', [null, 1, [{ a: undefined }]], []],
  [
    'wordsAndNumbers',
    [{ kind: 'word', word: 'x' }, { kind: 'number' }],
    [{ kind: 'word', number: 1 }, { kind: 'other' }, {}],
  ],
  [
    'extended',
    [
      { id: 'a', extra: 'b' },
      { id: '🚀'.repeat(20), extra: '' },
    ],
    [{ id: 'a' }, { extra: 'b' }, { id: '', extra: 'b' }, { id: 'a'.repeat(21), extra: 'b' }],
  ],
];

describe('generated validators', () => {
  for (const [job, fits, fitsNot] of VALUES) {
    it(`judge the input of ${job}`, async () => {
      const { validate } = (await registryOf()).jobs[job]!.input!;
      for (const value of fits) expect(validate(value), JSON.stringify(value)).to.equal(true);
      for (const value of fitsNot) {
        expect(validate(value), JSON.stringify(value)).to.equal(false);
        expect(validate.errors?.[0]?.message).to.be.a('string');
      }
    });
  }

  it('need nothing of ajv but its helpers', () => {
    const script = `
      import { register } from 'node:module';
      const loaded = [];
      const { validateFeed } = await import(process.argv[1]);
      if (validateFeed({ url: 'https://example.com', format: 'rss' }) !== true) throw new Error('refused');
      const { createRequire } = await import('node:module');
      console.log(JSON.stringify(Object.keys(createRequire(import.meta.url).cache).filter((path) => /node_modules.(ajv|ts-morph|json-schema)/.test(path))));
    `;
    const args = ['--conditions=dal-job-source', '--import', 'tsx', '--input-type=module', '--eval', script];
    const cwd = fileURLToPath(new URL('../../../', import.meta.url));
    const out = execFileSync(process.execPath, [...args, new URL('validators.ts', GOLDEN).href], {
      cwd,
      encoding: 'utf8',
    });
    const files = (JSON.parse(out) as string[]).map((path) =>
      path.replace(/.*node_modules./, '').replaceAll('\\', '/'),
    );
    expect(files.sort()).to.deep.equal([
      'ajv-formats/dist/formats.js',
      'ajv/dist/runtime/equal.js',
      'ajv/dist/runtime/ucs2length.js',
      'ajv/dist/runtime/validation_error.js',
    ]);
  });
});

// A clock of the test's own, here the true one, keeps the heartbeat in this thread.
describe('generated models', () => {
  it('are there from start on, read the rows of their application, and give dates beside milliseconds', async () => {
    const url = `sqlite:${join(scratchFolder('models'), 'jobs.sqlite')}`;
    await makeClaimTables(url);
    const app = createApp({ database: { url, tablePrefix: 'other_' }, logger: false, clock: systemClock });
    expect(() => app.models).to.throw(/not started/);
    const finished = new Promise<void>((done) => {
      app.on('run.finished', ({ job }) => (job === 'byHand' ? done() : undefined));
    });
    await app.start();
    try {
      const { JobInfo, JobInstance, JobLog } = app.models;
      expect(app.models.JobLog).to.equal(JobLog);
      await app.trigger('byHand');
      await finished;
      const log = await JobLog.findOne({ where: { jobName: 'byHand' }, include: ['job', 'instance'] });
      expect(log).to.include({
        app: 'shop',
        outcome: 'failed',
        kind: 'manual',
        manual: true,
        errorName: 'NotImplementedError',
      });
      expect(log?.startedAtDate.getTime()).to.equal(log?.startedAt);
      expect(log?.finishedAtDate?.getTime()).to.equal(log?.finishedAt);
      expect(log?.durationMs).to.equal((log?.finishedAt ?? 0) - (log?.startedAt ?? 0));
      expect(log?.job)
        .to.be.instanceOf(JobInfo)
        .and.to.include({ name: 'byHand', cron: null, globalSingle: true, paused: false });
      expect(log?.instance).to.be.instanceOf(JobInstance).and.to.include({ state: 'ALIVE' });
      expect(log?.toJSON()).to.include.keys('jobName', 'fireAt', 'durationMs');
      const info = await JobInfo.findOne({ where: { name: 'byHand' }, include: 'logs' });
      expect(info?.logs?.map(({ id }) => id)).to.deep.equal([log?.id]);
      expect(info?.nextFireAtDate).to.equal(null);
      await app.sequelize.query("DELETE FROM other_job_info WHERE name = 'byHand'");
      const kept = await JobLog.findOne({ where: { jobName: 'byHand' }, include: 'job' });
      expect(kept?.id).to.equal(log?.id);
      expect(kept?.job).to.equal(null);
      await app.sequelize.query("UPDATE other_job_log SET app = 'another'");
      expect(await JobLog.count()).to.equal(0);
      expect(await JobLog.unscoped().count()).to.be.greaterThan(0);
    } finally {
      await app.stop();
    }
  });

  it('ask the database again after a stop and another start', async () => {
    const url = `sqlite:${join(scratchFolder('models-again'), 'jobs.sqlite')}`;
    const app = createApp({ database: { url }, logger: false, schedule: false, clock: systemClock });
    const states: (string | undefined)[][] = [];
    for (const _start of [1, 2]) {
      await app.start();
      try {
        const { JobInstance } = app.models;
        const all = await JobInstance.findAll({ order: ['startedAt', 'id'] });
        states.push(all.map(({ state }) => state).sort());
      } finally {
        await app.stop();
      }
    }
    expect(states).to.deep.equal([['ALIVE'], ['ALIVE', 'STOPPED']]);
  });

  it("of two apps in one process do not take each other's database", async () => {
    const apps = ['a', 'b'].map((name) =>
      createApp({
        database: { url: `sqlite:${join(scratchFolder(`models-${name}`), 'jobs.sqlite')}` },
        logger: false,
        schedule: false,
        clock: systemClock,
      }),
    );
    await Promise.all(apps.map((app) => app.start()));
    try {
      const [a, b] = apps.map((app) => app.models.JobInstance);
      expect(await a?.count()).to.equal(1);
      expect((await a?.findOne())?.id)
        .to.be.a('string')
        .and.to.not.equal((await b?.findOne())?.id);
    } finally {
      await Promise.all(apps.map((app) => app.stop()));
    }
  });
});

/** As an application that leaves its tables to Sequelize: what `sync()` makes is what start asks for. */
async function makeClaimTables(url: string): Promise<void> {
  const app = createApp({
    database: { url, tablePrefix: 'other_' },
    logger: false,
    clock: systemClock,
    schedule: false,
  });
  await app.start();
  await app.models.Orders.sync();
  await app.models.IndexTable.sync();
  await app.stop();
}

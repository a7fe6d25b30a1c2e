// An app whose lease is over: what it says of itself while its handlers still work, and how it comes back.
import { once } from 'node:events';
import { expect } from 'chai';
import { createApp } from '../../../runtime/index.js';
import type { App, AppTypes } from '../../../runtime/types.js';
import { eachDatabase } from '../../support/databases.js';
import { entry } from '../../support/jobs.js';

eachDatabase((test) => {
  let app: App<AppTypes>;
  const seen = new EventTarget();
  let signal: AbortSignal;
  let held: (() => void)[];
  let isOver: boolean;

  beforeEach(async () => {
    await test.recreate();
    held = [];
    isOver = false;
    const work = (context: { signal: AbortSignal }) => {
      signal = context.signal;
      seen.dispatchEvent(new Event('work'));
      return isOver ? undefined : new Promise<void>((resolve) => held.push(resolve));
    };
    const registry = {
      ...{ app: 'shop', configHash: 'v1', database: { url: test.url, tablePrefix: '' } },
      ...{ jobs: { slow: entry(work as never, { cron: '* * * * * *' }) }, services: {}, errors: {} },
    };
    app = createApp<AppTypes>(registry as never, { leaseMs: 3_000, graceMs: 60_000, logger: false });
    const working = once(seen, 'work');
    await app.start();
    await working;
  });
  const release = () => {
    for (const end of held.splice(0)) end();
  };
  afterEach(async () => {
    isOver = true; // a run that begins now must not keep the app from stopping
    release();
    await app.stop();
  });

  const states = async () => {
    const [rows] = await app.sequelize.query('SELECT state FROM job_instance ORDER BY started_at');
    return (rows as { state: string }[]).map(({ state }) => state);
  };
  const happens = (event: 'lease.lost' | 'instance.started') =>
    new Promise<void>((resolve) => {
      const stop = app.on(event, () => {
        stop();
        resolve();
      });
    });

  it('aborts its runs also when it is shutting down: others may take them from now on', async () => {
    const lost = happens('lease.lost');
    const { sequelize } = app;
    const stopped = app.stop();
    await sequelize.query('ALTER TABLE job_instance RENAME TO elsewhere');
    await lost;
    expect(signal.aborted).to.equal(true);
    release();
    await stopped;
  });

  it('does not call itself dead while an aborted handler is in its grace, and then comes back', async () => {
    const lost = happens('lease.lost');
    const back = happens('instance.started');
    await app.sequelize.query('ALTER TABLE job_instance RENAME TO elsewhere'); // no beat comes through
    await lost;
    await app.sequelize.query('ALTER TABLE elsewhere RENAME TO job_instance');
    expect(signal.aborted).to.equal(true);
    for (let look = 0; look < 50; look += 1) expect(await states()).to.deep.equal(['ALIVE']);
    release();
    await back;
    expect(await states()).to.deep.equal(['DEAD', 'ALIVE']);
  });
});

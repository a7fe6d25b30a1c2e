// What an app says of its database: once that it is gone, and once that it is back, however long it took.
import { expect } from 'chai';
import { DalJobApp } from '../../../runtime/app.js';
import type { Database } from '../../../runtime/db/database.js';
import { MONDAY_MS } from '../../../runtime/testing/fake-clock.js';
import { eachDatabase } from '../../support/databases.js';
import { FakeApp } from '../../support/fake-app.js';
import { entry } from '../../support/jobs.js';

const MINUTE_MS = 60_000;
const LEASE_MS = 15_000;

eachDatabase((test) => {
  let app: FakeApp;
  let database: Database;
  let said: string[];

  beforeEach(async () => {
    await test.recreate();
    app = new FakeApp(test.url, { every: entry(() => {}) }, { startMs: MONDAY_MS, leaseMs: LEASE_MS });
    said = [];
    app.app.on('database.down', () => void said.push('down'));
    app.app.on('database.up', ({ downMs }) => void said.push(downMs > LEASE_MS ? 'up, after long' : 'up'));
    await app.start();
    database = await test.openTestDatabase();
  });
  afterEach(() => app.stop());

  const hide = (table: string) => database.execute(`ALTER TABLE ${table} RENAME TO no_${table}`, []);
  const show = (table: string) => database.execute(`ALTER TABLE no_${table} RENAME TO ${table}`, []);

  it('says that it is back also when the lease was over meanwhile', async () => {
    await app.clock.advance(1_000);
    for (const table of ['job_info', 'job_instance']) await hide(table);
    await app.clock.advance(3 * LEASE_MS);
    for (const table of ['job_info', 'job_instance']) await show(table);
    await app.clock.advance(MINUTE_MS);
    expect(said).to.deep.equal(['down', 'up, after long']);
    expect(app.fires('every')).to.have.length(1);
  });

  it('does not take a tick that asks nothing for an answer', async () => {
    await app.clock.advance(2_600);
    await hide('job_info');
    DalJobApp.inside(app.app).session.poke();
    await app.clock.advance(10_000);
    expect(said).to.deep.equal(['down']);
    await show('job_info');
    await app.clock.advance(2_500);
    expect(said).to.deep.equal(['down', 'up']);
  });
});

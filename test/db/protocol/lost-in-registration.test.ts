// An instance that loses its lease again before it is back: while it registers its jobs. What must hold: it comes back once, and
// leaves nothing behind.
import { expect } from 'chai';
import { DalJobApp } from '../../../runtime/app.js';
import { MONDAY_MS } from '../../../runtime/testing/fake-clock.js';
import { eachDatabase } from '../../support/databases.js';
import { FakeApp } from '../../support/fake-app.js';
import { entry } from '../../support/jobs.js';

const LEASE_MS = 15_000;
const MINUTE_MS = 60_000;

eachDatabase(
  (test) => {
    it('comes back once, under one id, and fires each fire once', async () => {
      await test.recreate();
      const fake = new FakeApp(test.url, { every: entry(() => {}) }, { startMs: MONDAY_MS });
      await fake.start();
      let started = 0;
      fake.app.on('instance.started', () => {
        started += 1;
      });
      const { database } = DalJobApp.inside(fake.app);
      const { execute, query } = database;
      const hanging: (() => void)[] = [];
      database.execute = (sql, values) =>
        sql.includes('beats + 1') ? Promise.reject(new Error('no beat')) : execute.call(database, sql, values);
      database.query = async (sql, values) => {
        if (sql.includes('def_config')) await new Promise<void>((resolve) => hanging.push(resolve));
        return query.call(database, sql, values) as never;
      };
      await fake.clock.advance(LEASE_MS); // lost: it joins anew, and hangs in its registration
      await fake.clock.advance(LEASE_MS); // and that lease is over, too
      Object.assign(database, { execute, query });
      for (const goOn of hanging) goOn();
      await fake.clock.advance(2 * MINUTE_MS);
      expect(started).to.equal(1);
      expect(fake.fires('every')).to.deep.equal([MONDAY_MS + MINUTE_MS, MONDAY_MS + 2 * MINUTE_MS]);
      await fake.stop();
      expect(fake.clock.pending).to.equal(0);
    });
  },
  { dialects: ['memory'] },
);

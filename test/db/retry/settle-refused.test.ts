// Ends that the server refuses: an UPDATE that is denied, a mistake of ours. They are tried again, and not in silence.
import { expect } from 'chai';
import type { Database } from '../../../runtime/db/database.js';
import { DatabaseError } from '../../../runtime/db/errors.js';
import { countStates, Dispatch, insertRecords, method } from '../../support/records.js';
import { eachWorld } from '../../support/world.js';

const DENIED = new DatabaseError('bug', 'UPDATE command denied', { cause: undefined, reason: 1142 });

eachWorld((world) => {
  for (const [count, state] of [
    [1, 'SUCCEEDED'],
    [5, 'SUCCEEDED'],
    [1, 'DEAD'],
    [5, 'DEAD'],
  ] as const) {
    it(`tells one bug of ${count} ${state} ends that are denied for a while, and writes them after`, async function () {
      this.timeout(20_000);
      await insertRecords(world.database, 'beforehand', { nowMs: world.now, count });
      const way = denying(world.database, 12);
      const member = await world.member({ database: way });
      const one = new Dispatch(world, member, [method('charge')], () =>
        state === 'DEAD' ? { state, error: new Error('x') } : { state },
      );
      one.dispatcher.tick();
      while (one.ran.length < count || !one.dispatcher.isIdle) {
        await world.clock.advance(100);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      expect(way.denied).to.equal(12);
      expect(one.bugs).to.deep.equal([DENIED]);
      expect(await countStates(world.database, 'beforehand')).to.deep.equal({ [state]: count });
    });
  }
});

/** Denies the first so many statements that end a record. */
function denying(real: Database, times: number): Database & { readonly denied: number } {
  let denied = 0;
  return {
    dialect: real.dialect,
    tables: real.tables,
    get denied() {
      return denied;
    },
    get sequelize() {
      return real.sequelize;
    },
    query: (sql, values) => real.query(sql, values),
    async execute(sql, values) {
      if (denied === times || !/SET state = '(SUCCEEDED|DEAD)'/.test(sql)) return await real.execute(sql, values);
      denied += 1;
      throw DENIED;
    },
    transaction: (step) => real.transaction(step),
    close: () => real.close(),
  };
}

// Ends of calls beside records that somebody holds: a transaction of the application's that merges into one may be open for
// long. What must hold: the others' ends do not wait for it.
import { expect } from 'chai';
import { systemClock } from '../../../runtime/clock.js';
import { Settler } from '../../../runtime/retry/settle.js';
import { countStates, insertRecords } from '../../support/records.js';
import { eachWorld } from '../../support/world.js';

eachWorld(
  (world) => {
    for (const kind of ['beforehand', 'afterward'] as const) {
      it(`ends ${kind} calls beside a record that is locked, and that one when it is free`, async function () {
        this.timeout(60_000);
        const member = await world.member();
        const over = { state: 'RUNNING', owner: member.instance.id, claim_key: 'k' };
        const ids = await insertRecords(world.database, kind, { nowMs: world.now, count: 5, over });
        const transaction = await world.database.sequelize.transaction();
        const table = kind === 'beforehand' ? 'job_beforehand_retry' : 'job_retry';
        const sql = `SELECT id FROM ${table} WHERE id = '${ids[2]}' FOR UPDATE`;
        await world.database.sequelize.query(sql, { transaction });
        const settler = new Settler({ ...member, clock: systemClock, methods: [], tell: () => {} });
        const key = { service: 'shop', method: 'charge', claimKey: 'k', attempt: 1 };
        const generation = kind === 'beforehand' ? null : 0;
        const ends = ids.map((id) => settler.settle({ ...key, kind, id, generation }, { state: 'SUCCEEDED' }));
        expect(await Promise.all(ends.filter((_, at) => at !== 2))).to.deep.equal([true, true, true, true]);
        expect(await countStates(world.database, kind)).to.deep.equal({ RUNNING: 1, SUCCEEDED: 4 });
        await transaction.rollback();
        expect(await ends[2]).to.equal(true);
        expect(await countStates(world.database, kind)).to.deep.equal({ SUCCEEDED: 5 });
      });
    }
  },
  { dialects: ['mariadb', 'mysql'] },
);

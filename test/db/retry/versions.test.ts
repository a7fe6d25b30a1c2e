// Versions of an application side by side: each runs the records whose method and schema it knows, and none is lost.
import { expect } from 'chai';
import { endStrangers } from '../../../runtime/retry/strangers.js';
import { countStates, Dispatch, insertRecords, method, readRecords } from '../../support/records.js';
import { eachWorld, type Member } from '../../support/world.js';

eachWorld((world) => {
  const charge = method('charge');
  let member: Member;
  const insert = (kind: 'beforehand' | 'afterward', over = {}, count = 1) =>
    insertRecords(world.database, kind, { nowMs: world.now, count, over });
  const only = async (kind: 'beforehand' | 'afterward' = 'beforehand') => (await readRecords(world.database, kind))[0];
  const kill = async (dead: Member) => {
    world.freeze(dead);
    const sql = `UPDATE ${world.database.tables.job_instance} SET state = 'DEAD' WHERE id = ?`;
    await world.database.execute(sql, [dead.instance.id]);
  };

  beforeEach(async () => {
    member = await world.member();
  });

  describe('versions side by side', () => {
    const today = method('charge', { argsHash: 'h2' });

    it('leave each other’s records alone, and lose none', async () => {
      const old = await world.member({ configHash: 'v0' });
      await insert('beforehand', { args_hash: 'h1' }, 3);
      await insert('beforehand', { args_hash: 'h2' }, 3);
      const [before, after] = [new Dispatch(world, old, [charge]), new Dispatch(world, member, [today])];
      await after.tick();
      expect(after.ran.map(({ argsHash }) => argsHash)).to.deep.equal(['h2', 'h2', 'h2']);
      await after.tick();
      await before.tick();
      expect(before.ran.map(({ argsHash }) => argsHash)).to.deep.equal(['h1', 'h1', 'h1']);
      expect(await countStates(world.database, 'beforehand')).to.deep.equal({ SUCCEEDED: 6 });
    });

    it('end what nobody living knows as DEAD, with what does not fit', async () => {
      const old = await world.member({ configHash: 'v0' });
      await insert('beforehand', { args_hash: 'h1' });
      await insert('beforehand', { method: 'gone' });
      await insert('afterward', {});
      const dispatch = new Dispatch(world, member, [today]);
      await dispatch.tick();
      expect(await countStates(world.database, 'beforehand')).to.deep.equal({ RETRY: 2 });
      await kill(old);
      await world.pass(15_000);
      await dispatch.tick();
      const rows = await readRecords(world.database, 'beforehand');
      expect(rows.map(({ state }) => state)).to.deep.equal(['DEAD', 'DEAD']);
      expect(rows[0]?.error_message).to.contain('recorded by the schema h1, today’s is h2'.replace('’', "'"));
      expect(rows[1]?.error_message).to.contain('shop.gone is no method with beforehand retry');
      expect(await only('afterward')).to.include({ state: 'DEAD', live_key: null });
      expect(dispatch.said.map(([event]) => event)).to.deep.equal(['call.dead', 'call.dead', 'call.dead']);
    });

    it('are not searched for what nobody knows while something of ours is due', async () => {
      await insert('beforehand', { method: 'gone' });
      await insert('beforehand', { args_hash: 'h1' });
      const [own = ''] = await insert('beforehand', { args_hash: 'h2' });
      expect(await endStrangers(member.instance, [today])).to.deep.equal([]);
      await world.database.execute(
        `UPDATE ${world.database.tables.job_beforehand_retry} SET next_at = ? WHERE id = ?`,
        [world.now + 60_000, own],
      );
      expect((await endStrangers(member.instance, [today])).map((ended) => ended.method).sort()).to.deep.equal([
        'charge',
        'gone',
      ]);
    });

    it('accept arguments of any schema where the method upcasts', async () => {
      await insert('beforehand', { args_hash: 'h1' });
      const dispatch = new Dispatch(world, member, [method('charge', { argsHash: null })]);
      await dispatch.tick();
      expect(dispatch.ran.map(({ argsHash }) => argsHash)).to.deep.equal(['h1']);
    });
  });
});

// Newer arguments that come while the old ones run: the record lives on, and waits as long as one of their own would.
// What must hold: no backoff is set aside, and nobody is told of the death of a record that waits again.
import { expect } from 'chai';
import type { CallOutcome } from '../../../runtime/retry/record.js';
import { retryOf } from '../../support/calls.js';
import { lossy } from '../../support/lossy.js';
import { Dispatch, insertRecords, method, readRecords, SUCCEEDED } from '../../support/records.js';
import { eachWorld, type Member, type World } from '../../support/world.js';

const FIRST_MS = 60_000;
const { entry } = method('charge');
const CHARGE = method('charge', { kind: 'afterward', entry: { ...entry, retry: retryOf({ mode: 'afterward' }) } });
const error = new TypeError('no answer');
const RETRY: CallOutcome = { state: 'RETRY', delayMs: 7_000, error };
const DEAD: CallOutcome = { state: 'DEAD', error };

eachWorld((world) => {
  let member: Member;

  beforeEach(async () => {
    member = await world.member();
  });

  const insert = (count = 1) => insertRecords(world.database, 'afterward', { nowMs: world.now, count });
  const first = async () => (await readRecords(world.database, 'afterward'))[0];

  /** Into each of the records `which` names newer arguments are merged while they run for the first time. */
  function dispatch(outcome: CallOutcome, which: readonly string[], by = member): Dispatch {
    const merged = new Set(which);
    return new Dispatch(world, by, [CHARGE], async ({ id }) => {
      if (merged.delete(id)) await merge(world, id);
      return outcome;
    });
  }

  for (const [outcome, waitMs, told] of [
    [RETRY, 7_000, 'call.retrying'],
    [DEAD, FIRST_MS, 'call.retrying'],
    [SUCCEEDED, FIRST_MS, 'call.succeeded'],
  ] as const) {
    it(`runs the newer arguments ${waitMs / 1_000} s after the old ones ended ${outcome.state}`, async () => {
      const ids = await insert();
      const one = dispatch(outcome, ids);
      await one.tick();
      expect(await first()).to.include({ state: 'RETRY', args: '[2]', owner: null, next_at: world.now + waitMs });
      expect(one.said).to.deep.equal([[told, ids[0]]]);
      await world.pass(waitMs - 1);
      await one.tick();
      expect(one.ran).to.have.length(1);
      await world.pass(1);
      await one.tick();
      expect(one.ran.map(({ args }) => args)).to.deep.equal(['[]', '[2]']);
    });
  }

  it('keeps what the old ones died of, and an attempt for the newer ones', async () => {
    const ids = await insert();
    await world.database.execute(`UPDATE ${world.database.tables.job_retry} SET attempt = 3 WHERE 1 = 1`, []);
    await dispatch(RETRY, ids).tick(); // the last attempt: DEAD
    const row = { state: 'RETRY', attempt: 3, error_name: 'TypeError', error_message: 'no answer', finished_at: null };
    expect(await first()).to.include({ ...row, next_at: world.now + FIRST_MS });
  });

  it('tells of the death of those records only that are dead', async () => {
    const ids = await insert(4);
    const one = dispatch(DEAD, ids.slice(1, 3));
    await one.tick();
    const states = (await readRecords(world.database, 'afterward')).map(({ state }) => state);
    expect(states).to.deep.equal(['DEAD', 'RETRY', 'RETRY', 'DEAD']);
    const told = ids.map((id) => one.said.filter(([, said]) => said === id).map(([event]) => event));
    expect(told).to.deep.equal([['call.dead'], ['call.retrying'], ['call.retrying'], ['call.dead']]);
  });

  it('tells of no death either when the reply was lost of what put the record back', async () => {
    const ids = await insert();
    const way = lossy(world.database);
    const one = dispatch(DEAD, ids, await world.member({ database: way }));
    way.fates.push('fine', 'fine', 'lost reply'); // claim, end, put back
    one.dispatcher.tick();
    while (way.fates.length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    while (!one.dispatcher.isIdle) {
      await world.clock.advance(10);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(await first()).to.include({ state: 'RETRY', attempt: 2 });
    expect(one.said).to.deep.equal([['call.retrying', ids[0]]]);
  });
});

async function merge({ database }: World, id: string): Promise<void> {
  const sql = `UPDATE ${database.tables.job_retry} SET args = '[2]', generation = generation + 1 WHERE id = ?`;
  await database.execute(sql, [id]);
}

// Who gets a turn: methods beside a wide one, records behind those that must run alone, and those of another version.
// What must hold: whatever waits at the head, everything that is due runs in the end.
import { expect } from 'chai';
import { DatabaseError } from '../../../runtime/db/errors.js';
import type { Step } from '../../../runtime/db/step.js';
import { lossy } from '../../support/lossy.js';
import { Dispatch, type Given, insertRecords, method, readRecords } from '../../support/records.js';
import { eachWorld, type Member } from '../../support/world.js';

const LOST = { error_name: 'InstanceLost' };

/** The step, until it comes to such a statement. */
function* refusing<T>(step: Step<T>, sql: RegExp): Step<T> {
  let next = step.next();
  while (!next.done) {
    if (sql.test(next.value.sql)) throw new DatabaseError('reconnect', 'no reply', { cause: new Error('no reply') });
    next = step.next(yield next.value);
  }
  return next.value;
}

eachWorld((world) => {
  let member: Member;
  beforeEach(async () => {
    member = await world.member();
  });

  const insert = (kind: 'beforehand' | 'afterward', count: number, over: Given = {}) =>
    insertRecords(world.database, kind, { nowMs: world.now, count, over });
  const charge = method('charge');
  const notify = method('notify', { kind: 'afterward' });

  it('gives both kinds their turns, also while one has many records that run alone', async () => {
    await insert('beforehand', 10, LOST);
    await insert('afterward', 5, { method: 'notify' });
    const dispatch = new Dispatch(world, member, [charge, notify]);
    await dispatch.tick();
    const kinds = dispatch.ran.map(({ kind }) => kind);
    expect(kinds).to.have.length(15);
    expect(kinds.lastIndexOf('afterward')).to.be.lessThan(5);
  });

  it('takes what stands behind more records that run alone than the method has room', async () => {
    const lost = new Set(await insert('beforehand', 250, { ...LOST, next_at: world.now - 9_000 }));
    await insert('beforehand', 5);
    const dispatch = new Dispatch(world, member, [method('charge', { concurrency: 4 })]);
    await dispatch.tick();
    const order = dispatch.ran.map(({ id }) => (lost.has(id) ? 'alone' : 'together'));
    expect(order).to.have.length(255);
    expect(order.lastIndexOf('together')).to.be.lessThan(10);
  });

  it('gives a method its turn beside one that is wide enough for whole claims', async () => {
    await insert('beforehand', 3_000, { next_at: world.now - 9_000 });
    await insert('beforehand', 10, { method: 'refund' });
    await insert('beforehand', 2, { ...LOST, method: 'refund' });
    const dispatch = new Dispatch(world, member, [method('charge', { concurrency: 1_000 }), method('refund')]);
    await dispatch.tick();
    const order = dispatch.ran.map((record) => record.method);
    expect(order).to.have.length(3_012);
    expect(order.lastIndexOf('refund')).to.be.lessThan(1_500);
  });

  it('runs the oldest of those that run alone first, whosever method it is', async () => {
    await insert('beforehand', 2, { ...LOST, next_at: world.now - 3_000 });
    await insert('beforehand', 2, { ...LOST, method: 'refund', next_at: world.now - 4_000 });
    await insert('afterward', 1, { ...LOST, method: 'notify', next_at: world.now - 3_500 });
    const dispatch = new Dispatch(world, member, [charge, method('refund'), notify]);
    await dispatch.tick();
    expect(dispatch.ran.map((record) => record.method)).to.deep.equal([
      'refund',
      'refund',
      'notify',
      'charge',
      'charge',
    ]);
  });

  it('runs the others also while the claim of one that runs alone fails time and again', async () => {
    const database = lossy(world.database);
    const transaction = database.transaction;
    database.transaction = (step) => transaction(() => refusing(step(), /LIMIT 1\b/));
    member = await world.member({ database });
    await insert('beforehand', 1, LOST);
    const dispatch = new Dispatch(world, member, [charge]);
    await dispatch.tick();
    expect(dispatch.ran).to.have.length(0);
    await insert('beforehand', 2);
    await dispatch.tick();
    expect(dispatch.ran).to.have.length(2);
    database.transaction = transaction;
    await dispatch.tick();
    expect(dispatch.ran).to.have.length(3);
  });

  it('ends records that nobody knows also while others are always due', async () => {
    const [id] = await insert('beforehand', 1, { method: 'gone' });
    const dispatch = new Dispatch(world, member, [charge]);
    for (let turn = 0; turn < 10; turn += 1) {
      await insert('beforehand', 1);
      await world.pass(2_500);
      await world.beat(member);
      await dispatch.tick();
    }
    expect((await readRecords(world.database, 'beforehand')).find((row) => row.id === id)).to.include({
      state: 'DEAD',
    });
    expect(dispatch.ran).to.have.length(10);
  });
});

// The sweep's second half: what has no living owner is freed, once, whoever notices, however it came about.
import { expect } from 'chai';
import { readDue } from '../../../runtime/lock/due.js';
import { startMulti } from '../../../runtime/lock/multi.js';
import { freeOrphanStep } from '../../../runtime/lock/sweep.js';
import { Events } from '../../../runtime/run/events.js';
import { freeUnknown } from '../../../runtime/run/recover.js';
import { job, retry } from '../../support/jobs.js';
import { eachWorld, type Member } from '../../support/world.js';

const MINUTE_MS = 60_000;
const LEASE_MS = 15_000;
const SIGHT_MS = 6_000;

eachWorld((world) => {
  let lost: Member;
  let member: Member;

  beforeEach(async () => {
    lost = await world.member();
    member = await world.member();
  });

  /** The frozen one's lease has been over in two sweeps, far enough apart. */
  async function outlive(frozen: Member): Promise<void> {
    world.freeze(frozen);
    await world.pass(LEASE_MS + 1);
    await world.sweep(member);
    await world.pass(SIGHT_MS);
  }

  it('frees a run of the lost one as lost, and its fire is not run again (onLost skip)', async () => {
    const every = job('every', { retry: retry(3) });
    await world.register(member, every);
    await world.pass(MINUTE_MS);
    const run = await world.take(lost, every);
    await outlive(lost);
    expect((await world.sweep(member)).lost).to.deep.equal([
      { job: 'every', fireMs: run.run.grant.fireMs, owner: lost.instance.id, rerun: false },
    ]);
    const row = await world.row('every');
    expect(row).to.include({ status: 'IDLE', rerun_fire_at: null, last_outcome: 'lost', failures_in_a_row: 1 });
    expect(row.fence).to.be.greaterThan(run.run.fence);
    expect(await world.finish(lost, run)).to.equal(false);
    expect(await world.story()).to.deep.equal(['+60 #1 lost (its instance is gone)']);
  });

  it('says nothing of an older error beside the lost run', async () => {
    const every = job('every');
    await world.register(member, every);
    await world.pass(MINUTE_MS);
    await world.take(lost, every);
    await world.set('every', { last_error: 'Error: of last week' });
    await outlive(lost);
    await world.sweep(member);
    expect((await world.row('every')).last_error).to.equal(null);
  });

  it('runs it again with onLost rerun, with the next attempt and its input, up to 1 + maxRetries in all', async () => {
    const every = job('every', { onLost: 'rerun', retry: retry(2), cron: null });
    await world.register(member, every);
    await world.set('every', { trigger_at: world.now, trigger_input: '[1]', due_at: world.now });
    const attempts: number[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      const holder = await world.member();
      const { run } = await world.take(holder, every);
      expect(run.grant).to.include({ input: '[1]', manual: 1, kind: turn === 0 ? 'manual' : 'rerun' });
      attempts.push(run.grant.attempt);
      await outlive(holder);
      await world.sweep(member);
    }
    expect(attempts).to.deep.equal([1, 2, 3]);
    expect((await world.acquire(member, every)).acquired).to.deep.equal([]);
    expect(await world.story()).to.deep.equal([1, 2, 3].map((n) => `manual +0 #${n} lost (its instance is gone)`));
  });

  it('reruns a job without retries once', async () => {
    const every = job('every', { onLost: 'rerun' });
    await world.register(member, every);
    await world.pass(MINUTE_MS);
    for (let turn = 0; turn < 2; turn += 1) {
      const holder = await world.member();
      await world.take(holder, every);
      await outlive(holder);
      await world.sweep(member);
    }
    expect((await world.row('every')).rerun_fire_at).to.equal(null);
    expect(await world.story()).to.deep.equal([
      '+60 #1 lost (its instance is gone)',
      '+60 #2 lost (its instance is gone)',
    ]);
  });

  it('frees each orphan once when many sweep at the same time', async () => {
    const jobs = Array.from({ length: 12 }, (_, n) => job(`j${n}`, { onLost: 'rerun' }));
    await world.register(member, ...jobs);
    await world.pass(MINUTE_MS);
    await world.acquire(lost, ...jobs);
    world.freeze(lost);
    await world.database.execute(`UPDATE ${world.database.tables.job_instance} SET state = 'DEAD' WHERE id = ?`, [
      lost.instance.id,
    ]);
    const sweepers = await Promise.all(Array.from({ length: 4 }, () => world.member()));
    const said = await Promise.all(sweepers.map((one) => world.sweep(one)));
    expect(said.flatMap((one) => one.lost.map((orphan) => orphan.job)).sort()).to.deep.equal(
      jobs.map(({ name }) => name).sort(),
    );
    expect((await world.rows()).every((row) => row.rerun_attempt === 2)).to.equal(true);
  });

  it('frees work that a crashed sweeper left behind, however long ago the owner was ended', async () => {
    const every = job('every');
    await world.register(member, every);
    await world.pass(MINUTE_MS);
    await world.take(lost, every);
    world.freeze(lost);
    await world.database.execute(`UPDATE ${world.database.tables.job_instance} SET state = 'STOPPED' WHERE id = ?`, [
      lost.instance.id,
    ]);
    expect((await world.sweep(member)).lost).to.have.length(1);
  });

  it('frees the run of an owner whose row is gone altogether', async () => {
    const every = job('every');
    await world.register(member, every);
    await world.pass(MINUTE_MS);
    await world.take(lost, every);
    world.freeze(lost);
    await world.database.execute(`DELETE FROM ${world.database.tables.job_instance} WHERE id = ?`, [lost.instance.id]);
    expect((await world.sweep(member)).lost).to.have.length(1);
  });

  it('leaves a row that has moved on since it was found', async () => {
    const every = job('every');
    await world.register(member, every);
    await world.pass(MINUTE_MS);
    const run = await world.take(lost, every);
    const orphan = { name: 'every', owner: lost.instance.id, fence: run.run.fence };
    await world.finish(lost, run);
    expect(await world.run(() => freeOrphanStep(member.instance, orphan))).to.equal(null);
    await world.pass(MINUTE_MS);
    await world.take(lost, every);
    expect(await world.run(() => freeOrphanStep(member.instance, orphan))).to.equal(null);
  });

  it('frees what is said to be run by a living instance that knows nothing of it, and nothing else', async () => {
    const [held, unknown] = [job('held'), job('unknown', { onLost: 'rerun' })];
    await world.register(member, held, unknown);
    await world.pass(MINUTE_MS);
    const run = await world.take(member, held);
    const ended = await world.take(member, unknown);
    member.acquisitions.forget(ended.run.acqId); // its end was written, and a fail-over lost that commit
    expect((await readDue(member.instance)).held).to.be.greaterThan(member.acquisitions.held);
    const events = new Events();
    const lost: string[] = [];
    events.on('run.lost', ({ job: name }) => lost.push(name));
    await freeUnknown({ membership: member, clock: world.clock, events });
    expect(lost).to.deep.equal(['unknown']);
    expect((await readDue(member.instance)).held).to.equal(member.acquisitions.held);
    expect(await world.story('unknown')).to.deep.equal(['+60 #1 lost (its instance knows nothing of it)']);
    expect((await world.take(member, unknown)).run.grant).to.include({ from: 'rerun', attempt: 2 });
    expect(await world.finish(member, run)).to.equal(true);
  });

  it('frees a run whose owner somebody has set to NULL', async () => {
    const every = job('every');
    await world.register(member, every);
    await world.pass(MINUTE_MS);
    await world.take(lost, every);
    await world.set('every', { owner: null });
    await world.sweep(member);
    expect(await world.story()).to.deep.equal(['+60 #1 lost (its instance is gone)']);
    expect((await readDue(member.instance)).orphans).to.equal(false);
  });

  it('leaves the run of a living owner', async () => {
    const every = job('every');
    await world.register(member, every);
    await world.pass(MINUTE_MS);
    const run = await world.take(lost, every);
    const orphan = { name: 'every', owner: lost.instance.id, fence: run.run.fence };
    expect(await world.run(() => freeOrphanStep(member.instance, orphan))).to.equal(null);
    expect((await world.sweep(member)).lost).to.deep.equal([]);
  });

  it('ends log rows of multi-instance runs whose instance is gone, and no others', async () => {
    const every = job('every', { globalSingle: false });
    await world.register(member, every);
    await world.pass(MINUTE_MS);
    for (const one of [lost, member]) await startMulti(one.instance, every, { fireMs: world.now, kind: 'cron' });
    await outlive(lost);
    await world.sweep(member);
    const bySlot = new Map((await world.log()).map(({ slot, outcome }) => [slot, outcome]));
    expect([bySlot.get(lost.instance.id), bySlot.get(member.instance.id)]).to.deep.equal(['lost', 'running']);
  });

  it('says that it is blocked by a row that somebody holds, and frees the others', async function () {
    if (world.test.dialect === 'sqlite') this.skip(); // there the whole file is the lock
    this.timeout(30_000);
    const [held, free] = [job('held'), job('zfree')];
    await world.register(member, held, free);
    await world.pass(MINUTE_MS);
    await world.acquire(lost, held, free);
    world.freeze(lost);
    await world.database.execute(`UPDATE ${world.database.tables.job_instance} SET state = 'DEAD' WHERE id = ?`, [
      lost.instance.id,
    ]);
    const { sequelize, tables } = world.database;
    const transaction = await sequelize.transaction();
    await sequelize.query(`SELECT name FROM ${tables.job_info} WHERE app = 'shop' AND name = 'held' FOR UPDATE`, {
      transaction,
    });
    const said = await world.sweep(member);
    await transaction.rollback();
    expect(said.blocked).to.deep.equal(['held']);
    expect(said.lost.map((one) => one.job)).to.deep.equal(['zfree']);
    expect((await world.sweep(member)).lost.map((one) => one.job)).to.deep.equal(['held']);
  });
});

// Acquire on every database: one winner a fire, whatever the instances' clocks, and a row for every decision.
import { expect } from 'chai';
import { acquireStep } from '../../../runtime/lock/acquire.js';
import { job, retry } from '../../support/jobs.js';
import { eachWorld, type Member } from '../../support/world.js';

const MINUTE_MS = 60_000;

eachWorld((world) => {
  let member: Member;
  const every = job('every');

  beforeEach(async () => {
    member = await world.member();
    await world.register(member, every);
  });

  it('takes a fire that is due, and writes its run before the handler can start', async () => {
    await world.pass(MINUTE_MS + 5);
    const { run } = await world.take(member, every);
    expect(run.grant).to.include({ fireMs: world.now - 5, kind: 'cron', attempt: 1, manual: 0 });
    const row = await world.row('every');
    expect(row).to.include({ status: 'RUNNING', owner: member.instance.id, acq_id: run.acqId, fence: run.fence });
    expect(row).to.include({
      fire_at: world.now - 5,
      next_fire_at: world.now - 5 + MINUTE_MS,
      started_at: world.now,
      run_attempt: 1,
    });
    const [line] = await world.log();
    expect(line).to.include({
      id: run.logId,
      outcome: 'running',
      fence: run.fence,
      owner: member.instance.id,
      kind: 'cron',
    });
    expect(member.acquisitions.abandoned()).to.deep.equal([]);
  });

  it('refuses a fire that is still to come, by one millisecond', async () => {
    await world.pass(MINUTE_MS - 1);
    expect((await world.acquire(member, every)).acquired).to.deep.equal([]);
    await world.pass(1);
    expect((await world.acquire(member, every)).acquired).to.have.length(1);
  });

  it('lets one of many win a fire', async () => {
    const others = await Promise.all(Array.from({ length: 7 }, () => world.member()));
    await world.pass(MINUTE_MS);
    const results = await Promise.all([member, ...others].map((one) => world.acquire(one, every)));
    expect(results.flatMap(({ acquired }) => acquired)).to.have.length(1);
    expect(await world.log()).to.have.length(1);
  });

  it('lets a late one leave a fire that has been run and is over', async () => {
    const late = await world.member();
    await world.pass(MINUTE_MS);
    await world.finish(member, await world.take(member, every));
    expect((await world.acquire(late, every)).acquired).to.deep.equal([]);
    expect(await world.story()).to.deep.equal(['+60 #1 succeeded']);
  });

  it('never lets fire_at fall, whatever a row says of its next fire', async () => {
    await world.pass(2 * MINUTE_MS);
    await world.finish(member, await world.take(member, every));
    await world.set('every', { next_fire_at: world.now - MINUTE_MS, due_at: world.now - MINUTE_MS });
    const { acquired } = await world.acquire(member, every);
    expect(acquired).to.deep.equal([]);
    expect(await world.row('every')).to.include({ fire_at: world.now, next_fire_at: world.now + MINUTE_MS });
  });

  it('refuses an instance whose lease is over, and one that is dead', async () => {
    world.freeze(member);
    const other = await world.member();
    await world.pass(MINUTE_MS);
    expect((await world.acquire(member, every)).acquired).to.deep.equal([]);
    await world.database.execute(`UPDATE ${world.database.tables.job_instance} SET state = 'DEAD' WHERE id = ?`, [
      other.instance.id,
    ]);
    expect((await world.acquire(other, every)).acquired).to.deep.equal([]);
    expect(await world.row('every')).to.include({ status: 'IDLE', fire_at: world.now - MINUTE_MS });
  });

  it('refuses an instance with another definition', async () => {
    await world.pass(MINUTE_MS);
    expect((await world.acquire(member, job('every', { overlap: 'queue' }))).acquired).to.deep.equal([]);
    expect(await world.log()).to.deep.equal([]);
  });

  it('leaves a row that somebody else has locked to him', async function () {
    if (world.test.dialect === 'sqlite') this.skip(); // there the whole file is the lock
    const free = job('free');
    await world.register(member, free);
    await world.pass(MINUTE_MS);
    const { sequelize, tables } = world.database;
    const transaction = await sequelize.transaction();
    await sequelize.query(`SELECT name FROM ${tables.job_info} WHERE app = 'shop' AND name = 'every' FOR UPDATE`, {
      transaction,
    });
    const { acquired } = await world.acquire(member, every, free);
    await transaction.rollback();
    expect(acquired.map((run) => run.job.name)).to.deep.equal(['free']);
    expect((await world.acquire(member, every)).acquired).to.have.length(1);
  });

  it('takes many jobs in one transaction, and none that the row does not give', async () => {
    const jobs = ['a', 'b', 'c', 'd'].map((name) => job(name));
    await world.register(member, ...jobs);
    await world.set('c', { paused: 1, due_at: null });
    await world.pass(MINUTE_MS);
    const { acquired } = await world.acquire(member, ...jobs);
    expect(acquired.map((run) => run.job.name).sort()).to.deep.equal(['a', 'b', 'd']);
    expect(new Set(acquired.map((run) => run.acqId)).size).to.equal(3);
  });

  it('decides about a job that it may not run, and does not take it', async () => {
    await world.pass(MINUTE_MS);
    const candidate = { job: every, acqId: 'x', mayRun: false };
    const result = await world.run(() => acquireStep(member.instance, [candidate], 0));
    expect(result).to.deep.include({ acquired: [], decided: [] });
    expect(await world.row('every')).to.include({ status: 'IDLE' });
  });

  it('hands out fences that rise, also over the fence of a database that was restored or has run ahead', async () => {
    await world.pass(MINUTE_MS);
    const first = await world.take(member, every);
    expect(first.run.fence).to.equal(world.now);
    await world.finish(member, first);
    await world.set('every', { fence: world.now + 10 * MINUTE_MS });
    await world.pass(MINUTE_MS);
    const second = await world.take(member, every);
    expect(second.run.fence).to.equal(world.now + 9 * MINUTE_MS + 1);
    await world.finish(member, second);
    await world.pass(20 * MINUTE_MS);
    expect((await world.take(member, every)).run.fence).to.equal(world.now);
  });

  it('puts the deadline after the timeout, the grace and the time to say so', async () => {
    const bounded = job('bounded', { timeoutMs: 20_000, retry: retry(1) });
    await world.register(member, bounded);
    await world.pass(MINUTE_MS);
    await world.take(member, bounded);
    const { started_at, deadline_at } = await world.row('bounded');
    expect((deadline_at ?? 0) - (started_at ?? 0)).to.equal(20_000 + 10_000 + 6_000);
  });

  it('takes a run away past its deadline, with a higher fence, and its holder can write no more', async () => {
    const bounded = job('bounded', { timeoutMs: 5_000 });
    const other = await world.member();
    await world.register(member, bounded);
    await world.pass(MINUTE_MS);
    const run = await world.take(member, bounded);
    await world.pass(20_999);
    expect((await world.acquire(other, bounded)).decided).to.deep.equal([]);
    await world.pass(1);
    const { decided } = await world.acquire(other, bounded);
    expect(decided).to.deep.include({
      job: 'bounded',
      outcome: 'timed_out',
      fireMs: run.run.grant.fireMs,
      count: 1,
      note: 'taken away past its deadline',
    });
    expect((await world.row('bounded')).fence).to.be.greaterThan(run.run.fence);
    expect(await world.finish(member, run)).to.equal(false);
    expect(await world.story('bounded')).to.deep.equal(['+60 #1 timed_out (taken away past its deadline)']);
    await world.pass(40_000);
    expect((await world.acquire(other, bounded)).acquired).to.have.length(1);
  });

  it('leaves a run whose owner is gone to the sweep', async () => {
    const other = await world.member();
    await world.pass(MINUTE_MS);
    await world.take(member, every);
    await world.database.execute(`UPDATE ${world.database.tables.job_instance} SET state = 'DEAD' WHERE id = ?`, [
      member.instance.id,
    ]);
    await world.pass(MINUTE_MS);
    expect(await world.acquire(other, every)).to.deep.include({ acquired: [], decided: [] });
  });
});

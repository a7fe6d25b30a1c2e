// COMMIT was sent and no reply came: the run is ours, or never was, or comes to be later; and giving back what never started.
import { expect } from 'chai';
import { giveBackStep } from '../../../runtime/lock/finish.js';
import { giveBack } from '../../../runtime/run/recover.js';
import { job } from '../../support/jobs.js';
import { type LossyDatabase, lossy } from '../../support/lossy.js';
import { eachWorld, held, type Member } from '../../support/world.js';

const MINUTE_MS = 60_000;

eachWorld((world) => {
  const every = job('every', { onLost: 'rerun' });
  let database: LossyDatabase;
  let member: Member;
  let other: Member;

  beforeEach(async () => {
    database = lossy(world.database);
    member = await world.member({ database });
    other = await world.member();
    await world.register(member, every);
    await world.pass(MINUTE_MS);
  });

  it('starts a run whose COMMIT was applied although its reply was lost, as it stands in the row', async () => {
    database.fates.push('lost reply');
    const run = await world.take(member, every);
    const row = await world.row('every');
    expect(row).to.include({
      status: 'RUNNING',
      acq_id: run.run.acqId,
      fence: run.run.fence,
      run_log_id: run.run.logId,
    });
    expect(run.run.grant).to.include({ fireMs: world.now, kind: 'cron', attempt: 1, manual: 0 });
    expect(member.acquisitions.abandoned()).to.deep.equal([]);
    expect(await world.finish(member, run)).to.equal(true);
  });

  it('starts no run whose timeout has passed between the acquire and its reply, and gives it back', async () => {
    const brief = job('brief', { timeoutMs: 5_000 });
    await world.register(member, brief);
    await world.pass(MINUTE_MS);
    const blocked = { ...member, ageMs: () => 5_000 };
    const { acquired } = await world.acquire(blocked, brief);
    expect(acquired).to.deep.equal([]);
    expect(member.acquisitions.abandoned()).to.have.length(1);
    await giveBack(member);
    expect(await world.row('brief')).to.include({ status: 'IDLE', rerun_attempt: 1 });
    expect((await world.take(other, brief)).run.grant).to.include({ attempt: 1, kind: 'cron' });
  });

  it('finds input, kind and attempt of such a run again', async () => {
    await world.set('every', { trigger_at: world.now, trigger_input: '{"a":1}', due_at: world.now });
    database.fates.push('lost reply');
    const { run } = await world.take(member, every);
    expect(run.grant).to.include({ kind: 'manual', manual: 1, input: '{"a":1}', fireMs: world.now });
    await world.finish(member, held(run));
  });

  it('abandons what is in no row, and others take the fire', async () => {
    database.fates.push('lost request');
    expect((await world.acquire(member, every)).acquired).to.deep.equal([]);
    expect(member.acquisitions.abandoned()).to.have.length(1);
    expect((await world.acquire(other, every)).acquired).to.have.length(1);
  });

  it('gives a run back that was applied late: same fire, same attempt, no log row left, and it runs elsewhere', async () => {
    database.fates.push('late');
    expect((await world.acquire(member, every)).acquired).to.deep.equal([]);
    await database.applyLate();
    const stranded = await world.row('every');
    expect(stranded).to.include({ status: 'RUNNING', owner: member.instance.id });
    await giveBack(member);
    const row = await world.row('every');
    expect(row).to.include({
      status: 'IDLE',
      rerun_fire_at: world.now,
      rerun_attempt: 1,
      rerun_kind: 'cron',
      due_at: world.now,
    });
    expect(row.fence).to.be.greaterThan(stranded.fence);
    expect(row).to.include({ failures_in_a_row: 0, last_outcome: null });
    expect(await world.log()).to.deep.equal([]);
    expect(member.acquisitions.abandoned()).to.deep.equal([]);
    const again = await world.take(other, every);
    expect(again.run.grant).to.include({ fireMs: world.now, attempt: 1, kind: 'cron' });
    await world.finish(other, again);
    expect(await world.story()).to.deep.equal(['+60 #1 succeeded']);
  });

  it('gives the input of a triggered run back with it', async () => {
    await world.set('every', { trigger_at: world.now, trigger_input: '{"a":1}', due_at: world.now });
    database.fates.push('late');
    await world.acquire(member, every);
    await database.applyLate();
    await giveBack(member);
    const { run } = await world.take(other, every);
    expect(run.grant).to.include({ manual: 1, kind: 'manual', input: '{"a":1}', attempt: 1 });
  });

  it('never gives back a run that it started', async () => {
    const run = await world.take(member, every);
    await giveBack(member);
    expect(await world.row('every')).to.include({ status: 'RUNNING', acq_id: run.run.acqId });
  });

  it('never gives back what another instance has under the same name', async () => {
    database.fates.push('late');
    await world.acquire(member, every);
    const [acqId] = member.acquisitions.abandoned();
    const theirs = await world.take(other, every);
    await database.applyLate(); // comes after the other's: a row that is RUNNING is not taken
    expect(await world.run(() => giveBackStep(member.instance, String(acqId)))).to.equal(false);
    expect(await world.row('every')).to.include({ status: 'RUNNING', acq_id: theirs.run.acqId });
  });

  it('abandons everything when not even the look-up is answered, and settles it when the database is back', async () => {
    database.fates.push('lost reply');
    database.failReads = 1;
    const failure = await world.acquire(member, every).catch((error: unknown) => error);
    expect(failure).to.include({ kind: 'reconnect' });
    expect(member.acquisitions.abandoned()).to.have.length(1);
    await giveBack(member);
    expect(await world.row('every')).to.include({ status: 'IDLE', rerun_fire_at: world.now });
  });

  it('starts nothing when the COMMIT was confirmed after the lease could be trusted, and gives it back', async () => {
    const slow = { ...database, transaction: afterwards(() => world.clock.jump(12_001)) };
    const late = { ...member, instance: { ...member.instance, database: slow } };
    expect((await world.acquire(late, every)).acquired).to.deep.equal([]);
    expect(await world.row('every')).to.include({ status: 'RUNNING' });
    expect(member.acquisitions.abandoned()).to.have.length(1);
    await world.pass(0);
    await giveBack(member);
    expect(await world.row('every')).to.include({ status: 'IDLE', rerun_attempt: 1 });
  });

  it('forgets acquires that were refused', async () => {
    database.fates.push('refused');
    await world.acquire(member, every).catch(() => {});
    expect(member.acquisitions.abandoned()).to.deep.equal([]);
  });

  function afterwards(then: () => void): LossyDatabase['transaction'] {
    return async (step) => {
      const result = await database.transaction(step);
      then();
      return result;
    };
  }
});

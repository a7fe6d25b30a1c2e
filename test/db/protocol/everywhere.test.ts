// Jobs that run on every instance: each instance has its own fires, slots and rows, and loses none of them.
import { expect } from 'chai';
import { endingWithout } from '../../../runtime/lock/logRow.js';
import { finishMultiStep, type MultiDecision, type MultiRun, startMulti } from '../../../runtime/lock/multi.js';
import { pauseStep, resumeStep, triggerStep } from '../../../runtime/lock/request.js';
import { Everywhere } from '../../../runtime/run/everywhere.js';
import { job } from '../../support/jobs.js';
import { type LossyDatabase, lossy } from '../../support/lossy.js';
import { eachWorld, type Member } from '../../support/world.js';

const MINUTE_MS = 60_000;

eachWorld((world) => {
  const every = job('every', { globalSingle: false });
  let database: LossyDatabase;
  let member: Member;
  let started: MultiRun[];
  let told: MultiDecision[];
  let busy: Set<string>;
  let slots: number;

  beforeEach(async () => {
    database = lossy(world.database);
    member = await world.member({ database });
    await world.register(member, every);
    [started, told, busy, slots] = [[], [], new Set(), 10];
  });

  const room = {
    hasSlot: () => slots > started.length,
    isBusy: (name: string) => busy.has(name),
    mayStart: () => member.lease.holds(),
    start: (run: MultiRun) => void started.push(run),
    tell: (decision: MultiDecision) => void told.push(decision),
  };
  const fires = () => started.map(({ fireMs }) => (fireMs - world.now) / 1_000);

  it('is never due in its row, and its row is never taken for a fire', async () => {
    expect(await world.row('every')).to.include({ next_fire_at: null, due_at: null });
    await world.pass(MINUTE_MS);
    expect(await world.acquire(member, every)).to.deep.include({ acquired: [], decided: [] });
  });

  it('runs a fire once on each instance, in a slot of its own', async () => {
    const other = await world.member();
    await world.pass(MINUTE_MS);
    for (const one of [member, other, member, other])
      await startMulti(one.instance, every, { fireMs: world.now, kind: 'cron' });
    const log = await world.log();
    expect(log.map(({ slot }) => slot).sort()).to.deep.equal([member.instance.id, other.instance.id].sort());
  });

  it('starts nothing that is to come, paused, retired, of another definition, or without a lease', async () => {
    await world.pass(MINUTE_MS);
    const start = (fireMs: number, what = every) => startMulti(member.instance, what, { fireMs, kind: 'cron' });
    expect(await start(world.now + 1)).to.equal(null);
    expect(await start(world.now, job('every', { globalSingle: false, cron: '0 * * * *' }))).to.equal(null);
    for (const column of ['paused', 'retired'] as const) {
      await world.set('every', { [column]: 1 });
      expect(await start(world.now), column).to.equal(null);
      await world.set('every', { [column]: 0 });
    }
    world.freeze(member);
    world.clock.jump(15_000);
    expect(await start(world.now)).to.equal(null);
    expect(await world.log()).to.deep.equal([]);
  });

  it('ends its run once', async () => {
    await world.pass(MINUTE_MS);
    const run = await startMulti(member.instance, every, { fireMs: world.now, kind: 'cron' });
    const end = () =>
      world.run(() => finishMultiStep(member.instance, run as MultiRun, endingWithout('succeeded')) as never);
    expect(await end()).to.equal(true);
    expect(await end()).to.not.equal(true);
  });

  it('starts each fire as it comes, from the first look on', async () => {
    const everywhere = new Everywhere(member.instance, [every]);
    await everywhere.tick(world.now, room);
    for (let turn = 0; turn < 3; turn += 1) {
      await world.pass(MINUTE_MS);
      expect(everywhere.isDue(world.now)).to.equal(true);
      await everywhere.tick(world.now, room);
      expect(everywhere.isDue(world.now)).to.equal(false);
    }
    expect(fires()).to.deep.equal([-120, -60, 0]);
    expect(told).to.deep.equal([]);
  });

  it('says what it left out: the newest while busy as skipped, older ones as missed', async () => {
    const everywhere = new Everywhere(member.instance, [every]);
    await everywhere.tick(world.now, room);
    busy.add('every');
    await world.pass(3 * MINUTE_MS);
    await everywhere.tick(world.now, room);
    expect(started).to.deep.equal([]);
    expect(await world.story()).to.deep.equal(['+120 #0 missed x2', '+180 #0 skipped (overlap)']);
    expect(told.map(({ outcome }) => outcome)).to.deep.equal(['missed', 'skipped']);
  });

  it('lets a fire wait for a slot', async () => {
    const everywhere = new Everywhere(member.instance, [every]);
    await everywhere.tick(world.now, room);
    await world.pass(MINUTE_MS);
    slots = 0;
    await everywhere.tick(world.now, room);
    expect(started).to.deep.equal([]);
    slots = 1;
    await everywhere.tick(world.now, room);
    expect(fires()).to.deep.equal([0]);
  });

  it('starts a fire whose insert was answered by nobody, once, also when a newer fire has come since', async () => {
    const everywhere = new Everywhere(member.instance, [every]);
    await everywhere.tick(world.now, room);
    await world.pass(MINUTE_MS);
    database.fates.push('lost reply');
    database.failReads = 1;
    expect(await everywhere.tick(world.now, room).catch(() => 'failed')).to.equal('failed');
    await world.pass(MINUTE_MS);
    await everywhere.tick(world.now, room);
    await everywhere.tick(world.now, room);
    expect(fires()).to.deep.equal([-60, 0]);
    expect(await world.story()).to.deep.equal(['+60 #1 running', '+120 #1 running']);
  });

  it('starts a fire whose insert was applied at once when the look-up finds it', async () => {
    await world.pass(MINUTE_MS);
    database.fates.push('lost reply');
    const run = await startMulti(member.instance, every, { fireMs: world.now, kind: 'cron' });
    expect((await world.log()).map(({ id }) => id)).to.deep.equal([run?.logId]);
  });

  it('goes on with the cursors of the membership before it', async () => {
    const cursors = new Map([['every', world.now]]);
    await world.pass(3 * MINUTE_MS);
    await new Everywhere(member.instance, [every], cursors).tick(world.now, room);
    expect(await world.story()).to.deep.equal(['+120 #0 missed x2', '+180 #1 running']);
  });

  it('leaves it to others to say what was missed once they have another definition in force', async () => {
    const cursors = new Map([['every', world.now]]);
    await world.register(
      await world.member({ configHash: 'v2' }),
      job('every', { globalSingle: false, cron: '*/2 * * * *' }),
    );
    await world.pass(3 * MINUTE_MS);
    await new Everywhere(member.instance, [every], cursors).tick(world.now, room);
    expect(await world.log()).to.deep.equal([]);
  });

  it('loses no fire that comes while a step of the clock has ended its lease, until the next beat', async () => {
    const everywhere = new Everywhere(member.instance, [every]);
    await everywhere.tick(world.now, room);
    world.clock.jump(3 * MINUTE_MS);
    await everywhere.tick(world.now, room);
    expect(started).to.deep.equal([]);
    await world.beat(member);
    await everywhere.tick(world.now, room);
    expect(fires()).to.deep.equal([0]);
    expect(told.map(({ outcome, count }) => ({ outcome, count }))).to.deep.include({ outcome: 'missed', count: 2 });
  });

  it('says what was missed when its own definition comes back, as after a canary that died', async () => {
    const everywhere = new Everywhere(member.instance, [every]);
    await everywhere.tick(world.now, room);
    const other = job('every', { globalSingle: false, overlap: 'queue' });
    await world.register(await world.member({ configHash: 'v2' }), other);
    for (let minute = 0; minute < 3; minute += 1) {
      await world.pass(MINUTE_MS);
      await everywhere.tick(world.now, room);
    }
    expect(await world.log()).to.deep.equal([]);
    await world.register(await world.member({ configHash: 'v1' }), every);
    await world.pass(MINUTE_MS);
    await everywhere.tick(world.now, room);
    expect((await world.log()).map(({ outcome, missed_count }) => ({ outcome, missed_count }))).to.deep.equal([
      { outcome: 'missed', missed_count: 3 },
      { outcome: 'running', missed_count: null },
    ]);
  });

  it('keeps the runs it has started when the database goes away at the next job', async () => {
    const second = job('second', { globalSingle: false });
    await world.register(member, second);
    const everywhere = new Everywhere(member.instance, [every, second]);
    await everywhere.tick(world.now, room);
    await world.pass(MINUTE_MS);
    database.fates.push('fine', 'refused');
    await everywhere.tick(world.now, room).catch(() => {});
    expect(started.map((run) => run.job.name)).to.deep.equal(['every']);
    await everywhere.tick(world.now, room);
    expect(started.map((run) => run.job.name)).to.deep.equal(['every', 'second']);
  });

  it('starts no handler when the lease has ended before the reply', async () => {
    const execute: LossyDatabase['execute'] = async (sql, values) => {
      const changed = await database.execute(sql, values);
      world.clock.jump(12_000);
      return changed;
    };
    const everywhere = new Everywhere({ ...member.instance, database: { ...database, execute } }, [every]);
    await everywhere.tick(world.now, room);
    await world.pass(MINUTE_MS);
    await everywhere.tick(world.now, room);
    expect(started).to.deep.equal([]);
  });

  it('is triggered on one instance, by the ordinary acquire', async () => {
    const other = await world.member();
    await world.run(() => triggerStep(member.instance, { job: 'every', input: '1', force: false }));
    expect(await world.row('every')).to.include({ due_at: world.now });
    const results = await Promise.all([world.acquire(member, every), world.acquire(other, every)]);
    expect(results.flatMap(({ acquired }) => acquired)).to.have.length(1);
  });

  it('counts what a pause left out from the pause on', async () => {
    await world.pass(10 * MINUTE_MS);
    await world.run(() => pauseStep(member.instance, 'every'));
    await world.pass(3 * MINUTE_MS);
    await world.run(() => resumeStep(member.instance, 'every', every));
    expect(await world.story()).to.deep.equal(['+780 #0 skipped x3 (paused)']);
    expect(await world.row('every')).to.include({ next_fire_at: null, due_at: null });
  });
});

// Fires that come while their job is running: skipped, queued or kept, each with a row that says so.
import { expect } from 'chai';
import { job } from '../../support/jobs.js';
import { eachWorld, type Member } from '../../support/world.js';

const MINUTE_MS = 60_000;

eachWorld((world) => {
  let member: Member;
  let other: Member;

  beforeEach(async () => {
    member = await world.member();
    other = await world.member();
  });

  it('skips a fire whose job is running, once, whoever looks first', async () => {
    const every = job('every');
    await world.register(member, every);
    await world.pass(MINUTE_MS);
    const run = await world.take(member, every);
    await world.pass(MINUTE_MS);
    const looks = await Promise.all([world.acquire(member, every), world.acquire(other, every)]);
    expect(looks.flatMap(({ decided }) => decided)).to.deep.equal([
      { job: 'every', outcome: 'skipped', fireMs: world.now, count: 1, note: 'overlap' },
    ]);
    const row = await world.row('every');
    expect(row).to.include({ fire_at: world.now, next_fire_at: world.now + MINUTE_MS, due_at: world.now + MINUTE_MS });
    expect(row).to.include({ status: 'RUNNING', fence: run.run.fence, acq_id: run.run.acqId, queued_fire_at: null });
    expect(await world.finish(member, run)).to.equal(true);
    expect(await world.story()).to.deep.equal(['+60 #1 succeeded', '+120 #0 skipped (overlap)']);
  });

  it('queues one fire, says `queue full` of the next, and runs the queued one when the run has ended', async () => {
    const every = job('every', { overlap: 'queue' });
    await world.register(member, every);
    await world.pass(MINUTE_MS);
    const run = await world.take(member, every);
    await world.pass(MINUTE_MS);
    expect((await world.acquire(other, every)).decided).to.deep.include({
      job: 'every',
      outcome: 'queued',
      fireMs: world.now,
      count: 1,
      note: null,
    });
    await world.pass(MINUTE_MS);
    expect((await world.acquire(other, every)).decided).to.have.length(1);
    await world.pass(1_000);
    await world.finish(member, run);
    expect(await world.row('every')).to.include({ due_at: world.now });
    const queued = await world.take(other, every);
    expect(queued.run.grant).to.include({ from: 'queued', kind: 'catch-up', fireMs: world.now - MINUTE_MS - 1_000 });
    expect(await world.row('every')).to.include({ queued_fire_at: null, fire_at: world.now - 1_000 });
    await world.finish(other, queued);
    expect(await world.story()).to.deep.equal([
      '+60 #1 succeeded',
      '+120 #1 succeeded',
      '+180 #0 skipped (queue full)',
    ]);
    expect((await world.row('every')).due_at).to.equal(world.now - 1_000 + MINUTE_MS);
  });

  it('coalesces what came during a long run: the newest is skipped, the ones before it are one missed row', async () => {
    const every = job('every');
    await world.register(member, every);
    await world.pass(MINUTE_MS);
    const run = await world.take(member, every);
    await world.pass(5 * MINUTE_MS);
    await world.acquire(other, every);
    await world.finish(member, run);
    expect(await world.story()).to.deep.equal(['+60 #1 succeeded', '+300 #0 missed x4', '+360 #0 skipped (overlap)']);
  });

  it('writes nothing while a job with misfire `all` runs, and serves its fires afterwards, oldest first', async () => {
    const every = job('every', { misfire: 'all' });
    await world.register(member, every);
    await world.pass(MINUTE_MS);
    const run = await world.take(member, every);
    expect(await world.row('every')).to.include({ due_at: null });
    await world.pass(2 * MINUTE_MS);
    expect(await world.acquire(other, every)).to.deep.include({ acquired: [], decided: [] });
    await world.finish(member, run);
    const fires: number[] = [];
    for (let turn = 0; turn < 2; turn += 1) {
      const next = await world.take(other, every);
      fires.push((next.run.grant.fireMs - world.now) / MINUTE_MS);
      await world.finish(other, next);
    }
    expect(fires).to.deep.equal([-1, 0]);
    expect((await world.acquire(other, every)).acquired).to.deep.equal([]);
    expect(await world.story()).to.deep.equal(['+60 #1 succeeded', '+120 #1 succeeded', '+180 #1 succeeded']);
  });

  it('keeps a paused job as it is while it runs', async () => {
    const every = job('every');
    await world.register(member, every);
    await world.pass(MINUTE_MS);
    const run = await world.take(member, every);
    await world.set('every', { paused: 1, due_at: null });
    await world.pass(MINUTE_MS);
    expect((await world.acquire(other, every)).decided).to.deep.equal([]);
    expect(await world.finish(member, run)).to.equal(true);
    expect(await world.row('every')).to.include({ due_at: null, fire_at: world.now - MINUTE_MS });
  });
});

// Fires that nobody took in their time: latest, skip and all, with one row for what is dropped.
import { expect } from 'chai';
import { job } from '../../support/jobs.js';
import { eachWorld, type Member } from '../../support/world.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

eachWorld((world) => {
  let member: Member;

  beforeEach(async () => {
    member = await world.member();
  });

  it('latest runs the newest due fire and writes one missed row with the count', async () => {
    const every = job('every');
    await world.register(member, every);
    await world.pass(2 * HOUR_MS + 30_000);
    const { acquired, decided } = await world.acquire(member, every);
    expect(acquired[0]?.grant).to.include({ kind: 'catch-up', fireMs: world.now - 30_000 });
    expect(decided).to.deep.equal([
      { job: 'every', outcome: 'missed', fireMs: world.now - 90_000, count: 119, note: null },
    ]);
    expect(await world.story()).to.deep.equal(['+7140 #0 missed x119', '+7200 #1 running']);
  });

  it('skip runs a fire that is younger than a minute, and no other', async () => {
    const hourly = job('hourly', { cron: '0 * * * *', misfire: 'skip' });
    await world.register(member, hourly);
    await world.pass(HOUR_MS + MINUTE_MS + 1);
    expect((await world.acquire(member, hourly)).acquired).to.deep.equal([]);
    expect(await world.story()).to.deep.equal(['+3600 #0 missed x1']);
    expect(await world.row('hourly')).to.include({
      fire_at: world.now - MINUTE_MS - 1,
      due_at: world.now - MINUTE_MS - 1 + HOUR_MS,
    });
    await world.pass(HOUR_MS - 1);
    await world.finish(member, await world.take(member, hourly));
    expect((await world.story()).at(-1)).to.equal('+7200 #1 succeeded');
  });

  it('all runs the newest misfireLimit fires, oldest first, and one missed row for the older ones', async () => {
    const every = job('every', { misfire: 'all', misfireLimit: 3 });
    await world.register(member, every);
    await world.pass(10 * MINUTE_MS);
    for (let turn = 0; turn < 3; turn += 1) await world.finish(member, await world.take(member, every));
    expect((await world.acquire(member, every)).acquired).to.deep.equal([]);
    expect(await world.story()).to.deep.equal([
      '+420 #0 missed x7',
      '+480 #1 succeeded',
      '+540 #1 succeeded',
      '+600 #1 succeeded',
    ]);
  });

  it('costs no more for a year of missed seconds', async () => {
    const second = job('second', { cron: '* * * * * *' });
    await world.register(member, second);
    await world.pass(365 * 24 * HOUR_MS);
    const began = performance.now();
    const { decided } = await world.acquire(member, second);
    expect(decided[0]?.count).to.equal(365 * 24 * 3_600 - 1);
    expect(performance.now() - began).to.be.lessThan(1_000);
    expect(await world.log()).to.have.length(2);
  });

  it('moves on from a next fire that the schedule does not name', async () => {
    const every = job('every');
    await world.register(member, every);
    await world.set('every', { next_fire_at: world.now + 1, due_at: world.now + 1 });
    await world.pass(1);
    expect((await world.acquire(member, every)).acquired).to.deep.equal([]);
    expect(await world.row('every')).to.include({
      next_fire_at: world.now - 1 + MINUTE_MS,
      due_at: world.now - 1 + MINUTE_MS,
    });
    expect(await world.log()).to.deep.equal([]);
  });
});

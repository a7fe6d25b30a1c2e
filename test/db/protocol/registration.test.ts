// Registration: what an instance declares comes to stand in job_info, once, without touching what is running.
import { expect } from 'chai';
import { keepRegistered } from '../../../runtime/lock/register.js';
import { Definitions } from '../../../runtime/run/definitions.js';
import { Events } from '../../../runtime/run/events.js';
import { job } from '../../support/jobs.js';
import { eachWorld, type Member, TIMING } from '../../support/world.js';

const MINUTE_MS = 60_000;

eachWorld((world) => {
  const every = job('every');
  const hourly = job('every', { cron: '0 * * * *' });
  const dead = async (member: Member) => {
    world.freeze(member);
    await world.database.execute(`UPDATE ${world.database.tables.job_instance} SET state = 'DEAD' WHERE id = ?`, [
      member.instance.id,
    ]);
  };

  it('writes each job once when ten instances start at the same time', async () => {
    const members = await Promise.all(Array.from({ length: 10 }, () => world.member()));
    const jobs = ['c', 'a', 'b', 'e', 'd'].map((name) => job(name));
    await Promise.all(members.map((member) => world.register(member, ...jobs)));
    const rows = await world.rows();
    expect(rows.map(({ name }) => name)).to.deep.equal(['a', 'b', 'c', 'd', 'e']);
    for (const row of rows) {
      expect(row).to.include({
        status: 'IDLE',
        fire_at: world.now,
        fence: world.now,
        next_fire_at: world.now + MINUTE_MS,
        due_at: world.now + MINUTE_MS,
      });
    }
  });

  it('survives ten instances that change every definition at the same time', async () => {
    const jobs = ['a', 'b', 'c'].map((name) => job(name));
    await world.register(await world.member(), ...jobs);
    const newer = await Promise.all(Array.from({ length: 10 }, () => world.member({ configHash: 'v2' })));
    await world.pass(3 * MINUTE_MS);
    const changed = jobs.map(({ name }) => job(name, { cron: '0 * * * *' }));
    await Promise.all(newer.map((member) => world.register(member, ...changed)));
    expect(await world.story('a')).to.deep.equal(['+180 #0 missed x3 (definition changed)']);
    expect((await world.rows()).map(({ def_config }) => def_config)).to.deep.equal(['v2', 'v2', 'v2']);
  });

  it('leaves a known job alone', async () => {
    const member = await world.member();
    await world.register(member, every);
    await world.pass(MINUTE_MS);
    await world.take(member, every);
    const before = await world.row('every');
    await world.register(await world.member({ configHash: 'v2' }), every);
    expect(await world.row('every')).to.deep.equal(before);
  });

  it('makes a new schedule count from now, with one missed row for what the old one had due', async () => {
    await world.register(await world.member(), every);
    await world.pass(10 * MINUTE_MS + 1_000);
    await world.register(await world.member({ configHash: 'v2' }), hourly);
    expect(await world.story()).to.deep.equal(['+600 #0 missed x10 (definition changed)']);
    const row = await world.row('every');
    expect(row).to.include({
      fire_at: world.now,
      next_fire_at: 3_600_000 + world.now - 601_000,
      def_config: 'v2',
      cron: '0 * * * *',
    });
  });

  it('takes over from a definition that it cannot read: a newer version, or another time zone database, wrote it', async () => {
    await world.register(await world.member(), every);
    await world.set('every', { timezone: 'Europe/Atlantis' });
    await world.pass(10 * MINUTE_MS + 1_000);
    await world.register(await world.member({ configHash: 'v2' }), hourly);
    expect(await world.story()).to.deep.equal(['+60 #0 missed (definition changed)']);
    expect(await world.row('every')).to.include({ fire_at: world.now, cron: '0 * * * *', timezone: 'UTC' });
  });

  it('drops nothing silently and writes nothing when nothing was due', async () => {
    await world.register(await world.member(), every);
    await world.pass(MINUTE_MS - 1);
    await world.register(await world.member({ configHash: 'v2' }), hourly);
    expect(await world.log()).to.deep.equal([]);
  });

  it('changes a definition under a run that goes on and ends as it began', async () => {
    const member = await world.member();
    await world.register(member, every);
    await world.pass(MINUTE_MS);
    const run = await world.take(member, every);
    const newer = await world.member({ configHash: 'v2' });
    await world.register(newer, hourly);
    expect(await world.row('every')).to.include({
      status: 'RUNNING',
      acq_id: run.run.acqId,
      fence: run.run.fence,
      owner: member.instance.id,
    });
    expect(await world.finish(member, run)).to.equal(true);
    await world.pass(60 * MINUTE_MS);
    expect((await world.acquire(member, every)).acquired).to.deep.equal([]);
    expect((await world.acquire(newer, hourly)).acquired).to.have.length(1);
  });

  it('never lets fire_at fall when a schedule changes', async () => {
    const member = await world.member();
    await world.register(member, every);
    await world.set('every', {
      fire_at: world.now + 5 * MINUTE_MS,
      next_fire_at: world.now + 6 * MINUTE_MS,
      due_at: world.now + 6 * MINUTE_MS,
    });
    await world.register(await world.member({ configHash: 'v2' }), hourly);
    expect((await world.row('every')).fire_at).to.equal(world.now + 5 * MINUTE_MS);
  });

  it('runs no fire of years ago when a job that ran everywhere becomes one that runs once', async () => {
    const member = await world.member();
    await world.register(member, job('every', { globalSingle: false }));
    await world.pass(600 * MINUTE_MS + 1);
    await world.register(member, every);
    expect((await world.acquire(member, every)).acquired).to.deep.equal([]);
    expect(await world.log()).to.deep.equal([]);
    expect(await world.row('every')).to.include({ next_fire_at: world.now - 1 + MINUTE_MS });
  });

  it('says what was due and nobody served when a job that runs once becomes one that runs everywhere', async () => {
    const member = await world.member();
    await world.register(member, every);
    await world.pass(3 * MINUTE_MS + 1);
    await world.register(member, job('every', { globalSingle: false }));
    expect(await world.story()).to.deep.equal(['+180 #0 missed x3 (definition changed)']);
    expect(await world.row('every')).to.include({ fire_at: world.now, next_fire_at: null, due_at: null });
  });

  it("lets a living newer definition be, and takes a dead canary's back", async () => {
    const old = await world.member();
    const canary = await world.member({ configHash: 'v2' });
    await world.register(old, every);
    await world.register(canary, hourly);
    const leftAlone = { redefined: [], retired: [], superseded: ['every'] };
    expect(await keepRegistered(old.instance, [every])).to.deep.equal(leftAlone);
    await dead(canary);
    expect(await keepRegistered(old.instance, [every])).to.deep.equal({
      redefined: ['every'],
      retired: [],
      superseded: [],
    });
    expect(await world.row('every')).to.include({
      def_hash: every.defHash,
      def_config: 'v1',
      next_fire_at: world.now + MINUTE_MS,
    });
  });

  it('says once of a job that a newer instance has redefined that it is left to it, and again after it was ours', async () => {
    const old = await world.member();
    await world.register(old, every, job('same'));
    const events = new Events();
    const said: string[] = [];
    events.on('job.superseded', (d) => said.push(d.job));
    events.on('job.registered', ({ redefined }) => said.push(`back: ${redefined.join()}`));
    const declared = [every, job('same')];
    const definitions = new Definitions({ instance: old.instance, declared, events, clock: world.clock });
    const looks = async (times: number) => {
      for (let time = 0; time < times; time += 1) {
        await world.pass(TIMING.leaseMs);
        await definitions.tick();
      }
    };
    const newer = await world.member({ configHash: 'v2' });
    await world.register(newer, hourly, job('same'));
    await looks(3);
    expect(said).to.deep.equal(['every']);
    await dead(newer);
    await looks(2);
    expect(said).to.deep.equal(['every', 'back: every']);
    await world.register(await world.member({ configHash: 'v3' }), hourly);
    await looks(2);
    expect(said).to.deep.equal(['every', 'back: every', 'every']);
  });

  it('does not count an instance that only calls services as one that declares jobs', async () => {
    const old = await world.member();
    const web = await world.member({ configHash: 'v2', scheduling: false });
    await world.register(old, every);
    await world.register(web, hourly);
    expect((await keepRegistered(old.instance, [every])).redefined).to.deep.equal(['every']);
  });

  it('takes a definition back once when several try', async () => {
    const members = await Promise.all(Array.from({ length: 5 }, () => world.member()));
    const canary = await world.member({ configHash: 'v2' });
    await world.register(canary, hourly);
    await dead(canary);
    await world.pass(120 * MINUTE_MS);
    await Promise.all(members.map(({ instance }) => keepRegistered(instance, [every])));
    expect(await world.story()).to.deep.equal(['+7200 #0 missed x2 (definition changed)']);
  });

  it('registers again what somebody has deleted, from now on', async () => {
    const member = await world.member();
    await world.register(member, every);
    await world.pass(10 * MINUTE_MS);
    await world.database.execute(`DELETE FROM ${world.database.tables.job_info} WHERE name = 'every'`, []);
    await keepRegistered(member.instance, [every]);
    expect(await world.row('every')).to.include({ fire_at: world.now, next_fire_at: world.now + MINUTE_MS });
    await world.pass(MINUTE_MS);
    expect((await world.acquire(member, every)).acquired).to.have.length(1);
    expect((await keepRegistered(member.instance, [every])).redefined).to.deep.equal([]);
  });

  it('retires what nobody living declares: never due, no trigger, and its history stays', async () => {
    const old = await world.member();
    await world.register(old, every, job('gone'));
    const newer = await world.member({ configHash: 'v2' });
    await world.register(newer, every);
    expect(await keepRegistered(newer.instance, [every])).to.deep.equal({ redefined: [], retired: [], superseded: [] });
    await dead(old);
    expect(await keepRegistered(newer.instance, [every])).to.deep.equal({
      redefined: ['every'],
      retired: ['gone'],
      superseded: [],
    });
    expect(await world.row('gone')).to.include({ retired: 1, due_at: null });
    await world.pass(MINUTE_MS);
    expect((await world.acquire(newer, job('gone'))).acquired).to.deep.equal([]);
    expect(await keepRegistered(newer.instance, [every])).to.deep.equal({ redefined: [], retired: [], superseded: [] });
  });

  it('brings a retired job back with the instance that declares it', async () => {
    const member = await world.member();
    await world.register(member, every);
    await world.set('every', { retired: 1, due_at: null });
    await world.register(await world.member({ configHash: 'v2' }), every);
    expect(await world.row('every')).to.include({ retired: 0, due_at: world.now + MINUTE_MS, def_config: 'v2' });
  });
});

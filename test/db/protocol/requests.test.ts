// Trigger, pause and resume from outside, and the order in which a job serves what waits for it.
import { expect } from 'chai';
import { handOverStep } from '../../../runtime/lock/finish.js';
import type { Job } from '../../../runtime/lock/job.js';
import { endingWithout } from '../../../runtime/lock/logRow.js';
import { pauseStep, resumeStep, triggerStep } from '../../../runtime/lock/request.js';
import { job } from '../../support/jobs.js';
import { eachWorld, type Member } from '../../support/world.js';

const MINUTE_MS = 60_000;

eachWorld((world) => {
  const every = job('every');
  let member: Member;
  const trigger = (name = 'every', over: { force?: boolean; input?: string } = {}) =>
    world.run(() => triggerStep(member.instance, { job: name, input: over.input ?? null, force: over.force ?? false }));
  const pause = (name = 'every') => world.run(() => pauseStep(member.instance, name));
  const resume = (known: Job | null = every, name = 'every') =>
    world.run(() => resumeStep(member.instance, name, known));

  beforeEach(async () => {
    member = await world.member();
    await world.register(member, every);
  });

  it('runs a triggered job at once, with its input, and leaves its next fire alone', async () => {
    const before = await world.row('every');
    await world.pass(1_000);
    expect(await trigger('every', { input: '{"a":1}' })).to.deep.equal({ ok: true, fireMs: world.now });
    const run = await world.take(member, every);
    expect(run.run.grant).to.include({ kind: 'manual', manual: 1, input: '{"a":1}', fireMs: world.now });
    await world.finish(member, run);
    const row = await world.row('every');
    expect(row).to.include({
      fire_at: before.fire_at,
      next_fire_at: before.next_fire_at,
      trigger_at: null,
      trigger_input: null,
      run_input: null,
    });
    expect(await world.story()).to.deep.equal(['manual +1 #1 succeeded']);
  });

  it('does not swallow a cron fire of the same millisecond', async () => {
    await world.pass(MINUTE_MS);
    await trigger();
    await world.finish(member, await world.take(member, every));
    await world.finish(member, await world.take(member, every));
    expect(await world.story()).to.have.members(['manual +60 #1 succeeded', '+60 #1 succeeded']);
  });

  it('refuses a second trigger while one waits, and gives each a greater fire time', async () => {
    const first = await trigger();
    expect(await trigger()).to.deep.equal({ ok: false, why: 'waiting' });
    await world.finish(member, await world.take(member, every));
    const second = await trigger();
    expect([first.ok && first.fireMs, second.ok && second.fireMs]).to.deep.equal([world.now, world.now + 1]);
  });

  it('stores one of many triggers at once', async () => {
    const results = await Promise.all(Array.from({ length: 8 }, () => trigger()));
    expect(results.filter(({ ok }) => ok)).to.have.length(1);
  });

  it('refuses what is unknown, retired or paused', async () => {
    expect(await trigger('nobody')).to.deep.equal({ ok: false, why: 'unknown' });
    await pause();
    expect(await trigger()).to.deep.equal({ ok: false, why: 'paused' });
    await world.set('every', { retired: 1, due_at: null });
    expect(await trigger('every', { force: true })).to.deep.equal({ ok: false, why: 'retired' });
  });

  it('runs a paused job when the trigger is forced, and only that once', async () => {
    await pause();
    expect(await trigger('every', { force: true })).to.include({ ok: true });
    expect(await world.row('every')).to.include({ due_at: world.now });
    await world.finish(member, await world.take(member, every));
    expect(await world.row('every')).to.include({ due_at: null, trigger_forced: 0 });
    await world.pass(5 * MINUTE_MS);
    expect((await world.acquire(member, every)).acquired).to.deep.equal([]);
  });

  it('lets a trigger wait that came before a pause', async () => {
    await trigger();
    await pause();
    expect(await world.row('every')).to.include({ due_at: null });
    expect((await world.acquire(member, every)).acquired).to.deep.equal([]);
    await resume();
    expect((await world.acquire(member, every)).acquired).to.have.length(1);
  });

  it('lets a trigger of a running job wait for its end', async () => {
    await world.pass(MINUTE_MS);
    const run = await world.take(member, every);
    await trigger();
    expect((await world.acquire(member, every)).acquired).to.deep.equal([]);
    await world.finish(member, run);
    expect(await world.row('every')).to.include({ due_at: world.now });
    expect((await world.take(member, every)).run.grant.manual).to.equal(1);
  });

  it('refuses a forced trigger of a paused job that would have to overtake a rerun', async () => {
    await world.set('every', { rerun_fire_at: world.now, rerun_kind: 'rerun', rerun_attempt: 2, due_at: world.now });
    await pause();
    expect(await trigger('every', { force: true })).to.deep.equal({ ok: false, why: 'rerun' });
    expect(await world.row('every')).to.include({ trigger_at: null, due_at: null });
  });

  it('does not call a paused job due whose forced trigger waits for a rerun that came after it', async () => {
    await world.pass(MINUTE_MS);
    const run = await world.take(member, every);
    await pause();
    await trigger('every', { force: true });
    await world.run(() => handOverStep(member.instance, run, endingWithout('cancelled')));
    expect((await world.acquire(member, every)).acquired).to.deep.equal([]);
    expect(await world.row('every')).to.include({ due_at: null, rerun_fire_at: world.now });
    await resume();
    for (const from of ['rerun', 'manual']) {
      const next = await world.take(member, every);
      expect(next.run.grant.from).to.equal(from);
      await world.finish(member, next);
    }
  });

  it('serves the rerun first, then the trigger, then the queued fire, then the schedule', async () => {
    await world.pass(MINUTE_MS);
    const [rerun, queued] = [world.now - 3 * MINUTE_MS, world.now - 2 * MINUTE_MS];
    await world.set('every', {
      rerun_fire_at: rerun,
      rerun_kind: 'rerun',
      rerun_attempt: 1,
      queued_fire_at: queued,
      due_at: world.now,
    });
    await trigger();
    const served: string[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      const run = await world.take(member, every);
      served.push(run.run.grant.from);
      await world.finish(member, run);
    }
    expect(served).to.deep.equal(['rerun', 'manual', 'queued', 'scheduled']);
  });

  it('pauses once, resumes once, and tells an unknown job', async () => {
    expect([await pause(), await pause(), await resume(), await resume()]).to.deep.equal([true, false, true, false]);
    expect([await pause('nobody'), await resume(null, 'nobody')]).to.deep.equal([undefined, undefined]);
  });

  it('records what a pause left out as one skipped row, and fires again from now on', async () => {
    await pause();
    await world.pass(10 * MINUTE_MS + 5_000);
    expect((await world.acquire(member, every)).acquired).to.deep.equal([]);
    await resume();
    expect(await world.story()).to.deep.equal(['+600 #0 skipped x10 (paused)']);
    expect((await world.acquire(member, every)).acquired).to.deep.equal([]);
    await world.pass(55_000);
    await world.finish(member, await world.take(member, every));
    expect((await world.story()).at(-1)).to.equal('+660 #1 succeeded');
  });

  it('writes no skipped row when the pause left nothing out', async () => {
    await pause();
    await world.pass(MINUTE_MS - 1);
    await resume();
    expect(await world.log()).to.deep.equal([]);
  });

  it('lets a job fire again although whoever resumes it does not know its schedule', async () => {
    await pause();
    await world.pass(10 * MINUTE_MS + 5_000);
    await resume(null);
    await world.acquire(member, every);
    await world.pass(55_000);
    await world.finish(member, await world.take(member, every));
    expect((await world.story()).at(-1)).to.equal('+660 #1 succeeded');
  });

  it('does not let an instance of another version that resumes a job decide when it fires next', async () => {
    await pause();
    await world.pass(10 * MINUTE_MS + 5_000);
    await resume(job('every', { cron: '0 0 1 1 *' }));
    await world.acquire(member, every);
    await world.pass(55_000);
    await world.finish(member, await world.take(member, every));
    expect((await world.story()).at(-1)).to.equal('+660 #1 succeeded');
  });

  it('pauses a running job without touching its run', async () => {
    await world.pass(MINUTE_MS);
    const run = await world.take(member, every);
    await pause();
    expect(await world.row('every')).to.include({ status: 'RUNNING', fence: run.run.fence, acq_id: run.run.acqId });
    expect(await world.finish(member, run)).to.equal(true);
    await world.pass(MINUTE_MS);
    expect((await world.acquire(member, every)).acquired).to.deep.equal([]);
  });
});

// A job's new name in the database: its row and its history, refused while anybody could still write by the old one.
import { expect } from 'chai';
import { Admin, type Renamed } from '../../../runtime/admin.js';
import { decision, insertDecisions, insertRuns, newLogId } from '../../../runtime/lock/logRow.js';
import { triggerStep } from '../../../runtime/lock/request.js';
import { job } from '../../support/jobs.js';
import { APP, eachWorld, type Member } from '../../support/world.js';

const MINUTE_MS = 60_000;
const RENAME = { from: 'old', to: 'new', configHash: 'v2' };

eachWorld((world) => {
  const old = job('old');
  const renamed = job('new');
  let member: Member;

  const rename = () => new Admin(world.database, APP).rename(RENAME);
  const refusal = (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      (error: { code?: string }) => error.code ?? String(error),
    );
  const stop = (one: Member) => {
    world.freeze(one);
    const sql = `UPDATE ${world.database.tables.job_instance} SET state = 'STOPPED' WHERE id = ?`;
    return world.database.execute(sql, [one.instance.id]);
  };
  const trigger = (name: string) =>
    world.run(() => triggerStep(member.instance, { job: name, input: '{"a":1}', force: false }));
  const result = (over: Partial<Renamed>): Renamed => ({
    ...{ how: 'moved', paused: false, skipped: 0, logs: 0, kept: 0 },
    ...over,
  });
  const names = async () => (await world.rows()).map(({ name }) => name);
  const runOnce = async (of = old) => {
    await world.pass(MINUTE_MS);
    await world.finish(member, await world.take(member, of));
  };

  beforeEach(async () => {
    member = await world.member();
    await world.register(member, old);
  });

  it('takes the state, what waits, and the history along', async () => {
    await runOnce();
    await runOnce();
    await trigger('old');
    await stop(member);
    const before = await world.row('old');
    expect(await rename()).to.deep.equal(result({ logs: 2 }));
    expect(await world.row('new')).to.deep.equal({ ...before, name: 'new' });
    expect(await names()).to.deep.equal(['new']);
    expect(await world.story('new')).to.deep.equal(['+60 #1 succeeded', '+120 #1 succeeded']);
    expect(await rename()).to.deep.equal(result({ how: 'absent' }));
  });

  it('goes on under the new name, with rising fences and no fire twice', async () => {
    await runOnce();
    await stop(member);
    await rename();
    member = await world.member({ configHash: 'v2' });
    await world.register(member, renamed);
    expect((await world.acquire(member, renamed)).acquired).to.deep.equal([]);
    await runOnce(renamed);
    expect(await world.story('new')).to.deep.equal(['+60 #1 succeeded', '+120 #1 succeeded']);
  });

  it('is refused while a run is in progress, whoever holds it', async () => {
    await world.pass(MINUTE_MS);
    const run = await world.take(member, old);
    expect(await refusal(rename())).to.equal('DJ4010');
    await stop(member);
    expect(await refusal(rename())).to.equal('DJ4010');
    expect(await names()).to.deep.equal(['old']);
    await world.finish(member, run);
    expect(await refusal(rename())).to.equal('done');
  });

  it('is refused while a run of a job on every instance is in progress', async () => {
    await stop(member);
    const run = { id: newLogId(), job: 'old', manual: 0, fireMs: world.now, slot: member.instance.id } as const;
    const more = { attempt: 1, kind: 'cron', fence: 1, outcome: 'running', missedCount: null, note: null } as const;
    await world.run(() => insertRuns(member.instance, [{ ...run, ...more }], world.now));
    expect(await refusal(rename())).to.equal('DJ4010');
    const sql = `UPDATE ${world.database.tables.job_log} SET outcome = 'succeeded', finished_at = started_at, duration_ms = 0 WHERE id = ?`;
    await world.database.execute(sql, [run.id]);
    expect(await rename()).to.deep.equal(result({ logs: 1 }));
  });

  it('is refused while an instance with another jobs.yaml lives, and not by one that only calls services', async () => {
    expect(await refusal(rename())).to.equal('DJ4011');
    expect(await refusal(new Admin(world.database, APP).requireRenamable(RENAME))).to.equal('DJ4011');
    await stop(member);
    await world.member({ scheduling: false });
    await world.member({ configHash: 'v2' });
    expect(await refusal(new Admin(world.database, APP).requireRenamable(RENAME))).to.equal('done');
    expect(await names()).to.deep.equal(['old']);
    expect(await refusal(rename())).to.equal('done');
  });

  it('is not held up by an instance whose lease is over, nor when the job is retired', async () => {
    await world.set('old', { retired: 1, due_at: null });
    expect(await refusal(rename())).to.equal('done');
    await world.register(member, old);
    world.freeze(member);
    world.clock.jump(MINUTE_MS);
    await world.database.execute(`DELETE FROM ${world.database.tables.job_info} WHERE name = ?`, ['new']);
    expect(await refusal(rename())).to.equal('done');
  });

  it('leaves the row that the new version has, and records what waited in the old one', async () => {
    await runOnce();
    await trigger('old');
    const { trigger_at } = await world.row('old');
    await world.set('old', { paused: 1, due_at: null });
    await stop(member);
    const newer = await world.member({ configHash: 'v2' });
    await world.register(newer, renamed);
    const before = await world.row('new');
    expect(await rename()).to.deep.equal(result({ how: 'merged', paused: true, skipped: 1, logs: 1 }));
    expect(await names()).to.deep.equal(['new']);
    expect(await world.row('new')).to.deep.equal(before);
    const [run, skipped] = [...(await world.log('new'))].sort((a, b) => a.manual - b.manual);
    expect(run).to.include({ outcome: 'succeeded', manual: 0 });
    expect(skipped).to.include({ outcome: 'skipped', note: 'renamed', manual: 1, fire_at: trigger_at, attempt: 0 });
  });

  it('leaves history whose fire the new name has, and says how much', async () => {
    await runOnce();
    await stop(member);
    member = await world.member({ configHash: 'v2' });
    await world.register(member, renamed);
    await world.set('new', { fire_at: world.now - MINUTE_MS, next_fire_at: world.now, due_at: world.now });
    await world.finish(member, await world.take(member, renamed));
    expect(await rename()).to.deep.equal(result({ how: 'merged', kept: 1 }));
    expect(await world.story('old')).to.deep.equal(['+60 #1 succeeded']);
    expect(await world.story('new')).to.deep.equal(['+60 #1 succeeded']);
  });

  it('renames a history of any length, and goes on where it was cut off', async () => {
    await stop(member);
    for (let batch = 0; batch < 3; batch++) {
      const skipped = Array.from({ length: 400 }, (_, at) =>
        decision({ job: 'old', fireMs: batch * 1000 + at, outcome: 'skipped', note: 'overlap' }),
      );
      await world.run(() => insertDecisions(member.instance, skipped, world.now));
    }
    const sql = `UPDATE ${world.database.tables.job_log} SET job_name = 'new' WHERE fire_at < ?`;
    await world.database.execute(sql, [1000]);
    await world.set('old', { name: 'new' });
    expect(await rename()).to.deep.equal(result({ how: 'absent', logs: 800 }));
    expect(await world.log('new')).to.have.length(1200);
  });

  it('is another matter for another application', async () => {
    await stop(member);
    expect(await new Admin(world.database, 'other').rename(RENAME)).to.deep.equal(result({ how: 'absent' }));
    expect(await names()).to.deep.equal(['old']);
  });
});

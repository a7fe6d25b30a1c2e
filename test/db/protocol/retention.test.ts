// dalJob.prune: old rows go, but none that runs or that something names.
import { expect } from 'chai';
import { LOG_KEPT_MS, pruneEntry } from '../../../runtime/run/retention.js';
import { job } from '../../support/jobs.js';
import { eachWorld, type Member } from '../../support/world.js';

const DAY_MS = 86_400_000;

eachWorld((world) => {
  let member: Member;
  const prune = async (signal = new AbortController().signal) => {
    const handler = await pruneEntry(() => member.instance).load();
    await handler({ signal });
  };
  const instances = async () =>
    (await world.database.query<{ id: string }>(`SELECT id FROM ${world.database.tables.job_instance}`, [])).map(
      ({ id }) => id,
    );

  beforeEach(async () => {
    member = await world.member();
  });

  it('deletes log rows older than thirty days, in as many statements as it takes', async () => {
    await fill(1_203, world.now - 1);
    await world.pass(LOG_KEPT_MS);
    await fill(3, world.now);
    await prune();
    expect(await world.log()).to.have.length(3);
  });

  it('keeps a row that still runs, however old', async () => {
    const every = job('every');
    await world.register(member, every);
    await world.pass(60_000);
    const run = await world.take(member, every);
    await world.pass(2 * LOG_KEPT_MS);
    await prune();
    expect(await world.finish(member, run)).to.equal(true);
  });

  it('leaves other applications alone', async () => {
    await fill(2, world.now - 1, 'other');
    await world.pass(LOG_KEPT_MS);
    await prune();
    expect(await world.log()).to.have.length(2);
  });

  it('deletes instances that ended a day ago, unless something names them', async () => {
    const every = job('every');
    const [gone, holder, recent] = [await world.member(), await world.member(), await world.member()];
    await world.register(member, every);
    await world.pass(60_000);
    await world.take(holder, every);
    for (const one of [gone, holder]) await end(one);
    await world.pass(DAY_MS + 60_000);
    await end(recent);
    await prune();
    expect(await instances()).to.have.members([member, holder, recent].map(({ instance }) => instance.id));
  });

  it('stops when it is told to', async () => {
    await fill(1_100, world.now - 1);
    await world.pass(LOG_KEPT_MS);
    await prune(AbortSignal.abort());
    expect((await world.log()).length).to.be.greaterThan(0);
  });

  async function end({ instance }: Member): Promise<void> {
    world.freeze({ instance } as Member);
    const { tables } = world.database;
    await world.database.execute(`UPDATE ${tables.job_instance} SET state = 'DEAD', lease_until = ? WHERE id = ?`, [
      world.now,
      instance.id,
    ]);
  }

  async function fill(count: number, startedMs: number, app = 'shop'): Promise<void> {
    const one = "(?, ?, 'old', 0, ?, '', 1, 'cron', ?, 'succeeded', ?, ?)";
    await world.database.execute(
      `INSERT INTO ${world.database.tables.job_log} (id, app, job_name, manual, fire_at, slot, attempt, kind, fence, outcome, started_at, finished_at)
       VALUES ${Array(count).fill(one).join(', ')}`,
      Array.from({ length: count }, (_, n) => [
        `${app}-${startedMs}-${n}`,
        app,
        startedMs + n,
        n,
        startedMs,
        startedMs,
      ]).flat(),
    );
  }
});

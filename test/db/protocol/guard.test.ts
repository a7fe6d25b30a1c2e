// ctx.guard: an effect in the same database commits only while the run owns its job.
import { expect } from 'chai';
import { DataTypes, type Model, type ModelStatic, type Transaction } from 'sequelize';
import { guardStatement, type Held } from '../../../runtime/lock/finish.js';
import { guardMultiStatement, type MultiRun, startMulti } from '../../../runtime/lock/multi.js';
import { createContext } from '../../../runtime/run/context.js';
import { createLog } from '../../../runtime/run/log.js';
import { multiTenure, type Tenure } from '../../../runtime/run/tenure.js';
import { job } from '../../support/jobs.js';
import { eachWorld, type Member } from '../../support/world.js';

const MINUTE_MS = 60_000;

eachWorld((world) => {
  const every = job('every', { timeoutMs: 5_000 });
  let member: Member;
  let run: Held;
  let Effect: ModelStatic<Model>;
  let context: ReturnType<typeof createContext>;

  beforeEach(async () => {
    Effect = world.database.sequelize.define('effect', { name: DataTypes.STRING(20) }, { timestamps: false });
    await Effect.sync({ force: true });
    member = await world.member();
    await world.register(member, every);
    await world.pass(MINUTE_MS);
    run = await world.take(member, every);
    context = contextOf({ guard: () => guardStatement(member.instance, run.run) });
  });

  it('lets an effect commit while the run owns its job, and counts it', async () => {
    for (const name of ['one', 'two']) {
      await effect(async (transaction) => {
        await Effect.create({ name }, { transaction });
        await context.guard(transaction);
      });
    }
    expect(await Effect.count()).to.equal(2);
    expect((await world.row('every')).guards).to.equal(2);
    expect(await world.finish(member, run)).to.equal(true);
  });

  it('refuses once the run was taken away, and nothing of the effect stays', async () => {
    await world.pass(21_000);
    await world.acquire(await world.member(), every);
    await refused();
  });

  it('refuses once another run of the job has begun', async () => {
    await world.finish(member, run);
    await world.pass(MINUTE_MS);
    await world.take(await world.member(), every);
    await refused();
  });

  it('refuses after the run has ended', async () => {
    await world.finish(member, run);
    await refused();
  });

  it('leaves no trace when the caller rolls back for a reason of his own', async () => {
    const own = new Error('own');
    const failed = await effect(async (transaction) => {
      await Effect.create({ name: 'x' }, { transaction });
      await context.guard(transaction);
      throw own;
    }).catch((error: unknown) => error);
    expect(failed).to.equal(own);
    expect([await Effect.count(), (await world.row('every')).guards]).to.deep.equal([0, 0]);
  });

  it("holds the job's row until the caller commits: it is not taken away under an effect", async function () {
    if (world.test.dialect === 'sqlite') this.skip(); // there one writer excludes all others
    const other = await world.member();
    await world.pass(21_000);
    const transaction = await world.database.sequelize.transaction();
    await context.guard(transaction);
    expect((await world.acquire(other, every)).decided).to.deep.equal([]);
    await transaction.commit();
    expect((await world.acquire(other, every)).decided).to.have.length(1);
  });

  it('guards a run on every instance by its log row', async () => {
    const multi = job('multi', { globalSingle: false });
    await world.register(member, multi);
    const own = (await startMulti(member.instance, multi, { fireMs: world.now, kind: 'cron' })) as MultiRun;
    const tenure = multiTenure({ ...member, clock: world.clock }, own);
    context = contextOf({ guard: () => guardMultiStatement(member.instance, own) });
    await effect((transaction) => context.guard(transaction));
    await tenure.finish({ outcome: 'succeeded', errorName: null, errorMessage: null, errorStack: null, note: null });
    await refused();
  });

  function effect(work: (transaction: Transaction) => Promise<void>): Promise<void> {
    return world.database.sequelize.transaction(work);
  }

  async function refused(): Promise<void> {
    const error = await effect(async (transaction) => {
      await Effect.create({ name: 'late' }, { transaction });
      await context.guard(transaction);
    }).then(
      () => 'accepted',
      (reason: unknown) => reason,
    );
    expect(error).to.include({ code: 'DJ3003' });
    expect(await Effect.count()).to.equal(0);
  }

  function contextOf({ guard }: Pick<Tenure, 'guard'>) {
    const current = () => ({ job: 'every', fireMs: 0, kind: 'cron', attempt: 1, fence: 1 }) as const;
    return createContext({
      instance: member.instance,
      tenure: { current, guard, manual: false } as unknown as Tenure,
      input: undefined,
      signal: new AbortController().signal,
      services: {},
      log: createLog(false),
    });
  }
});

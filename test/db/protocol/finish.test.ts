// The holder's writes: attempts, the end, the hand-over; each with the fence, each once, whatever was lost on the way.
import { expect } from 'chai';
import { attemptAfter, finishStep, type Held, handOverStep, nextAttemptStep } from '../../../runtime/lock/finish.js';
import { type Ending, endingWithout, startWaiting } from '../../../runtime/lock/logRow.js';
import { Finisher } from '../../../runtime/run/finisher.js';
import { endingOf } from '../../../runtime/run/outcome.js';
import { lockedTenure } from '../../../runtime/run/tenure.js';
import { job, retry } from '../../support/jobs.js';
import { type LossyDatabase, lossy } from '../../support/lossy.js';
import { eachWorld, type Member } from '../../support/world.js';

const MINUTE_MS = 60_000;

eachWorld((world) => {
  const every = job('every', { onLost: 'rerun', retry: retry(3) });
  let database: LossyDatabase;
  let member: Member;
  let run: Held;
  const failed = endingOf({ outcome: 'failed', error: new TypeError('no such thing') });
  const tenure = () =>
    lockedTenure({ ...member, clock: world.clock, finisher: new Finisher(member.instance) }, run.run);
  const tryAgain = async (from: Held, ending: Ending = failed): Promise<Held | null> => {
    const next = attemptAfter(from);
    return (await world.run(() => nextAttemptStep(member.instance, from, { next, ending }) as never)) === true
      ? next
      : null;
  };

  beforeEach(async () => {
    database = lossy(world.database);
    member = await world.member({ database });
    await world.register(member, every);
    await world.pass(MINUTE_MS);
    run = await world.take(member, every);
    await world.pass(1_500);
  });

  it('ends the run: IDLE, everything of it cleared, its outcome and duration kept', async () => {
    await world.run(() => finishStep(member.instance, run, failed) as never);
    const row = await world.row('every');
    expect(row).to.include({
      status: 'IDLE',
      acq_id: null,
      owner: null,
      run_log_id: null,
      run_input: null,
      deadline_at: null,
    });
    expect(row).to.include({
      last_outcome: 'failed',
      last_duration_ms: 1_500,
      failures_in_a_row: 1,
      last_error: 'TypeError: no such thing',
    });
    expect(row.fence).to.equal(run.run.fence);
    const [line] = await world.log();
    expect(line).to.include({
      outcome: 'failed',
      duration_ms: 1_500,
      error_name: 'TypeError',
      error_message: 'no such thing',
      finished_at: world.now,
    });
  });

  it('counts failures in a row, and a success ends the count', async () => {
    await world.finish(member, run, 'failed');
    for (const outcome of ['failed', 'succeeded'] as const) {
      await world.pass(MINUTE_MS);
      await world.finish(member, await world.take(member, every), outcome);
      expect((await world.row('every')).failures_in_a_row).to.equal(outcome === 'failed' ? 2 : 0);
    }
    expect((await world.row('every')).last_error).to.equal(null);
  });

  it('leaves nothing of a finish whose fence has risen', async () => {
    await world.set('every', { fence: run.run.fence + 1 });
    const [before, line] = [await world.row('every'), await world.log()];
    expect(await world.finish(member, run)).to.equal(false);
    expect([await world.row('every'), await world.log()]).to.deep.equal([before, line]);
    await world.set('every', { fence: run.run.fence });
  });

  it('leaves nothing of a finish whose acquire was another', async () => {
    const foreign = { ...run, run: { ...run.run, acqId: 'somebody-else' } };
    expect(await world.finish(member, foreign)).to.equal(false);
    expect(await world.row('every')).to.include({ status: 'RUNNING' });
  });

  it('rolls job_info back when the log row has ended already', async () => {
    await world.database.execute(
      `UPDATE ${world.database.tables.job_log} SET outcome = 'lost', finished_at = started_at WHERE id = ?`,
      [run.logId],
    );
    expect(await world.finish(member, run)).to.equal(false);
    expect(await world.row('every')).to.include({ status: 'RUNNING', acq_id: run.run.acqId });
    await world.database.execute(
      `UPDATE ${world.database.tables.job_log} SET outcome = 'running', finished_at = NULL WHERE id = ?`,
      [run.logId],
    );
  });

  it('writes the next attempt beside the failed one; the row stays RUNNING with the same fence', async () => {
    const second = await tryAgain(run);
    expect(second).to.include({ attempt: 2 });
    expect(await world.row('every')).to.include({
      status: 'RUNNING',
      run_attempt: 2,
      run_log_id: second?.logId,
      fence: run.run.fence,
    });
    expect(await world.story()).to.deep.equal(['+60 #1 failed', '+60 #2 running (backoff)']);
    await world.pass(1_000);
    expect(await startWaiting(member.instance, String(second?.logId))).to.equal(1);
    await world.pass(500);
    await world.finish(member, second as Held);
    expect(await world.story()).to.deep.equal(['+60 #1 failed', '+60 #2 succeeded']);
    expect((await world.log()).find(({ attempt }) => attempt === 2)?.duration_ms).to.equal(500);
  });

  it('writes no next attempt for a run that was taken away', async () => {
    await world.set('every', { fence: run.run.fence + 1 });
    expect(await tryAgain(run)).to.equal(null);
    expect(await world.log()).to.have.length(1);
    await world.set('every', { fence: run.run.fence });
  });

  it('hands a cancelled run over: the next attempt waits in the rerun slot with its input', async () => {
    await world.set('every', { run_input: '7' });
    const ended = await world.run(() => handOverStep(member.instance, run, endingWithout('cancelled')) as never);
    expect(ended).to.equal(true);
    const row = await world.row('every');
    expect(row).to.include({
      status: 'IDLE',
      rerun_fire_at: run.run.grant.fireMs,
      rerun_attempt: 2,
      rerun_kind: 'rerun',
      due_at: world.now,
    });
    const other = await world.member();
    const again = await world.take(other, every);
    expect(again.run.grant).to.include({ attempt: 2, kind: 'rerun', input: '7', fireMs: run.run.grant.fireMs });
    expect(again.run.fence).to.be.greaterThan(run.run.fence);
  });

  it('hands over no run that has used up its attempts', async () => {
    const last = { ...run, attempt: 4 };
    await world.run(() => handOverStep(member.instance, last, endingWithout('cancelled')) as never);
    expect(await world.row('every')).to.include({ status: 'IDLE', rerun_fire_at: null });
  });

  it('hands over an attempt that still waits out its backoff as it is: it never began', async () => {
    const other = await world.member();
    const holder = tenure();
    expect(await holder.nextAttempt(failed)).to.equal('written');
    expect(await holder.handOver(endingWithout('cancelled'))).to.equal('written');
    expect(await world.row('every')).to.include({ status: 'IDLE', rerun_attempt: 2, rerun_kind: 'cron' });
    expect(await world.story()).to.deep.equal(['+60 #1 failed']);
    const again = await world.take(other, every);
    expect(again.run.grant).to.include({ attempt: 2, fireMs: run.run.grant.fireMs });
  });

  for (const fate of ['lost reply', 'lost request', 'refused'] as const) {
    it(`finishes once when the first try met: ${fate}`, async () => {
      database.fates.push(fate);
      const finishing = tenure().finish(endingWithout('succeeded'));
      expect(await driven(finishing)).to.equal('written');
      expect(await world.story()).to.deep.equal(['+60 #1 succeeded']);
    });

    it(`goes on to the next attempt once when the first try met: ${fate}`, async () => {
      database.fates.push(fate);
      const holder = tenure();
      const going = holder.nextAttempt(failed);
      expect(await driven(going)).to.equal('written');
      expect(holder.current().attempt).to.equal(2);
      expect(await world.story()).to.deep.equal(['+60 #1 failed', '+60 #2 running (backoff)']);
    });
  }

  it('is lost, not written, when somebody else has ended the run', async () => {
    const other = await world.member();
    await world.set('every', { deadline_at: world.now, due_at: world.now });
    await world.acquire(other, every);
    expect(await tenure().finish(endingWithout('succeeded'))).to.equal('lost');
    expect(await world.story()).to.deep.equal(['+60 #1 timed_out (taken away past its deadline)']);
  });

  it('is silent when the lease ends before the database answers', async () => {
    database.fates.push(...Array<'refused'>(40).fill('refused'));
    world.freeze(member);
    const finishing = tenure().finish(endingWithout('succeeded'));
    await untilRetrying();
    world.clock.jump(12_000);
    await world.clock.advance(2_000);
    expect(await finishing).to.equal('silent');
    expect(await world.row('every')).to.include({ status: 'RUNNING' });
  });

  it('writes the outcome without its text when the database refuses the text', async () => {
    const transaction: LossyDatabase['transaction'] = (step) =>
      database.transaction(() => {
        const inner = step();
        return (function* () {
          let turn = inner.next();
          while (!turn.done) {
            const { sql, values } = turn.value;
            turn = inner.next(yield values.includes('no such thing') ? { sql, values: [] } : { sql, values });
          }
          return turn.value;
        })() as ReturnType<typeof step>;
      });
    member = { ...member, instance: { ...member.instance, database: { ...database, transaction } } };
    const finishing = tenure().finish(failed);
    expect(await driven(finishing)).to.equal('written');
    expect(await world.story()).to.deep.equal(['+60 #1 failed (the text of its error could not be stored)']);
  });

  /** Real round trips are under way: until the tenure has met its fate and waits. */
  async function untilRetrying(): Promise<void> {
    while (world.clock.pending === 0) await world.clock.settle();
  }

  /** What it resolves with; whenever it waits, the time passes that it waits for. */
  async function driven<T>(promise: Promise<T>): Promise<T> {
    let over = false;
    void promise.finally(() => {
      over = true;
    });
    while (!over) {
      await world.clock.settle();
      await world.clock.advance(world.clock.nextTimerMs ?? 0);
    }
    return promise;
  }
});

// Dispatch: what is due and known is claimed, run and settled; by one instance at a time, and no more than may run at once.
import { expect } from 'chai';
import { DalJobError } from '../../../runtime/errors.js';
import { pauseStep } from '../../../runtime/lock/request.js';
import { RETRY_ROW, retryRow } from '../../../runtime/lock/retry-row.js';
import { Turns } from '../../support/event-loop.js';
import { countStates, Dispatch, insertRecords, method, readRecords, SUCCEEDED, turn } from '../../support/records.js';
import { eachWorld, type Member } from '../../support/world.js';

eachWorld((world, test) => {
  let member: Member;
  const insert = (kind: 'beforehand' | 'afterward', count = 1, over = {}) =>
    insertRecords(world.database, kind, { nowMs: world.now, count, over });

  beforeEach(async () => {
    member = await world.member();
  });

  for (const kind of ['beforehand', 'afterward'] as const) {
    it(`runs and settles what is due, ${kind}`, async () => {
      const ids = await insert(kind, 3);
      const dispatch = new Dispatch(world, member, [method('charge', { kind })]);
      await dispatch.tick();
      expect(dispatch.ran.map(({ id }) => id).sort()).to.deep.equal([...ids].sort());
      expect(dispatch.ran[0]).to.include({ kind, service: 'shop', method: 'charge', args: '[]', attempt: 2 });
      for (const row of await readRecords(world.database, kind))
        expect(row).to.include({ state: 'SUCCEEDED', attempt: 2, owner: null, next_at: null, finished_at: world.now });
      if (kind === 'afterward') expect((await readRecords(world.database, kind))[0]?.live_key).to.equal(null);
    });
  }

  it('leaves alone what is not due, what is not RETRY and what is of another application', async () => {
    await insert('beforehand', 1, { next_at: world.now + 1 });
    for (const state of ['RUNNING', 'SUCCEEDED', 'DEAD', 'UNKNOWN'])
      await insert('beforehand', 1, { state, owner: member.instance.id });
    await insert('beforehand', 1, { app: 'other' });
    const dispatch = new Dispatch(world, member, [method('charge')]);
    await dispatch.tick();
    expect(dispatch.ran).to.have.length(0);
    await world.pass(1);
    await dispatch.tick();
    expect(dispatch.ran).to.have.length(1);
  });

  it('waits as long as the outcome says, and ends what has used up its attempts as DEAD', async () => {
    await insert('beforehand', 1, { max_retries: 2 });
    const error = new TypeError('no answer');
    const dispatch = new Dispatch(world, member, [method('charge')], () => ({ state: 'RETRY', delayMs: 5_000, error }));
    await dispatch.tick();
    const [waiting] = await readRecords(world.database, 'beforehand');
    expect(waiting).to.include({ state: 'RETRY', attempt: 2, next_at: world.now + 5_000, owner: null });
    expect(waiting).to.include({ error_name: 'TypeError', error_message: 'no answer' });
    await dispatch.tick();
    expect(dispatch.ran).to.have.length(1);
    await world.pass(5_000);
    await dispatch.tick();
    expect((await readRecords(world.database, 'beforehand'))[0]).to.include({ state: 'DEAD', attempt: 3 });
    expect(dispatch.said.map(([event]) => event)).to.deep.equal(['call.retrying', 'call.dead']);
  });

  it('lets the process do other things between two claims of a long backlog, also where the database answers at once', async () => {
    await insert('beforehand', 3_000);
    const turns = new Turns();
    const seen = new Set<number>();
    const dispatch = new Dispatch(world, member, [method('charge', { concurrency: 5_000 })], () => {
      seen.add(turns.count);
      return SUCCEEDED;
    });
    await dispatch.tick();
    turns.stop();
    expect(dispatch.ran).to.have.length(3_000);
    expect(seen.size, 'turns of the event loop in which records ran').to.be.at.least(6);
  });

  it('keeps to the concurrency of each method, and a busy one is in nobody’s way', async () => {
    await insert('beforehand', 40, { next_at: world.now - 9_000 });
    await insert('beforehand', 10, { method: 'refund' });
    const release: (() => void)[] = [];
    const [most, now] = [new Map<string, number>(), new Map<string, number>()];
    const count = (name: string, by: number) => {
      now.set(name, (now.get(name) ?? 0) + by);
      most.set(name, Math.max(most.get(name) ?? 0, now.get(name) ?? 0));
    };
    const methods = [method('charge', { concurrency: 5 }), method('refund', { concurrency: 3 })];
    const dispatch = new Dispatch(world, member, methods, async (record) => {
      count(record.method, 1);
      if (record.method === 'charge') await new Promise<void>((resolve) => release.push(resolve));
      else await turn();
      count(record.method, -1);
      return SUCCEEDED;
    });
    dispatch.dispatcher.tick();
    const time = async () => {
      await new Promise((resolve) => setTimeout(resolve, 5)); // the database's replies take real time
      await world.clock.advance(10);
      await world.beat(member);
    };
    while (dispatch.ran.filter((record) => record.method === 'refund').length < 10) await time();
    expect(now.get('charge')).to.equal(5);
    while (!dispatch.dispatcher.isIdle) {
      for (const go of release.splice(0)) go();
      await time();
    }
    expect(Object.fromEntries(most)).to.deep.equal({ charge: 5, refund: 3 });
    expect(await countStates(world.database, 'beforehand')).to.deep.equal({ SUCCEEDED: 50 });
  });

  it('never runs a record on two instances, and leaves none', async function () {
    this.timeout(30_000);
    await insert('beforehand', 1_000);
    await insert('afterward', 1_000, { method: 'notify' });
    const methods = [method('charge', { concurrency: 50 }), method('notify', { kind: 'afterward', concurrency: 50 })];
    const two = [member, await world.member()].map((one) => new Dispatch(world, one, methods));
    while (
      (await countStates(world.database, 'beforehand')).RETRY ||
      (await countStates(world.database, 'afterward')).RETRY
    )
      await Promise.all(two.map((dispatch) => dispatch.tick()));
    const ids = two.flatMap(({ ran }) => ran.map(({ id }) => id));
    expect(ids).to.have.length(2_000);
    expect(new Set(ids).size).to.equal(2_000);
    expect(await countStates(world.database, 'beforehand')).to.deep.equal({ SUCCEEDED: 1_000 });
    expect(await countStates(world.database, 'afterward')).to.deep.equal({ SUCCEEDED: 1_000 });
  });

  it('claims nothing while paused, nor without a lease', async () => {
    await insert('beforehand');
    await world.register(member, retryRow());
    await world.run(() => pauseStep(member.instance, RETRY_ROW));
    const dispatch = new Dispatch(world, member, [method('charge')]);
    await dispatch.tick();
    expect(dispatch.ran).to.have.length(0);
    await world.set(RETRY_ROW, { paused: 0 });
    world.clock.jump(15_001); // nobody has beaten
    member.lease.confirm({ wall: world.clock.now(), monotonic: world.clock.monotonic() }); // but we would not know
    await dispatch.tick();
    expect(dispatch.ran).to.have.length(0);
    await world.beat(member);
    await dispatch.tick();
    expect(dispatch.ran).to.have.length(1);
  });

  for (const state of ['DEAD', 'UNKNOWN'] as const) {
    it(`leaves a call ${state} that ended so before or by its abort`, async () => {
      await insert('beforehand', 1, { attempt: 0 });
      const dispatch = new Dispatch(world, member, [method('charge')], () => {
        dispatch.dispatcher.abortAll(new DalJobError('DJ3005', 'it shuts down'));
        return { state, error: new TypeError('x') };
      });
      await dispatch.tick();
      const [row] = await readRecords(world.database, 'beforehand');
      expect(row).to.include({ state, attempt: 1, error_name: 'TypeError' });
      expect(dispatch.said).to.deep.equal([[`call.${state.toLowerCase()}`, row?.id]]);
    });
  }

  it('gives back what a stop overtakes, with the attempt it had', async function () {
    if (test.dialect === 'sqlite') this.skip(); // there a claim is one synchronous step
    await insert('beforehand', 3);
    const dispatch = new Dispatch(world, member, [method('charge')]);
    dispatch.dispatcher.tick();
    while (member.claimKeys.size === 0) await turn(); // the claim is under way
    await dispatch.dispatcher.stop();
    expect(dispatch.ran).to.have.length(0);
    for (const row of await readRecords(world.database, 'beforehand'))
      expect(row).to.include({ state: 'RETRY', attempt: 1, owner: null });
    expect(member.claimKeys.size).to.equal(0);
  });

  it('settles nothing after the lease was lost', async () => {
    await insert('beforehand', 2);
    const signals: AbortSignal[] = [];
    const dispatch = new Dispatch(world, member, [method('charge')], async (_record, signal) => {
      signals.push(signal);
      member.lease.lose();
      return SUCCEEDED;
    });
    await dispatch.tick();
    expect(await countStates(world.database, 'beforehand')).to.deep.equal({ RUNNING: 2 });
  });

  it('puts a record back that got newer arguments while the old ones ran', async () => {
    const [id = ''] = await insert('afterward', 1, { max_retries: 1 });
    const dispatch = new Dispatch(world, member, [method('charge', { kind: 'afterward' })], async () => {
      if (dispatch.ran.length === 1)
        await world.database.execute(
          `UPDATE ${world.database.tables.job_retry} SET args = '[2]', generation = generation + 1 WHERE id = ?`,
          [id],
        );
      return SUCCEEDED;
    });
    await dispatch.tick();
    expect(dispatch.ran.map(({ args, attempt }) => [args, attempt])).to.deep.equal([['[]', 2]]);
    expect((await readRecords(world.database, 'afterward'))[0]).to.include({ state: 'RETRY', attempt: 1 });
    await dispatch.tick();
    expect(dispatch.ran.map(({ args, attempt }) => [args, attempt])).to.deep.equal([
      ['[]', 2],
      ['[2]', 2],
    ]);
    expect(await countStates(world.database, 'afterward')).to.deep.equal({ SUCCEEDED: 1 });
  });
});

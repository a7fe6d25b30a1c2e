// Retry records whose instance died, whose claim was not answered, whose process they kill, or that nobody living knows.
import { expect } from 'chai';
import { plainWay, recordAfterward } from '../../../runtime/retry/afterward-record.js';
import { giveBack } from '../../../runtime/run/recover.js';
import { type LossyDatabase, lossy } from '../../support/lossy.js';
import { countStates, Dispatch, insertRecords, method, readRecords, SUCCEEDED, turn } from '../../support/records.js';
import { eachWorld, type Member } from '../../support/world.js';

eachWorld((world, test) => {
  const charge = method('charge');
  let member: Member;
  const insert = (kind: 'beforehand' | 'afterward', over = {}, count = 1) =>
    insertRecords(world.database, kind, { nowMs: world.now, count, over });
  const only = async (kind: 'beforehand' | 'afterward' = 'beforehand') => (await readRecords(world.database, kind))[0];
  const kill = async (dead: Member) => {
    world.freeze(dead);
    const sql = `UPDATE ${world.database.tables.job_instance} SET state = 'DEAD' WHERE id = ?`;
    await world.database.execute(sql, [dead.instance.id]);
  };
  /** A dispatcher on an instance that dies of what it runs. */
  const dying = async () => {
    const dead = await world.member();
    const dispatch = new Dispatch(world, dead, [charge], () => new Promise(() => {}));
    dispatch.dispatcher.tick();
    for (let quiet = 0; quiet < 20; quiet += 1) await new Promise((resolve) => setTimeout(resolve, 2));
    while (dispatch.ran.length === 0) await turn();
    await dispatch.dispatcher.stop();
    await kill(dead);
    return dispatch;
  };

  beforeEach(async () => {
    member = await world.member();
  });

  it('frees what a dead instance ran: UNKNOWN, RETRY or DEAD, as the row says', async () => {
    const dead = await world.member();
    const running = { state: 'RUNNING', owner: dead.instance.id, claim_key: 'k' };
    await insert('beforehand', { ...running, method: 'a', attempt: 1, on_crash: 'hold' });
    await insert('beforehand', { ...running, method: 'b', attempt: 1, on_crash: 'retry' });
    await insert('beforehand', { ...running, method: 'c', attempt: 2, on_crash: 'hold' });
    await insert('beforehand', { ...running, method: 'd', attempt: 4, on_crash: 'retry' });
    await insert('afterward', { ...running, method: 'e', attempt: 4 });
    await insert('beforehand', { ...running, method: 'f', owner: member.instance.id });
    await world.sweep(member);
    expect(await countStates(world.database, 'beforehand')).to.deep.equal({ RUNNING: 5 });
    await kill(dead);
    await world.sweep(member);
    const rows = await readRecords(world.database, 'beforehand');
    expect(rows.map(({ method: name, state }) => `${name} ${state}`)).to.deep.equal([
      'a UNKNOWN',
      'b RETRY',
      'c RETRY',
      'd DEAD',
      'f RUNNING',
    ]);
    expect(rows[0]).to.include({ claim_key: 'k', owner: dead.instance.id });
    expect(rows[1]).to.include({ next_at: world.now, owner: null });
    expect(await only('afterward')).to.include({ state: 'DEAD', live_key: null, finished_at: world.now });
  });

  it('ends a record that kills each process that runs it after exactly its attempts', async () => {
    await insert('beforehand', { attempt: 0, max_retries: 2 });
    for (const attempt of [1, 2, 3]) {
      expect((await dying()).ran.map((record) => record.attempt)).to.deep.equal([attempt]);
      await world.sweep(member);
    }
    expect(await only()).to.include({ state: 'DEAD', attempt: 3 });
    const last = new Dispatch(world, member, [charge]);
    await last.tick();
    expect(last.ran).to.have.length(0);
  });

  it('keeps an attempt for arguments that came while the last run of the older ones died', async () => {
    const dead = await world.member();
    const running = { state: 'RUNNING', owner: dead.instance.id, claim_key: 'k', attempt: 4 };
    await insert('afterward', { ...running, retry_data_key: 'o1', live_key: 'shop.shop.notify:o1', method: 'notify' });
    const row = { id: 'new', service: 'shop', method: 'notify', args: '[2]', argsHash: 'h1', key: 'o1', maxRetries: 3 };
    const { instance } = member;
    await recordAfterward(instance, plainWay(instance), { ...row, delayMs: 0, errorName: null, errorMessage: null });
    await kill(dead);
    await world.sweep(member);
    expect(await only('afterward')).to.include({ state: 'RETRY', attempt: 3, args: '[2]' });
  });

  it('runs a record whose last attempt was lost with no other beside it', async () => {
    await insert('beforehand', { error_name: 'InstanceLost', next_at: world.now - 2_000 }, 2);
    await insert('beforehand', {}, 5);
    let running = 0;
    const beside: number[] = [];
    const dispatch = new Dispatch(world, member, [charge], async () => {
      running += 1;
      beside.push(running);
      await turn();
      running -= 1;
      return SUCCEEDED;
    });
    while ((await countStates(world.database, 'beforehand')).RETRY) await dispatch.tick();
    expect(dispatch.ran).to.have.length(7);
    expect(beside.filter((count) => count === 1)).to.have.length(3); // the first of the five, and each of the two
  });

  it('does not wait for ever for others to end, nor holds them up for ever', async () => {
    await insert('beforehand', { method: 'slow' });
    const dispatch = new Dispatch(world, member, [charge, method('slow')], () => new Promise(() => {}));
    dispatch.dispatcher.tick();
    const until = async (count: number) => {
      for (let wait = 0; wait < 2_000 && dispatch.ran.length < count; wait += 1) {
        await new Promise((resolve) => setTimeout(resolve, 2));
        if (wait % 10 === 9) await world.clock.advance(250);
        await world.beat(member);
        dispatch.dispatcher.tick();
      }
      expect(dispatch.ran).to.have.length(count);
    };
    await until(1);
    await insert('beforehand', { error_name: 'InstanceLost' });
    await until(2);
    await insert('beforehand');
    await until(3);
    await dispatch.dispatcher.stop();
  });

  describe('a claim whose COMMIT was not answered', () => {
    let database: LossyDatabase;
    let dispatch: Dispatch;

    beforeEach(async () => {
      database = lossy(world.database);
      member = await world.member({ database });
      dispatch = new Dispatch(world, member, [charge]);
      await insert('beforehand');
    });

    it('is run when it is found', async () => {
      database.fates.push('lost reply');
      await dispatch.tick();
      expect(dispatch.ran.map(({ attempt, claimKey }) => [attempt, claimKey.length])).to.deep.equal([[2, 59]]);
      expect(await countStates(world.database, 'beforehand')).to.deep.equal({ SUCCEEDED: 1 });
      expect(member.claimKeys.size).to.equal(0);
    });

    it('is given back when it comes to stand later, with the attempt it had', async () => {
      database.fates.push('late');
      await dispatch.tick();
      expect(dispatch.ran).to.have.length(0);
      expect(member.claimKeys.abandoned()).to.have.length(1);
      await database.applyLate();
      expect(await only()).to.include({ state: 'RUNNING', attempt: 2 });
      await giveBack(member);
      expect(await only()).to.include({ state: 'RETRY', attempt: 1, owner: null });
      expect(member.claimKeys.size).to.equal(0);
      await dispatch.tick();
      expect(dispatch.ran.map(({ attempt }) => attempt)).to.deep.equal([2]);
    });

    it('is forgotten when it was never sent', async () => {
      database.fates.push('refused');
      await dispatch.tick();
      expect(member.claimKeys.size).to.equal(0);
      expect(await only()).to.include({ state: 'RETRY', attempt: 1 });
    });

    for (const fate of ['lost reply', 'lost request', 'refused'] as const) {
      it(`is settled once, whatever becomes of the settle (${fate})`, async () => {
        database.fates.push('fine', fate);
        dispatch.dispatcher.tick();
        while (
          (await countStates(world.database, 'beforehand')).SUCCEEDED === undefined ||
          !dispatch.dispatcher.isIdle
        ) {
          await new Promise((resolve) => setTimeout(resolve, 2));
          await world.clock.advance(10);
        }
        expect(dispatch.ran).to.have.length(1);
        expect(await only()).to.include({ state: 'SUCCEEDED', attempt: 2 });
      });
    }
  });

  it('lets a late, true result end the doubt about a call', async () => {
    await insert('beforehand');
    const slow = await world.member();
    let end = () => {};
    const dispatch = new Dispatch(world, slow, [charge], async () => {
      await new Promise<void>((resolve) => (end = resolve));
      return SUCCEEDED;
    });
    dispatch.dispatcher.tick();
    while (dispatch.ran.length === 0) await turn();
    await world.database.execute(`UPDATE ${world.database.tables.job_beforehand_retry} SET state = 'UNKNOWN'`, []);
    end();
    await dispatch.rest();
    expect(await only()).to.include({ state: 'SUCCEEDED', attempt: 2 });
  });

  it('claims, settles and sweeps at once without a deadlock', async function () {
    if (test.dialect === 'sqlite') this.skip();
    this.timeout(60_000);
    // the server is shared: only the newest deadlock is told with the tables that it was about
    const newestDeadlock = async () => {
      const [row] = await world.database.query<{ Status: string }>('SHOW ENGINE INNODB STATUS', []);
      const section =
        /LATEST DETECTED DEADLOCK\n-+\n([\s\S]*?)\n-{10,}\nTRANSACTIONS/.exec(row?.Status ?? '')?.[1] ?? '';
      return section.includes(`${test.url.split('/').at(-1)}\``) ? section : '';
    };
    const before = await newestDeadlock();
    const dead = await world.member();
    await insert('beforehand', {}, 300);
    await insert('beforehand', { state: 'RUNNING', owner: dead.instance.id, claim_key: 'k' }, 300);
    await kill(dead);
    const members = [member, await world.member(), await world.member()];
    const all = members.map((one) => new Dispatch(world, one, [method('charge', { concurrency: 40 })]));
    for (let round = 0; (await countStates(world.database, 'beforehand')).SUCCEEDED !== 600; round += 1) {
      await Promise.all([...all.map((one) => one.tick()), ...members.map((one) => round < 20 && world.sweep(one))]);
      if (round > 400) break;
      await world.database.execute(
        `UPDATE ${world.database.tables.job_beforehand_retry} SET error_name = NULL WHERE state = 'RETRY' AND error_name IS NOT NULL`,
        [],
      );
    }
    expect(await countStates(world.database, 'beforehand')).to.deep.equal({ SUCCEEDED: 600 });
    expect(await newestDeadlock()).to.equal(before);
  });

  it('claims without a sort, also from a long backlog', async function () {
    if (test.dialect === 'sqlite') this.skip();
    this.timeout(60_000);
    await insert('beforehand', { method: 'busy', next_at: world.now - 9_000 }, 2_000);
    await insert('beforehand', {}, 500);
    const table = world.database.tables.job_beforehand_retry;
    await world.database.query(`ANALYZE TABLE ${table}`, []);
    const plan = await world.database.query<{ key: string; Extra: string; rows: number }>(
      `EXPLAIN FORMAT=TRADITIONAL SELECT id, args FROM ${table} ${world.database.dialect.byIndex(`${table}_method`)} WHERE app = 'shop' AND state = 'RETRY'
       AND service = 'shop' AND method = 'charge' AND next_at <= ${world.now} AND args_hash = 'h1' ORDER BY next_at, id LIMIT 16 FOR UPDATE SKIP LOCKED`,
      [],
    );
    expect(plan).to.have.length(1);
    expect(plan[0]?.key).to.equal(`${table}_method`);
    expect(plan[0]?.Extra).to.not.contain('filesort');
    expect(Number(plan[0]?.rows)).to.be.lessThan(1_000);
  });
});

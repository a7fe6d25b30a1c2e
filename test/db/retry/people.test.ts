// What people see of retry records and decide about them; what becomes of finished ones.
import { expect } from 'chai';
import { Admin } from '../../../runtime/admin.js';
import type { Database } from '../../../runtime/db/database.js';
import type { Step } from '../../../runtime/db/step.js';
import type { DalJobError } from '../../../runtime/errors.js';
import { readDue } from '../../../runtime/lock/due.js';
import { retryRow } from '../../../runtime/lock/retry-row.js';
import { LOST } from '../../../runtime/retry/claim-step.js';
import { act, actOnAll, findRecords, listRecords } from '../../../runtime/retry/people.js';
import { pruneRecords } from '../../../runtime/retry/prune.js';
import { Dispatch, insertRecords, method, readRecords } from '../../support/records.js';
import { APP, eachWorld, type Member } from '../../support/world.js';

eachWorld((world, test) => {
  let member: Member;
  const insert = (kind: 'beforehand' | 'afterward', over = {}, count = 1) =>
    insertRecords(world.database, kind, { nowMs: world.now, count, over });
  const decide = async (what: 'requeued' | 'discarded', ...ids: string[]) =>
    act(member.instance, { records: await findRecords(member.instance, ids), what, by: 'ann@desk' });
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      (error: DalJobError) => error.code,
    );

  beforeEach(async () => {
    member = await world.member();
  });

  it('are listed by kind, state and service, newest first', async () => {
    const [a = ''] = await insert('beforehand', { state: 'DEAD', finished_at: world.now });
    const [b = ''] = await insert('afterward', { state: 'DEAD', service: 'mail', live_key: null });
    await insert('beforehand');
    const ids = async (query: object) =>
      (await listRecords(member.instance, { limit: 9, ...query })).map(({ id }) => id);
    expect(await ids({ state: 'DEAD' })).to.deep.equal([b, a]);
    expect(await ids({ kind: 'afterward' })).to.deep.equal([b]);
    expect(await ids({ service: 'shop', state: 'DEAD' })).to.deep.equal([a]);
    expect(await ids({ limit: 1 })).to.have.length(1);
    expect(await codeOf(findRecords(member.instance, ['nothing']))).to.equal('DJ6023');
    const { retries } = await new Admin(world.database, APP).status();
    expect(retries.map(({ kind, state, count }) => `${kind} ${state} ${Number(count)}`).sort()).to.deep.equal([
      'afterward DEAD 1',
      'beforehand DEAD 1',
      'beforehand RETRY 1',
    ]);
  });

  it('are requeued with all their attempts, and the log says by whom', async () => {
    const dead = { state: 'DEAD', attempt: 4, next_at: null, finished_at: world.now, error_name: 'TypeError' };
    const [a = ''] = await insert('beforehand', dead);
    const [b = ''] = await insert('afterward', { ...dead, live_key: null, retry_data_key: 'o1' });
    const [c = ''] = await insert('beforehand', {
      ...{ state: 'UNKNOWN', attempt: 1, owner: 'gone', claim_key: 'k', error_name: LOST },
    });
    await decide('requeued', a, b, c);
    for (const row of [
      ...(await readRecords(world.database, 'beforehand')),
      ...(await readRecords(world.database, 'afterward')),
    ])
      expect(row).to.include({ state: 'RETRY', attempt: 0, next_at: world.now, owner: null, finished_at: null });
    expect((await readRecords(world.database, 'afterward'))[0]?.live_key).to.equal('shop.shop.charge:o1');
    const log = await world.log('dalJob.retry');
    expect(log.map(({ outcome }) => outcome)).to.deep.equal(['requeued', 'requeued', 'requeued']);
    expect(log.map(({ note }) => note)).to.include(`${a} by ann@desk: DEAD after 4, beforehand shop.charge`);
    const dispatch = new Dispatch(world, member, [method('charge')]);
    await dispatch.tick();
    const ran = dispatch.ran.map(({ id, attempt, errorName }) => [id, attempt, errorName]);
    expect(ran).to.have.deep.members([
      [a, 1, 'TypeError'],
      [c, 1, LOST],
    ]);
  });

  it('are not requeued beside a live one of the same key, nor while they run; then nothing is done', async () => {
    const [dead = ''] = await insert('afterward', { state: 'DEAD', live_key: null, retry_data_key: 'o1', attempt: 4 });
    await insert('afterward', { live_key: 'shop.shop.charge:o1', retry_data_key: 'o1' });
    const [runs = ''] = await insert('beforehand', { state: 'RUNNING', owner: member.instance.id });
    const [free = ''] = await insert('beforehand', { state: 'DEAD' });
    expect(await codeOf(decide('requeued', dead))).to.equal('DJ6024');
    expect(await codeOf(decide('discarded', free, runs))).to.equal('DJ6024');
    expect(await world.log()).to.have.length(0);
    expect(await readRecords(world.database, 'beforehand')).to.have.length(2);
    await decide('discarded', free);
    expect((await readRecords(world.database, 'beforehand')).map(({ id }) => id)).to.deep.equal([runs]);
    expect((await world.log()).map(({ outcome }) => outcome)).to.deep.equal(['discarded']);
  });

  it('are deleted when their method’s keep is over, by state', async () => {
    const keep = { succeededMs: 1_000, deadMs: null };
    const retry = {
      mode: 'beforehand',
      for: [],
      maxRetries: 3,
      onCrash: 'retry',
      key: null,
      concurrency: 16,
      upcast: false,
    } as const;
    const backoff = { type: 'fixed', delayMs: 1, maxMs: 1, jitter: 0 } as const;
    const charge = method('charge');
    const kept = { ...charge, entry: { ...charge.entry, retry: { ...retry, backoff, keep } } };
    await insert('beforehand', { state: 'SUCCEEDED', next_at: null, finished_at: world.now - 1_001 }, 600);
    const [young = ''] = await insert('beforehand', {
      state: 'SUCCEEDED',
      next_at: null,
      finished_at: world.now - 1_000,
    });
    const [dead = ''] = await insert('beforehand', { state: 'DEAD', next_at: null, finished_at: 1 });
    await pruneRecords(member.instance, kept, new AbortController().signal);
    expect((await readRecords(world.database, 'beforehand')).map(({ id }) => id)).to.deep.equal([young, dead]);
  });

  it('have a row in job_info that holds them back, takes no trigger, and is told of by the due read', async () => {
    await world.register(member, retryRow());
    const admin = new Admin(world.database, APP);
    expect(await admin.trigger({ job: 'dalJob.retry', input: null, force: true })).to.deep.equal({
      ok: false,
      why: 'no job',
    });
    await insert('beforehand', { next_at: world.now + 500 });
    expect(await readDue(member.instance)).to.include({ retriesDue: false, nextRetryMs: world.now + 500 });
    await insert('afterward', {});
    expect(await readDue(member.instance)).to.include({ retriesDue: true, nextRetryMs: world.now + 500 });
    await admin.pause('dalJob.retry');
    expect(await readDue(member.instance)).to.include({ retriesDue: false });
    await admin.resume('dalJob.retry', null);
    expect(await readDue(member.instance)).to.include({ retriesDue: true });
  });

  it('are requeued or discarded all at once, each once, whatever their number', async () => {
    const ids = await insert('beforehand', { attempt: 2 }, 250);
    const all = (what: 'requeued' | 'discarded', state: 'RETRY' | 'DEAD') =>
      actOnAll(member.instance, { query: { state }, what, by: 'ann@desk' });
    expect(await all('requeued', 'RETRY')).to.equal(ids.length);
    expect(await world.log('dalJob.retry')).to.have.length(ids.length);
    expect(await all('discarded', 'DEAD')).to.equal(0);
    expect(await all('discarded', 'RETRY')).to.equal(ids.length);
    expect(await readRecords(world.database, 'beforehand')).to.deep.equal([]);
  });

  it('are requeued all at once but for those whose key has a newer one', async () => {
    const dead = { state: 'DEAD', attempt: 4, next_at: null, finished_at: world.now, live_key: null };
    for (const key of ['a', 'b', 'a', 'c', 'a']) await insert('afterward', { ...dead, retry_data_key: key });
    await insert('afterward', { retry_data_key: 'c', live_key: 'shop.shop.charge:c' });
    expect(await actOnAll(member.instance, { query: { state: 'DEAD' }, what: 'requeued', by: 'ann@desk' })).to.equal(2);
    const found = await readRecords(world.database, 'afterward');
    expect(found.map(({ state }) => state)).to.deep.equal(['DEAD', 'RETRY', 'DEAD', 'DEAD', 'RETRY', 'RETRY']);
  });

  it('are not requeued beside a live one of the same key that comes between the look and the write', async function () {
    if (test.dialect === 'sqlite') this.skip(); // there both are one synchronous step
    const dead = { state: 'DEAD', attempt: 4, next_at: null, finished_at: world.now, live_key: null };
    const insertDead = async (key: string) => (await insert('afterward', { ...dead, retry_data_key: key }))[0] ?? '';
    const live = (key: string) => `shop.shop.charge:${key}`;
    const stateOf = async (id: string) =>
      (await readRecords(world.database, 'afterward')).find((row) => row.id === id)?.state;

    const one = await insertDead('one');
    const racing = { ...member.instance, database: await racedBy(world.database, live('one')) };
    const records = await findRecords(member.instance, [one]);
    expect(await codeOf(act(racing, { records, what: 'requeued', by: 'ann@desk' }))).to.equal('DJ6024');
    expect(await stateOf(one)).to.equal('DEAD');
    expect(await world.log()).to.have.length(0);

    // keys that no other test has used: entries that await their purge would be locked, with the gaps beside them
    const [before, held, after] = [await insertDead('x'), await insertDead('y'), await insertDead('z')];
    const query = { state: 'DEAD' as const };
    const raced = { ...member.instance, database: await racedBy(world.database, live('y')) };
    expect(await actOnAll(raced, { query, what: 'requeued', by: 'ann@desk' })).to.equal(2);
    expect(await Promise.all([before, held, after].map(stateOf))).to.deep.equal(['RETRY', 'DEAD', 'RETRY']);
    expect(await world.log()).to.have.length(2);
  });

  /** Somebody's record gets that live key in a transaction, which commits once the key was looked for. */
  async function racedBy(database: Database, liveKey: string): Promise<Database> {
    const [fresh = ''] = await insert('afterward');
    const transaction = await database.sequelize.transaction();
    const sql = `UPDATE ${database.tables.job_retry} SET live_key = ? WHERE id = ?`;
    await database.sequelize.query(sql, { transaction, replacements: [liveKey, fresh] });
    let committing = false;
    function* race<T>(step: Step<T>): Step<T> {
      let turn = step.next();
      while (turn.done !== true) {
        const { sql, values } = turn.value;
        if (!committing && sql.startsWith('UPDATE') && values.includes(liveKey)) {
          committing = true;
          void transaction.commit();
        }
        turn = step.next(yield turn.value);
      }
      return turn.value;
    }
    return new Proxy(database, {
      get: (target, name) => {
        const given: unknown = Reflect.get(target, name);
        if (name !== 'transaction') return typeof given === 'function' ? given.bind(target) : given;
        return <T>(step: () => Step<T>) => target.transaction(() => race(step()));
      },
    });
  }
});

// Afterward calls: a record only of a failure that is worth another attempt, one live record a key, the error to the caller.
import { expect } from 'chai';
import type { Database } from '../../../runtime/db/database.js';
import { BizRetryNeedError, NotImplementedError } from '../../../runtime/errors.js';
import { type AnyImplementation, Caller, METHODS, records, rejection } from '../../support/calls.js';
import { eachDatabase } from '../../support/databases.js';
import { lossy } from '../../support/lossy.js';

const ORDER = { id: 17, amount: 2.5 };

eachDatabase((test) => {
  let database: Database;

  before(async () => {
    database = await test.openTestDatabase();
  });
  beforeEach(async () => {
    await database.execute('DELETE FROM job_retry WHERE 1 = 1', []);
  });

  const caller = (implementation: AnyImplementation, on = database) => new Caller(on, implementation).join();
  const failing = (error: unknown = new BizRetryNeedError('busy')) => caller({ notify: () => Promise.reject(error) });
  const rows = () => records(database, 'job_retry');

  it('records nothing of a call that goes well, and gives its result', async () => {
    const { payment } = await caller({ notify: async (_order: unknown, text: string, copy: unknown) => [text, copy] });
    expect(await payment.notify(ORDER, 'x')).to.deep.equal(['x', undefined]);
    expect(await rows()).to.deep.equal([]);
  });

  it('records a failure that is worth another attempt, and gives the caller the very error', async () => {
    const error = new BizRetryNeedError('busy');
    const { payment, said } = await failing(error);
    expect(await rejection(payment.notify(ORDER, 'x', true))).to.equal(error);
    const [row] = await rows();
    expect(row).to.deep.include({
      ...{
        app: 'shop',
        service: 'payment',
        method: 'notify',
        args: JSON.stringify([ORDER, 'x', true]),
        args_hash: 'h1',
      },
      ...{ state: 'RETRY', attempt: 1, max_retries: 3, on_crash: 'retry', owner: null, claim_key: null },
      ...{ error_name: 'BizRetryNeedError', error_message: 'busy' },
      ...{ retry_data_key: '17', generation: 0, live_key: 'shop.payment.notify:17' },
    });
    expect(Number(row?.next_at) - Number(row?.created_at)).to.be.within(60_000, 60_001);
    expect(said['call.retrying']?.[0]).to.deep.include({ kind: 'afterward', id: row?.id, attempt: 1, error });
  });

  for (const error of [new TypeError('x'), new NotImplementedError('notify'), 'a text', null]) {
    it(`records nothing of ${String(error)}`, async () => {
      const { payment } = await failing(error);
      expect(await rejection(payment.notify(ORDER, 'x'))).to.equal(error);
      expect(await rows()).to.deep.equal([]);
    });
  }

  it('keeps one live record a key, with the newest arguments', async () => {
    const { payment, said } = await failing();
    for (const text of ['old', 'newer', 'newest']) await rejection(payment.notify(ORDER, text));
    await rejection(payment.notify({ id: 18 }, 'other'));
    const story = (await rows()).map(({ args, generation }) => [JSON.parse(args)[1], generation]);
    expect(story).to.deep.equal([
      ['newest', 2],
      ['other', 0],
    ]);
    expect(said['retry.merged']).to.deep.equal(Array(2).fill({ service: 'payment', method: 'notify', key: '17' }));
  });

  it('begins another record under a key whose record has ended', async () => {
    const { payment } = await failing();
    await rejection(payment.notify(ORDER, 'first'));
    await database.execute(`UPDATE job_retry SET state = 'SUCCEEDED', live_key = NULL WHERE 1 = 1`, []);
    await rejection(payment.notify(ORDER, 'second'));
    expect((await rows()).map(({ state, generation }) => [state, generation])).to.deep.equal([
      ['SUCCEEDED', 0],
      ['RETRY', 0],
    ]);
  });

  it('keeps one live record a key when many calls fail at once', async () => {
    const { payment } = await failing();
    const texts = Array.from({ length: 24 }, (_, at) => `t${at}`);
    await Promise.all(texts.map((text) => rejection(payment.notify(ORDER, text))));
    const found = await rows();
    expect(found.map(({ generation }) => generation)).to.deep.equal([23]);
    expect(texts).to.include(JSON.parse(found[0]?.args ?? '')[1]);
  });

  it("takes the record's id for a key where the method names none", async () => {
    const { payment } = await caller({ remind: () => Promise.reject(new Error('x')) });
    await Promise.all([rejection(payment.remind('a')), rejection(payment.remind('b'))]);
    for (const row of await rows()) {
      expect(row).to.deep.include({ retry_data_key: row.id, live_key: `shop.payment.remind:${row.id}` });
    }
    expect(await rows()).to.have.length(2);
  });

  it('refuses arguments and keys before anything runs', async () => {
    let calls = 0;
    const { payment } = await caller({ notify: () => ++calls });
    expect((await rejection(payment.notify({ id: 1, at: new Date() }, 'x'))).code).to.equal('DJ6001');
    expect((await rejection(payment.notify({ id: 'x' }, 'x'))).code).to.equal('DJ6003');
    expect((await rejection(payment.retryEnqueue('notify', 'x'.repeat(256), ORDER, 'x'))).code).to.equal('DJ6013');
    expect(calls).to.equal(0);
  });

  it('writes the record again after a reply that was lost, and has one', async () => {
    const way = lossy(database);
    const { payment, said } = await caller({ notify: () => Promise.reject(new BizRetryNeedError('busy')) }, way);
    way.fates.push('lost reply', 'lost request');
    await rejection(payment.notify(ORDER, 'x'));
    expect((await rows()).map(({ generation }) => generation)).to.deep.equal([0]);
    expect([said['retry.merged'], said['retry.lost']]).to.deep.equal([undefined, undefined]);
  });

  for (const [what, follows] of [
    ['has ended', false],
    ['has ended, and another one waits under its key', true],
  ] as const) {
    it(`writes it once also when it ${what} by the time it is written again`, async () => {
      const error = new BizRetryNeedError('busy');
      const way = lossy(database);
      const one = await caller({ notify: () => Promise.reject(error) }, way);
      const other = await failing();
      way.fates.push('lost reply');
      way.afterLost = async () => {
        await database.execute(
          `UPDATE job_retry SET state = 'SUCCEEDED', next_at = NULL, live_key = NULL WHERE 1 = 1`,
          [],
        );
        if (follows) await rejection(other.payment.notify(ORDER, 'newer'));
      };
      expect(await rejection(one.payment.notify(ORDER, 'x'))).to.equal(error);
      const story = (await rows()).map(({ state, args, generation }) => [state, JSON.parse(args)[1], generation]);
      expect(story).to.deep.equal([['SUCCEEDED', 'x', 0], ...(follows ? [['RETRY', 'newer', 0]] : [])]);
      expect([one.said['retry.merged'], one.said['retry.lost']]).to.deep.equal([undefined, undefined]);
    });
  }

  it('says so when the record cannot be written, and still gives the error', async function () {
    this.timeout(20_000);
    const way = lossy(database);
    const error = new BizRetryNeedError('busy');
    const { payment, said } = await caller({ notify: () => Promise.reject(error) }, way);
    way.fates.push(...Array(5).fill('refused'));
    expect(await rejection(payment.notify(ORDER, 'x'))).to.equal(error);
    expect(await rows()).to.deep.equal([]);
    expect(said['retry.lost']).to.deep.equal([{ service: 'payment', method: 'notify', key: '17', error }]);
  });

  it('records by hand, under a key by hand', async () => {
    const { payment } = await caller({});
    await payment.retryEnqueue('notify', 'my key', ORDER, 'x');
    expect((await rows())[0]).to.deep.include({
      retry_data_key: 'my key',
      attempt: 1,
      state: 'RETRY',
      error_name: null,
    });
    expect((await rejection(payment.retryEnqueue('charge', 'k', ORDER, 'card'))).code).to.equal('DJ6012');
    expect((await rejection(payment.retryEnqueue('constructor', 'k'))).code).to.equal('DJ6012');
  });

  it('needs no lease: the record belongs to nobody', async () => {
    const one = await failing();
    one.lease.lose();
    await rejection(one.payment.notify(ORDER, 'x'));
    expect(await rows()).to.have.length(1);
  });

  it('records nothing by hand of a method that has no retries', async () => {
    const { notify } = METHODS;
    if (notify?.retry == null) throw new Error('no such method');
    const methods = { notify: { ...notify, retry: { ...notify.retry, maxRetries: 0 } } };
    const { payment } = await new Caller(database, {}, { methods }).join();
    expect((await rejection(payment.retryEnqueue('notify', '17', ORDER, 'x'))).code).to.equal('DJ6012');
    expect(await rows()).to.deep.equal([]);
  });
});

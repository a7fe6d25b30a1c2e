// One claimed record, executed: with the arguments of then, in the context of a retry, with an outcome as a value.
import { expect } from 'chai';
import type { Database } from '../../../runtime/db/database.js';
import { BizRetryNeedError, type DalJobError, NotImplementedError } from '../../../runtime/errors.js';
import { callContext, retryContext } from '../../../runtime/retry/call-context.js';
import type { CallOutcome, ClaimedRecord } from '../../../runtime/retry/record.js';
import type { MethodEntry } from '../../../runtime/service-types.js';
import {
  type AnyImplementation,
  Caller,
  claimed,
  GatewayTimeout,
  METHODS,
  records,
  rejection,
  retryOf,
} from '../../support/calls.js';
import { eachDatabase } from '../../support/databases.js';

const ORDER = { id: 17, amount: 2.5 };
const NEVER = new AbortController().signal;

eachDatabase((test) => {
  let database: Database;

  before(async () => {
    database = await test.openTestDatabase();
  });
  beforeEach(async () => {
    for (const table of ['job_beforehand_retry', 'job_retry'])
      await database.execute(`DELETE FROM ${table} WHERE 1 = 1`, []);
  });

  const caller = (implementation: AnyImplementation, methods: Readonly<Record<string, MethodEntry>> = METHODS) =>
    new Caller(database, implementation, { methods }).join();

  /** A call that failed once, as it was claimed. */
  async function failed(method: string, args: readonly unknown[], error: unknown): Promise<ClaimedRecord> {
    const one = await caller({ [method]: () => Promise.reject(error) });
    await rejection(one.payment[method](...args));
    const kind = METHODS[method]?.retry?.mode ?? 'beforehand';
    const [row] = await records(database, kind === 'beforehand' ? 'job_beforehand_retry' : 'job_retry');
    if (row === undefined) throw new Error('no record');
    return claimed(row, kind);
  }
  const charged = (args: readonly unknown[] = [ORDER, 'card']) => failed('charge', args, new GatewayTimeout('x'));
  const notified = () => failed('notify', [ORDER, 'x', true], new BizRetryNeedError('x'));

  const errorOf = (outcome: CallOutcome): DalJobError => {
    if (!('error' in outcome)) throw new Error(`it ${outcome.state}`);
    return outcome.error as DalJobError;
  };

  it('calls the method with the arguments of then, and knows that it is a retry', async () => {
    const seen: unknown[] = [];
    const one = await caller({
      charge(...args: unknown[]) {
        seen.push(args, retryContext(), callContext().retry, callContext().services === one.services.proxies);
      },
    });
    const record = await charged();
    expect(await one.services.runRecord(record, NEVER)).to.deep.equal({ state: 'SUCCEEDED' });
    const info = { kind: 'beforehand', attempt: 2, id: record.id };
    expect(seen).to.deep.equal([[ORDER, 'card'], info, info, true]);
  });

  it('is no retry when it is the first execution of what was only recorded', async () => {
    const seen: unknown[] = [];
    const one = await caller({ charge: () => void seen.push(retryContext()) });
    const record = await charged();
    const first = { ...record, attempt: 1, errorName: null };
    expect(await one.services.runRecord(first, NEVER)).to.deep.equal({ state: 'SUCCEEDED' });
    expect(seen).to.deep.equal([undefined]);
  });

  it('is a retry when a person gave it its attempts back: it may have had its effect before', async () => {
    const seen: unknown[] = [];
    const one = await caller({ charge: () => void seen.push(retryContext()) });
    const record = await charged();
    expect(await one.services.runRecord({ ...record, attempt: 1 }, NEVER)).to.deep.equal({ state: 'SUCCEEDED' });
    expect(seen).to.deep.equal([{ kind: 'beforehand', attempt: 1, id: record.id }]);
  });

  it('waits longer, or is dead, by the error and the attempts', async () => {
    let error: unknown = new GatewayTimeout('again');
    const one = await caller({ charge: () => Promise.reject(error) });
    const record = await charged();
    const run = (attempt: number, signal = NEVER) => one.services.runRecord({ ...record, attempt }, signal);
    expect(await run(2)).to.deep.equal({ state: 'RETRY', delayMs: 60_000, error });
    expect(await run(4)).to.deep.equal({ state: 'DEAD', error });
    error = new TypeError('x');
    expect((await run(2)).state).to.equal('DEAD');
    expect((await run(2, AbortSignal.abort(new Error('we cut it short')))).state).to.equal('RETRY');
    error = new NotImplementedError('charge');
    expect((await run(2, AbortSignal.abort())).state).to.equal('DEAD');
  });

  it('is left to a person when its first execution is cut short, unless its error is worth another', async () => {
    let error: unknown = new TypeError('x');
    const one = await caller({ charge: () => Promise.reject(error) });
    const first = { ...(await charged()), attempt: 1, errorName: null };
    const run = () => one.services.runRecord(first, AbortSignal.abort(new Error('we cut it short')));
    expect(await run()).to.deep.equal({ state: 'UNKNOWN', error });
    error = new GatewayTimeout('x');
    expect(await run()).to.deep.equal({ state: 'RETRY', delayMs: 60_000, error });
  });

  it('hands the companion what it needs, and takes true for done', async () => {
    const seen: { [key: string]: unknown }[] = [];
    const one = await caller({
      retryNotify(context: { [key: string]: unknown }) {
        seen.push(context);
        return true;
      },
    });
    const record = await notified();
    expect(await one.services.runRecord(record, NEVER)).to.deep.equal({ state: 'SUCCEEDED' });
    expect(seen).to.have.length(1);
    expect(seen[0]).to.deep.include({ retryDataKey: '17', params: [ORDER, 'x', true], attempt: 2, signal: NEVER });
    expect(seen[0]?.byType).to.deep.equal({ Order: [ORDER], string: ['x'], boolean: [true] });
    expect(seen[0]?.log).to.have.property('info');
  });

  const answers: readonly [string, () => unknown, string][] = [
    ['false', () => false, 'DJ6010'],
    ['nothing', () => undefined, 'DJ6010'],
    ['an error of whatever class', () => Promise.reject(Object.assign(new TypeError('x'), { code: 'OWN' })), 'OWN'],
  ];
  for (const [title, retryNotify, code] of answers) {
    it(`comes back after a companion's answer of ${title}, until the attempts are used up`, async () => {
      const one = await caller({ retryNotify });
      const record = await notified();
      const outcome = await one.services.runRecord(record, NEVER);
      expect([outcome.state, errorOf(outcome).code]).to.deep.equal(['RETRY', code]);
      expect((await one.services.runRecord({ ...record, attempt: 4 }, NEVER)).state).to.equal('DEAD');
    });
  }

  it('records calls that a retry makes through the proxies as calls of their own', async () => {
    const inside: unknown[] = [];
    const one = await caller({
      async charge() {
        const services = callContext<{
          payment: { anything(value: unknown): Promise<void>; ping(text: string): Promise<void> };
        }>().services;
        await services.payment.anything(1);
        await services.payment.ping('x');
      },
      anything: () => inside.push(retryContext()),
      ping: () => inside.push(retryContext()?.attempt),
    });
    const record = await charged();
    expect(await one.services.runRecord(record, NEVER)).to.deep.equal({ state: 'SUCCEEDED' });
    expect(inside).to.deep.equal([undefined, 2]); // its own first execution; part of the retry
    expect((await records(database)).map(({ method, state }) => [method, state])).to.deep.equal([
      ['charge', 'RETRY'],
      ['anything', 'SUCCEEDED'],
    ]);
  });

  it('is dead, with the differing path, for arguments of another schema', async () => {
    const one = await caller({ charge: () => 'ran' });
    const record = { ...(await charged()), argsHash: 'h0' };
    expect(errorOf(await one.services.runRecord(record, NEVER)).code).to.equal('DJ6008');
    const args = JSON.stringify([{ id: 'hunter2' }, 'card']);
    const outcome = await one.services.runRecord({ ...record, args }, NEVER);
    expect([outcome.state, errorOf(outcome).code]).to.deep.equal(['DEAD', 'DJ6008']);
    expect(errorOf(outcome).message).to.include('order.id must be integer').and.not.include('hunter2');
  });

  it('takes older arguments that upcast turns into those of today', async () => {
    const { charge } = METHODS as { charge: MethodEntry };
    const methods = { charge: { ...charge, retry: retryOf({ upcast: true }) } };
    let answer: unknown = [ORDER, 'card'];
    const seen: unknown[] = [];
    const one = await caller(
      {
        upcastCharge: (...old: unknown[]) => {
          seen.push(old);
          return answer;
        },
        charge: (...args: unknown[]) => seen.push(args),
      },
      methods,
    );
    const record = { ...(await charged()), argsHash: 'h0', args: '["old"]' };
    expect((await one.services.runRecord(record, NEVER)).state).to.equal('SUCCEEDED');
    expect(seen).to.deep.equal([
      [['old'], 'h0'],
      [ORDER, 'card'],
    ]);
    for (const bad of [undefined, [1, 2], []]) {
      answer = bad;
      expect(errorOf(await one.services.runRecord(record, NEVER)).code).to.equal('DJ6008');
    }
  });

  it('never rejects: an unknown method, an implementation that lacks it, or does not load, is an outcome', async () => {
    const record = await charged();
    const lacking = await caller({});
    const without = await lacking.services.runRecord(record, NEVER);
    expect([without.state, errorOf(without).code]).to.deep.equal(['RETRY', 'DJ6006']);
    for (const wrong of [
      { method: 'nope' },
      { service: '__proto__' },
      { kind: 'afterward' as const },
      { method: 'ping' },
    ]) {
      const outcome = await lacking.services.runRecord({ ...record, ...wrong }, NEVER);
      expect([outcome.state, errorOf(outcome).code]).to.deep.equal(['DEAD', 'DJ6012']);
    }
    expect((await lacking.services.runRecord({ ...record, args: '{' }, NEVER)).state).to.equal('DEAD');
  });
});

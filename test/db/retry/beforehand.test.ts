// Beforehand calls: a committed record before every execution, its end after it, the result or the error to the caller.
import { expect } from 'chai';
import type { Database } from '../../../runtime/db/database.js';
import { BizRetryNeedError, DalJobError, NotImplementedError } from '../../../runtime/errors.js';
import { callContext, runInContext } from '../../../runtime/retry/call-context.js';
import type { CallContext, CallState, MethodEntry, MethodRetry } from '../../../runtime/service-types.js';
import {
  type AnyImplementation,
  Caller,
  type CallerOptions,
  GatewayTimeout,
  METHODS,
  methodOf,
  records,
  rejection,
  retryOf,
} from '../../support/calls.js';
import { eachDatabase } from '../../support/databases.js';

const codeOf = ({ code }: { code: string }) => code;
const ORDER = { id: 17, amount: 2.5 };

eachDatabase((test) => {
  let database: Database;

  before(async () => {
    database = await test.openTestDatabase();
  });
  beforeEach(async () => {
    await database.execute('DELETE FROM job_beforehand_retry WHERE 1 = 1', []);
  });

  const caller = (implementation: AnyImplementation, options: CallerOptions = {}) =>
    new Caller(database, implementation, options).join();

  it('names record and attempt in what a first execution logs', async () => {
    const lines: object[] = [];
    const tell = (fields: object) => void lines.push(fields);
    const log = { debug: tell, info: tell, warn: tell, error: tell };
    const { payment } = await caller({ charge: () => callContext().log.info({ mine: 1 }, 'charged') }, { log });
    await payment.charge(ORDER, 'card');
    const [row] = await records(database);
    const words = { service: 'payment', method: 'charge', id: row?.id, attempt: 1, mine: 1 };
    expect(lines.filter((line) => 'mine' in line)).to.deep.equal([words]);
  });

  it('records a call before the method runs, and that it succeeded after', async () => {
    let during: readonly object[] = [];
    const { payment, instance } = await caller({
      charge: async () => {
        during = await records(database);
        return { no: 'r1' };
      },
    });
    expect(await payment.charge(ORDER, 'card')).to.deep.equal({ no: 'r1' });
    const expected = {
      ...{ app: 'shop', service: 'payment', method: 'charge', args_hash: 'h1', max_retries: 3, on_crash: 'hold' },
      args: JSON.stringify([ORDER, 'card']),
      attempt: 1,
    };
    expect(during).to.have.length(1);
    expect(during[0]).to.deep.include({ ...expected, state: 'RUNNING', owner: instance.id, next_at: null });
    const [row] = await records(database);
    expect(row).to.deep.include({ ...expected, state: 'SUCCEEDED', owner: null, error_name: null });
    expect(Number(row?.finished_at)).to.be.at.least(Number(row?.created_at));
  });

  it('gives the caller the very error, and plans another attempt if the error is named', async () => {
    const thrown = new GatewayTimeout('no answer');
    const { payment, said } = await caller({
      charge: () => {
        throw thrown;
      },
    });
    expect(await rejection(payment.charge(ORDER, 'card'))).to.equal(thrown);
    const [row] = await records(database);
    expect(row).to.deep.include({
      state: 'RETRY',
      attempt: 1,
      error_name: 'GatewayTimeout',
      error_message: 'no answer',
    });
    const waitMs = Number(row?.next_at) - Number(row?.created_at);
    expect(waitMs).to.be.within(60_000, 65_000);
    expect(said['call.retrying']).to.have.length(1);
    expect(said['call.retrying']?.[0]).to.deep.include({ method: 'charge', attempt: 1, id: row?.id, error: thrown });
  });

  const errors: readonly [string, unknown, string][] = [
    ['of another class', new TypeError('x'), 'DEAD'],
    ['not named by the method', new BizRetryNeedError('x'), 'DEAD'],
    ['with a cause that is named', new Error('x', { cause: new GatewayTimeout('y') }), 'RETRY'],
    ['named by its name alone', Object.assign(new Error('x'), { name: 'GatewayTimeout' }), 'RETRY'],
    ['named by its code', Object.assign(new Error('x'), { code: 'GatewayTimeout' }), 'RETRY'],
    ['that is no error', 'a text', 'DEAD'],
    ['that is null', null, 'DEAD'],
    ['that says that there is no body yet', new NotImplementedError('charge'), 'DEAD'],
  ];
  for (const [title, thrown, state] of errors) {
    it(`is ${state} after an error ${title}`, async () => {
      const { payment } = await caller({ charge: () => Promise.reject(thrown) });
      expect(await rejection(payment.charge(ORDER, 'card'))).to.equal(thrown);
      expect((await records(database)).map((row) => row.state)).to.deep.equal([state]);
    });
  }

  const busy = new GatewayTimeout('x');
  const cut: readonly [string, unknown, Partial<MethodRetry>, CallState][] = [
    ['held, after an error of another class', new TypeError('x'), {}, 'UNKNOWN'],
    ['held, after an error that is null', null, {}, 'UNKNOWN'],
    ['held, without retries', new TypeError('x'), { maxRetries: 0 }, 'UNKNOWN'],
    ['held, after an error that is named', busy, {}, 'RETRY'],
    ['held, after an error that is named, without retries', busy, { maxRetries: 0 }, 'DEAD'],
    ['held, without a body', new NotImplementedError('charge'), {}, 'DEAD'],
    ['to be retried, after an error of another class', new TypeError('x'), { onCrash: 'retry' }, 'RETRY'],
  ];
  for (const [title, thrown, retry, state] of cut) {
    it(`is ${state} after its signal was aborted: ${title}`, async () => {
      const charge = { ...METHODS.charge, retry: retryOf(retry) } as MethodEntry;
      const methods = { ...METHODS, charge };
      const one = await caller({ charge: () => Promise.reject(thrown) }, { methods });
      one.services.abort(new DalJobError('DJ3005', 'it shuts down'));
      expect(await rejection(one.payment.charge(ORDER, 'card'))).to.equal(thrown);
      expect((await records(database)).map((row) => row.state)).to.deep.equal([state]);
    });
  }

  it('is left to a person when the timeout of its job cut it short, who sees where it ran and why it ended', async () => {
    const charge = () => Promise.reject(new TypeError('socket closed'));
    const { payment, services, instance, said } = await caller({ charge });
    const signal = AbortSignal.abort(new DalJobError('DJ3001', 'timeout'));
    const below = { signal, services: services.proxies } as CallContext;
    await runInContext(below, () => rejection(payment.charge(ORDER, 'card')));
    const [row] = await records(database);
    const told = { owner: instance.id, error_name: 'TypeError', error_message: 'socket closed' };
    expect(row).to.deep.include({ state: 'UNKNOWN', attempt: 1, next_at: null, finished_at: null, ...told });
    const call = { kind: 'beforehand', id: row?.id, service: 'payment', method: 'charge', attempt: 1 };
    expect(said['call.unknown']).to.deep.equal([call]);
  });

  it('gives the method what was recorded, whatever the caller does to his objects meanwhile', async () => {
    const order = { id: 1, lines: [1, 2] };
    const { payment } = await caller({ charge: (given: typeof order) => given.lines });
    const call = payment.charge(order, 'card');
    order.lines.push(3);
    expect(await call).to.deep.equal([1, 2]);
  });

  it('records sixty-four calls at once by a few statements, each with its own arguments', async () => {
    let statements = 0;
    const counting = new Proxy(database, {
      get: (target, name) => {
        if (name !== 'execute') return Reflect.get(target, name);
        return (sql: string, values: never) => {
          if (sql.startsWith('INSERT INTO job_beforehand_retry')) statements += 1;
          return target.execute(sql, values);
        };
      },
    });
    const { payment } = await new Caller(counting, { charge: ({ id }: { id: number }) => id }).join();
    const ids = Array.from({ length: 64 }, (_, id) => id);
    expect(await Promise.all(ids.map((id) => payment.charge({ id }, 'card')))).to.deep.equal(ids);
    expect(statements).to.be.at.most(3);
    const rows = await records(database);
    expect(rows.map(({ args }) => JSON.parse(args)[0].id).sort((a, b) => a - b)).to.deep.equal(ids);
    expect(new Set(rows.map(({ state }) => state))).to.deep.equal(new Set(['SUCCEEDED']));
  });

  it('one row that the database refuses fails its own call, and none beside it', async () => {
    const long = 'x'.repeat(65); // longer than its column, which only servers mind
    const bad = methodOf([['value', 'unknown', {}]], { argsHash: long });
    if (test.dialect === 'sqlite')
      await database.execute(
        `CREATE TEMP TRIGGER refuse BEFORE INSERT ON job_beforehand_retry WHEN NEW.args_hash = '${long}'
         BEGIN SELECT RAISE(ABORT, 'refused'); END`,
        [],
      );
    const { payment, said } = await caller(
      { anything: (value: unknown) => value, bad: () => 'ran' },
      { methods: { ...METHODS, bad } },
    );
    const calls = [payment.anything(1), payment.bad(2), payment.anything(3)].map((call) => call.catch(codeOf));
    expect(await Promise.all(calls)).to.deep.equal([1, 'DJ6005', 3]);
    expect(said.bug).to.have.length(1);
    expect(await records(database)).to.have.length(2);
  });

  it('records nothing and calls nothing without a lease', async () => {
    let calls = 0;
    const one = await caller({ charge: () => ++calls });
    await database.execute(`UPDATE job_instance SET state = 'DEAD' WHERE id = ?`, [one.instance.id]);
    expect((await rejection(one.payment.charge(ORDER, 'card'))).code).to.equal('DJ6014');
    one.lease.lose();
    expect((await rejection(one.payment.charge(ORDER, 'card'))).code).to.equal('DJ6014');
    expect([calls, await records(database)]).to.deep.equal([0, []]);
  });

  it('settles the doubt about a call whose instance was given up: a late, true result counts', async () => {
    const { payment } = await caller({
      charge: async () => {
        await database.execute(
          `UPDATE job_beforehand_retry SET state = 'UNKNOWN', owner = NULL WHERE state = 'RUNNING'`,
          [],
        );
        return 'late';
      },
    });
    expect(await payment.charge(ORDER, 'card')).to.equal('late');
    expect((await records(database)).map((row) => row.state)).to.deep.equal(['SUCCEEDED']);
  });

  it('leaves a record alone that somebody else has taken over meanwhile', async () => {
    const { payment, said } = await caller({
      charge: async () => {
        await database.execute(
          `UPDATE job_beforehand_retry SET claim_key = 'other', attempt = 2 WHERE state = 'RUNNING'`,
          [],
        );
        throw new GatewayTimeout('late');
      },
    });
    expect((await rejection(payment.charge(ORDER, 'card'))).message).to.equal('late');
    expect((await records(database)).map((row) => [row.state, row.attempt])).to.deep.equal([['RUNNING', 2]]);
    expect(said['call.retrying']).to.equal(undefined);
  });
});

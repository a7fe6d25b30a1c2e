// Calls of a whole app: from its handlers and from outside, before its start, at its stop, without a lease.
import { expect } from 'chai';
import { createApp } from '../../../runtime/index.js';
import { callContext, retryContext } from '../../../runtime/retry/call-context.js';
import type { MethodEntry } from '../../../runtime/service-types.js';
import type { App, AppTypes, JobEntry } from '../../../runtime/types.js';
import { type AnyImplementation, type AnyProxy, METHODS, rejection, retryOf, serviceOf } from '../../support/calls.js';
import { eachDatabase } from '../../support/databases.js';
import { entry } from '../../support/jobs.js';

const { pay: _pay, ...methods } = METHODS;
const ORDER = { id: 17 };

eachDatabase((test) => {
  let app: App<AppTypes>;

  beforeEach(() => test.recreate());
  afterEach(async () => {
    await app.stop();
  });

  interface Made {
    readonly jobs?: Readonly<Record<string, JobEntry<unknown>>>;
    readonly options?: object;
    readonly methods?: Readonly<Record<string, MethodEntry>>;
  }
  function make(
    implementation: AnyImplementation,
    { jobs = {}, options = {}, methods: used = methods }: Made = {},
  ): AnyProxy {
    const registry = {
      ...{ app: 'shop', configHash: 'v1', database: { url: test.url, tablePrefix: '' } },
      ...{ jobs, services: { payment: serviceOf(implementation, used) }, errors: {} },
    };
    app = createApp<AppTypes>(registry as never, { logger: false, ...options });
    return (app.services as { payment: AnyProxy }).payment;
  }

  const states = async (): Promise<string[]> => {
    const [rows] = await app.sequelize.query('SELECT state FROM job_beforehand_retry ORDER BY id');
    return (rows as { state: string }[]).map(({ state }) => state);
  };

  it('refuses calls before its start, and after its stop', async () => {
    const payment = make({ charge: () => 1, ping: () => 1 });
    for (const call of [
      payment.charge(ORDER, 'card'),
      payment.ping('x'),
      payment.retryEnqueue('notify', 'k', ORDER, 'x'),
    ]) {
      expect((await rejection(call)).code).to.equal('DJ2009');
    }
    expect((await rejection(payment.with({}).charge(ORDER, 'card'))).code).to.equal('DJ2009');
    await app.start();
    expect(await payment.charge(ORDER, 'card')).to.equal(1);
    await app.stop();
    expect((await rejection(payment.charge(ORDER, 'card'))).code).to.equal('DJ6014');
    await app.start();
    expect(await payment.charge(ORDER, 'card')).to.equal(1);
  });

  it('makes calls where nothing is scheduled', async () => {
    const payment = make({ charge: () => 1 }, { options: { schedule: false } });
    await app.start();
    expect([await payment.charge(ORDER, 'card'), await states()]).to.deep.equal([1, ['SUCCEEDED']]);
  });

  it('gives each of many calls at once a context of its own', async () => {
    const payment = make({
      async charge({ id }: { id: number }) {
        const before = callContext();
        await new Promise((resolve) => setTimeout(resolve, id % 7));
        await callContext<{ payment: AnyProxy }>().services.payment.anything(id);
        return [id, callContext() === before, retryContext()];
      },
      anything: async () => {},
    });
    await app.start();
    const ids = Array.from({ length: 50 }, (_, id) => id);
    const seen = await Promise.all(ids.map((id) => payment.charge({ id }, 'card')));
    expect(seen).to.deep.equal(ids.map((id) => [id, true, undefined]));
    expect(await states()).to.deep.equal(Array(100).fill('SUCCEEDED'));
    expect(() => callContext())
      .to.throw()
      .with.property('code', 'DJ6011');
    expect(retryContext()).to.equal(undefined);
  });

  it("is known below a job's handler, whose signal and log its calls have", async () => {
    const seen: unknown[] = [];
    const implementation = { ping: () => callContext().signal, charge: () => callContext().signal };
    const handler = async ({
      signal,
      services,
      log,
    }: {
      signal: AbortSignal;
      services: { payment: AnyProxy };
      log: object;
    }) => {
      await new Promise((resolve) => setImmediate(resolve));
      const context = callContext();
      seen.push(context.signal === signal, context.services === services, context.log === log, context.retry);
      seen.push(
        (await services.payment.ping('x')) === signal,
        (await services.payment.charge(ORDER, 'card')) === signal,
      );
    };
    make(implementation, { jobs: { caller: entry(handler as never, { cron: '* * * * * *' }) } });
    const finished = new Promise((resolve) => app.on('run.finished', resolve));
    await app.start();
    await finished;
    expect(seen.slice(0, 6)).to.deep.equal([true, true, true, undefined, true, true]);
  });

  it('waits at its stop for calls under way, and then takes no more', async () => {
    let release: (value: string) => void = () => {};
    let entered: () => void = () => {};
    const inside = new Promise<void>((resolve) => {
      entered = resolve;
    });
    const payment = make({
      charge: () => {
        entered();
        return new Promise((resolve) => {
          release = resolve;
        });
      },
    });
    await app.start();
    const call = payment.charge(ORDER, 'card');
    await inside;
    const stopping = app.stop();
    await new Promise((resolve) => setTimeout(resolve, 50));
    release('done');
    expect(await call).to.equal('done');
    await stopping;
    expect((await rejection(payment.charge(ORDER, 'card'))).code).to.equal('DJ6014');
    await app.start();
    expect(await states()).to.deep.equal(['SUCCEEDED']);
  });

  for (const [onCrash, state, what] of [
    ['hold', 'UNKNOWN', 'left to a person'],
    ['retry', 'RETRY', 'made again'],
  ] as const) {
    it(`aborts calls that outlast the time for shutdown; cut short, with onCrash: ${onCrash} they are ${what}`, async () => {
      let entered: () => void = () => {};
      const inside = new Promise<void>((resolve) => {
        entered = resolve;
      });
      const charge = () => {
        entered();
        const { signal } = callContext();
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      };
      const changed = { ...methods, charge: { ...METHODS.charge, retry: retryOf({ onCrash }) } as MethodEntry };
      const payment = make({ charge }, { options: { shutdownMs: 50, graceMs: 5_000 }, methods: changed });
      await app.start();
      const call = rejection(payment.charge(ORDER, 'card'));
      await inside;
      await app.stop();
      expect((await call).code).to.equal('DJ3005');
      await app.start();
      expect(await states()).to.deep.equal([state]);
    });
  }

  it('loads an implementation when it is first called, and again after it could not be loaded', async () => {
    let loads = 0;
    const registry = {
      ...{ app: 'shop', configHash: 'v1', database: { url: test.url, tablePrefix: '' } },
      services: {
        payment: {
          ...serviceOf({}, methods),
          load: async () => {
            loads += 1;
            if (loads === 1) throw new Error('half written');
            return { charge: () => 'ran' };
          },
        },
      },
      ...{ jobs: {}, errors: {} },
    };
    app = createApp<AppTypes>(registry as never, { logger: false });
    const { payment } = app.services as { payment: AnyProxy };
    await app.start();
    expect(loads).to.equal(0);
    const error = await rejection(payment.charge(ORDER, 'card'));
    expect([error.code, error.message, await states()]).to.deep.equal([
      'DJ6006',
      'The implementation of payment cannot be loaded: half written',
      [],
    ]);
    expect([await payment.charge(ORDER, 'card'), await payment.charge(ORDER, 'card'), loads]).to.deep.equal([
      'ran',
      'ran',
      2,
    ]);
    expect((await rejection(payment.anything(1))).code).to.equal('DJ6006');
  });
});

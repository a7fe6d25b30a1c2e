// Secret arguments: nowhere in plain text, neither in tables nor in log lines nor in errors, whatever goes wrong.
import { expect } from 'chai';
import type { Database } from '../../../runtime/db/database.js';
import { TABLES } from '../../../runtime/db/tables.js';
import { createApp } from '../../../runtime/index.js';
import type { AppTypes, Log } from '../../../runtime/types.js';
import {
  type AnyImplementation,
  Caller,
  claimed,
  GatewayTimeout,
  KEYS,
  METHODS,
  OLD_KEYS,
  records,
  rejection,
  retryOf,
  serviceOf,
} from '../../support/calls.js';
import { eachDatabase } from '../../support/databases.js';
import { entry } from '../../support/jobs.js';

const NUMBER = '4111-1111-hunter2';
const CODES = ['first-secret-code', 'second-secret-code'];
const CARD = { number: NUMBER, holder: 'Ada', codes: CODES };
const SECRETS = /hunter2|secret-code/;
const afterward = { ...METHODS, pay: { ...METHODS.pay, retry: retryOf({ mode: 'afterward' }) } } as typeof METHODS;

eachDatabase((test) => {
  let database: Database;
  let lines: string[];

  before(async () => {
    database = await test.openTestDatabase();
  });
  beforeEach(async () => {
    lines = [];
    for (const table of ['job_beforehand_retry', 'job_retry', 'job_log'])
      await database.execute(`DELETE FROM ${table} WHERE 1 = 1`, []);
  });

  const write = (fields: object, message?: string) => lines.push(JSON.stringify([fields, message]));
  const log: Log = { debug: write, info: write, warn: write, error: write };
  const caller = (implementation: AnyImplementation, options: { keys?: string; methods?: typeof METHODS } = {}) =>
    new Caller(database, implementation, { log, ...options }).join();

  async function dump(): Promise<string> {
    const tables = await Promise.all(TABLES.map(({ name }) => database.query(`SELECT * FROM ${name}`, [])));
    return JSON.stringify(tables) + lines.join('\n');
  }
  const quoting = (card: typeof CARD) =>
    new GatewayTimeout(`refused ${JSON.stringify(card)}`, { cause: new Error(`for ${card.codes[1]}`) });

  for (const mode of ['beforehand', 'afterward'] as const) {
    it(`are in no table and no line of a call recorded ${mode} that fails with an error quoting them`, async () => {
      const methods = mode === 'beforehand' ? METHODS : afterward;
      const one = await caller(
        {
          pay: (card: typeof CARD) => Promise.reject(quoting(card)),
          retryPay: ({ params }: { params: [typeof CARD] }) => {
            throw quoting(params[0]);
          },
        },
        { methods },
      );
      const error = await rejection(one.payment.pay(CARD));
      expect(error).to.be.instanceOf(GatewayTimeout);
      const [row] = await records(database, mode === 'beforehand' ? 'job_beforehand_retry' : 'job_retry');
      if (row === undefined) throw new Error('no record');
      expect(row.args).to.include('Ada').and.to.include('dal-job-secret:2026:');
      expect(row.error_message).to.include('refused').and.to.include('[secret]');
      const outcome = await one.services.runRecord(claimed(row, mode), new AbortController().signal);
      const told = 'error' in outcome ? (outcome.error as Error) : error;
      expect(`${error.stack} ${told.stack} ${String((told.cause as Error).stack)}`).not.to.match(SECRETS);
      expect(await dump())
        .to.include('refused')
        .and.not.to.match(SECRETS);
    });
  }

  it('come back for the retry, also under a key that encrypts no more', async () => {
    const seen: unknown[] = [];
    const before = await caller({ pay: () => Promise.reject(new GatewayTimeout('x')) }, { keys: OLD_KEYS });
    await rejection(before.payment.pay(CARD, 'memo'));
    const [row] = await records(database);
    if (row === undefined) throw new Error('no record');
    const after = await caller({ pay: (...args: unknown[]) => seen.push(args) }, { keys: `${KEYS},${OLD_KEYS}` });
    const signal = new AbortController().signal;
    expect((await after.services.runRecord(claimed(row, 'beforehand'), signal)).state).to.equal('SUCCEEDED');
    expect(seen).to.deep.equal([[CARD, 'memo']]);
    const without = await caller({ pay: () => seen.push('ran') });
    const outcome = await without.services.runRecord(claimed(row, 'beforehand'), signal);
    expect(outcome).to.have.property('state', 'RETRY'); // the key may come with the next deployment
    expect(outcome).to.have.nested.property('error.code', 'DJ6009');
    expect(seen).to.have.length(1);
  });

  it('are encrypted in the outbox, too', async () => {
    const one = await caller({});
    const statements: string[] = [];
    const { options } = database.sequelize as unknown as { options: { logging: unknown } };
    options.logging = (sql: string) => statements.push(sql);
    await database.sequelize.transaction((transaction) => one.payment.with({ transaction }).pay(CARD));
    options.logging = false;
    expect((await records(database)).map(({ state }) => state)).to.deep.equal(['RETRY']);
    expect(statements.join() + (await dump())).not.to.match(SECRETS);
  });

  it('are in no message about arguments that are refused', async () => {
    const one = await caller({});
    const refused = [
      { ...CARD, codes: [new Date(NUMBER)] },
      { ...CARD, number: [NUMBER] },
    ];
    const messages = await Promise.all(refused.map((card) => rejection(one.payment.pay(card))));
    for (const { message, stack } of messages) expect(message + stack).not.to.match(SECRETS);
  });

  it('are in no table and no line when the error fails the job that made the call', async function () {
    this.timeout(60_000);
    const pay = (card: typeof CARD) => Promise.reject(quoting(card));
    const job = entry(({ services }) => services.payment.pay(CARD), { cron: '* * * * * *' });
    const registry = {
      ...{ app: 'shop', configHash: 'v1', database: { url: test.url, tablePrefix: '' } },
      ...{ jobs: { payer: job }, services: { payment: serviceOf({ pay }, afterward) }, errors: {} },
    };
    process.env.DAL_JOB_SECRET_KEYS = KEYS;
    const app = createApp<AppTypes>(registry as never, { logger: log });
    delete process.env.DAL_JOB_SECRET_KEYS;
    expect((await rejection(app.start())).code).to.equal('DJ6004'); // read when it starts
    process.env.DAL_JOB_SECRET_KEYS = KEYS;
    const finished = new Promise((resolve) => app.on('run.finished', resolve));
    await app.start();
    await finished;
    await app.stop();
    delete process.env.DAL_JOB_SECRET_KEYS;
    expect(await dump())
      .to.include('refused')
      .and.not.to.match(SECRETS);
    expect(await records(database, 'job_retry')).to.have.length.of.at.least(1);
  });
});

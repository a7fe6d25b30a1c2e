// Outbox calls: the record is part of the caller's transaction; nothing runs here and now.
import { expect } from 'chai';
import { Sequelize, Transaction } from 'sequelize';
import type { Database } from '../../../runtime/db/database.js';
import { openDatabase } from '../../../runtime/db/open.js';
import { type AnyImplementation, Caller, records, rejection } from '../../support/calls.js';
import { eachDatabase } from '../../support/databases.js';

const ORDER = { id: 17, amount: 2.5 };

eachDatabase((test) => {
  let database: Database;
  let calls: number;
  let one: Caller;

  before(async () => {
    database = await test.openTestDatabase();
  });
  beforeEach(async () => {
    for (const table of ['job_beforehand_retry', 'job_retry'])
      await database.execute(`DELETE FROM ${table} WHERE 1 = 1`, []);
    calls = 0;
    const implementation: AnyImplementation = { charge: () => ++calls, notify: () => ++calls };
    one = await new Caller(database, implementation).join();
  });

  const within = <T>(work: (transaction: Transaction) => Promise<T>, sequelize = database.sequelize) =>
    sequelize.transaction(work);

  it('writes the record only, due at once, and wakes the dispatch after the commit', async () => {
    const { id } = await within(async (transaction) => {
      const receipt = await one.payment.with({ transaction }).charge(ORDER, 'card');
      if (test.dialect !== 'sqlite') expect(await records(database)).to.deep.equal([]);
      expect(one.pokes).to.equal(0);
      return receipt;
    });
    expect([calls, one.pokes]).to.deep.equal([0, 1]);
    const [row] = await records(database);
    expect(row).to.deep.include({
      ...{
        id,
        app: 'shop',
        service: 'payment',
        method: 'charge',
        args: JSON.stringify([ORDER, 'card']),
        args_hash: 'h1',
      },
      ...{
        state: 'RETRY',
        attempt: 0,
        max_retries: 3,
        on_crash: 'hold',
        owner: null,
        claim_key: null,
        error_name: null,
      },
    });
    expect(row?.next_at).to.equal(row?.created_at);
  });

  it('leaves nothing and wakes nobody after a rollback', async () => {
    const own = new Error('own');
    const failed = await within(async (transaction) => {
      await one.payment.with({ transaction }).charge(ORDER, 'card');
      await one.payment.with({ transaction }).retryEnqueue('notify', 'k', ORDER, 'x');
      throw own;
    }).catch((error: unknown) => error);
    expect(failed).to.equal(own);
    expect([...(await records(database)), ...(await records(database, 'job_retry'))]).to.deep.equal([]);
    expect(one.pokes).to.equal(0);
  });

  it('waits for the outermost commit where there are savepoints', async function () {
    if (test.dialect === 'sqlite') this.skip(); // one writer: the question is the same
    await within(async (transaction) => {
      const inner = await database.sequelize.transaction({ transaction });
      await one.payment.with({ transaction: inner }).charge(ORDER, 'card');
      await inner.commit();
      expect(one.pokes).to.equal(0);
    });
    expect([one.pokes, (await records(database)).length]).to.deep.equal([1, 1]);
  });

  it('records a retry by hand in the transaction, and merges it there', async () => {
    await within((transaction) => one.payment.with({ transaction }).retryEnqueue('notify', 'k', ORDER, 'old'));
    await within(async (transaction) => {
      await one.payment.with({ transaction }).retryEnqueue('notify', 'k', ORDER, 'new');
      expect(one.said['retry.merged']).to.equal(undefined);
    });
    expect(one.said['retry.merged']).to.have.length(1);
    const found = await records(database, 'job_retry');
    expect(found.map(({ args, generation }) => [JSON.parse(args)[1], generation])).to.deep.equal([['new', 1]]);
  });

  it('keeps every character of the arguments', async () => {
    const extra = `? :name $1 'quoted' "twice" \\ back\\'slash \0 \u2028 \ud800 😀 -- /* */ %s`;
    await within((transaction) => one.payment.with({ transaction }).charge({ id: 1, extra }, '?'));
    await within((transaction) =>
      one.payment.with({ transaction }).retryEnqueue('notify', '?:a', { id: 1, extra }, '?'),
    );
    for (const table of ['job_beforehand_retry', 'job_retry'] as const) {
      expect(JSON.parse((await records(database, table))[0]?.args ?? '')).to.deep.equal([{ id: 1, extra }, '?']);
    }
  });

  it('refuses bad arguments, and leaves the transaction usable', async () => {
    await within(async (transaction) => {
      const outbox = one.payment.with({ transaction });
      expect((await rejection(outbox.charge({ id: 1n }, 'card'))).code).to.equal('DJ6001');
      expect((await rejection(outbox.charge({ id: 'x' }, 'card'))).code).to.equal('DJ6003');
      await outbox.charge(ORDER, 'card');
    });
    expect(await records(database)).to.have.length(1);
  });

  it('refuses methods that are not recorded before', async () => {
    await within(async (transaction) => {
      const outbox = one.payment.with({ transaction });
      expect((await rejection(outbox.notify(ORDER, 'x'))).code).to.equal('DJ6012');
      expect((await rejection(outbox.ping('x'))).code).to.equal('DJ6012');
    });
  });

  it('refuses what is no transaction, and one of another dialect', async () => {
    const other = new Sequelize({ dialect: 'sqlite', dialectModule: {}, logging: false });
    const foreign = new Transaction(other, {});
    for (const transaction of [undefined, null, {}, foreign]) {
      const error = await rejection(one.payment.with({ transaction }).charge(ORDER, 'card'));
      expect([error.code, error.message]).to.satisfy(
        ([code, text]: string[]) => code === 'DJ6007' && text?.includes('Nothing was recorded'),
      );
    }
    expect(
      (await rejection(one.payment.with({ transaction: foreign }).retryEnqueue('notify', 'k', ORDER, 'x'))).code,
    ).to.equal('DJ6007');
  });

  it('asks the server when another name may mean the same database, and refuses the other one', async function () {
    if (test.dialect === 'sqlite') this.skip();
    const url = new URL(test.url.replace(/^\w+:/, 'http:'));
    const alias = await openDatabase({ url: aliased(test.url, url.hostname), tablePrefix: '' });
    const name = `${url.pathname.slice(1)}_other`;
    await test.server.query(`CREATE DATABASE \`${name}\``);
    const other = await openDatabase({ url: test.server.url(name), tablePrefix: '' });
    try {
      await within((transaction) => one.payment.with({ transaction }).charge(ORDER, 'card'), alias.sequelize);
      expect(await records(database)).to.have.length(1);
      const refused = within((transaction) => one.payment.with({ transaction }).charge(ORDER, 'card'), other.sequelize);
      expect((await rejection(refused)).code).to.equal('DJ6007');
    } finally {
      await alias.close();
      await other.close();
      await test.server.query(`DROP DATABASE \`${name}\``);
    }
  });

  it('asks also while transactions hold every connection of the pool', async function () {
    if (test.dialect === 'sqlite') this.skip();
    const full = aliasWithOneConnection(test.url);
    try {
      await within((transaction) => one.payment.with({ transaction }).charge(ORDER, 'card'), full);
      expect(await records(database)).to.have.length(1);
    } finally {
      await full.close();
    }
  });

  it('does not take a server that cannot be asked for another one, and asks again', async function () {
    if (test.dialect === 'sqlite') this.skip();
    const full = aliasWithOneConnection(test.url);
    let refuses = false;
    full.addHook('beforeConnect', () => {
      if (refuses) throw new Error('no more connections');
    });
    try {
      await within(async (transaction) => {
        const charge = () => one.payment.with({ transaction }).charge(ORDER, 'card');
        refuses = true;
        const error = await rejection(charge());
        expect([error.code, error.message]).to.deep.equal([
          'DJ6005',
          "with({ transaction }): whether its Sequelize is connected to the app's database could not be asked: no more connections. Nothing was recorded.",
        ]);
        refuses = false;
        await charge();
      }, full);
      expect(await records(database)).to.have.length(1);
    } finally {
      await full.close();
    }
  });

  it('tells of a record that the database refused without its arguments', async () => {
    const failed = within(async (transaction) => {
      await transaction.rollback();
      await one.payment.with({ transaction }).charge({ id: 1, extra: 'hunter2' }, 'card');
    });
    const error = await rejection(failed);
    expect(error.code).to.equal('DJ6005');
    expect(JSON.stringify({ ...error, cause: { ...(error.cause as object) } }) + error.stack).not.to.include('hunter2');
  });

  for (const key of ['live', 'fresh']) {
    it(`merges into a ${key} record from several transactions at once, none of which is undone for it`, async function () {
      if (test.dialect === 'sqlite') this.skip(); // one writer
      this.timeout(30_000);
      if (key === 'live') await one.payment.retryEnqueue('notify', key, ORDER, '0');
      for (let round = 0; round < 5; round += 1) {
        const four = [1, 2, 3, 4].map((n) =>
          within((transaction) =>
            one.payment
              .with({ transaction })
              .retryEnqueue('notify', key === 'live' ? key : `${key}${round}`, ORDER, `${n}`),
          ),
        );
        await Promise.all(four);
      }
      const generations = (await records(database, 'job_retry')).map(({ generation }) => generation);
      expect(generations).to.deep.equal(key === 'live' ? [20] : [3, 3, 3, 3, 3]);
    });
  }
});

/** The transaction that it begins has the one. */
function aliasWithOneConnection(url: string): Sequelize {
  const alias = aliased(url, new URL(url.replace(/^\w+:/, 'http:')).hostname).replace(/^\w+:/, 'mysql:');
  return new Sequelize(alias, { logging: false, pool: { max: 1, acquire: 1_000 } });
}

function aliased(url: string, host: string): string {
  return url.replace(`@${host}`, host === 'localhost' ? '@127.0.0.1' : '@localhost');
}

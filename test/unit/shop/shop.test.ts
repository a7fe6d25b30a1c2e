// The tests of the shop's jobs, as an application writes them: with `dal-job/testing` and the generated app.
import { expect } from 'chai';
import { createTestApp, type TestApp } from 'dal-job/testing';
import { createApp, type GeneratedApp } from '../../../generated/index.js';
import { openShop, type Payment, type Shop } from '../../../handlers/shop/tables.js';

describe("The shop's jobs", () => {
  const { random } = Math;
  let test: TestApp<GeneratedApp>;
  let shop: Shop;

  beforeEach(async () => {
    test = await createTestApp(createApp, { now: '2026-06-01T09:00:00Z', patienceMs: 10_000 });
    shop = await openShop(test.app.sequelize);
  });
  afterEach(async () => {
    Math.random = random;
    await test.stop();
  });

  /** An order of 3.20 that was placed so many seconds ago. */
  async function order(payment: Payment, secondsAgo = 0): Promise<number> {
    const createdAt = new Date(test.now.getTime() - secondsAgo * 1_000);
    const { id } = await shop.orders.create({ product: 'coffee', cents: 320, payment, createdAt });
    return id;
  }

  async function statusOf(id: number): Promise<string | undefined> {
    return (await shop.orders.findByPk(id))?.status;
  }

  it('placeOrders places up to four orders', async () => {
    const run = await test.runJob('placeOrders');
    expect(run.outcome).to.equal('succeeded');
    expect(await shop.orders.count()).to.be.within(1, 4);
  });

  it('closeUnpaidOrders closes what was not paid within 30 seconds', async () => {
    const old = await order('transfer', 31);
    const young = await order('transfer', 29);
    const { log } = await test.runJob('closeUnpaidOrders');
    expect([await statusOf(old), await statusOf(young)]).to.deep.equal(['CLOSED', 'NEW']);
    expect(log).to.deep.equal([{ level: 'info', message: 'unpaid orders closed', fields: { closed: 1 } }]);
  });

  it('chargeCards tries again while the gateway is busy', async () => {
    const id = await order('card');
    const answers = [0, 0.2, 0.2]; // at once; busy; declined or not: that of the first attempt is busy
    Math.random = () => answers.shift() ?? 0.9;
    const run = await test.runJob('chargeCards');
    expect(run).to.include({ outcome: 'succeeded', attempts: 2 });
    expect(run.errors.map(String)).to.deep.equal(['BizRetryNeedError: card gateway busy']);
    expect(run.durationMs).to.be.within(800, 1_200); // 1 s, give or take a fifth
    expect(await statusOf(id)).to.equal('PAID');
  });

  it('reportSales sums up the days it is asked for', async () => {
    await order('transfer', 10);
    await order('transfer', 10);
    await order('transfer', 3 * 86_400);
    const { log } = await test.runJob('reportSales', { input: { days: 2 } });
    expect(log.map(({ fields }) => fields)).to.deep.equal([{ status: 'NEW', orders: 2, cents: 640 }]);
  });

  it('fire through a minute, each in its time', async () => {
    Math.random = () => 0.9;
    const runs = await test.advanceTo('2026-06-01T09:01:00Z');
    const count = (job: string) => runs.filter((run) => run.job === job).length;
    expect(['placeOrders', 'chargeCards', 'refreshPrices', 'closeUnpaidOrders'].map(count)).to.deep.equal([
      12, 4, 3, 1,
    ]);
    expect(new Set(runs.map(({ outcome }) => outcome))).to.deep.equal(new Set(['succeeded']));
  });
});

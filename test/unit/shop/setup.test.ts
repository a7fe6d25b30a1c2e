// The shop's tables, made by whoever comes first: two instances that start at the same moment both find them made.
import { join } from 'node:path';
import { expect } from 'chai';
import { createApp } from '../../../generated/index.js';
import { openShop } from '../../../handlers/shop/tables.js';
import { scratchFolder } from '../../support/scratch.js';

describe("The shop's tables", () => {
  it('are made by two instances at the same moment, once', async () => {
    const url = `sqlite:${join(scratchFolder('shop-setup'), 'jobs.sqlite')}`;
    const apps = [0, 1].map(() => createApp({ database: { url }, schedule: false, logger: false }));
    try {
      for (const app of apps) await app.start();
      const shops = await Promise.all(apps.map((app) => openShop(app.sequelize)));
      expect(await shops[0]?.products.count()).to.equal(4);
      const indexes = (await apps[0]?.sequelize.getQueryInterface().showIndex('shop_orders')) as { name: string }[];
      expect(indexes.map(({ name }) => name)).to.deep.equal(['shop_orders_shipOrders']);
    } finally {
      await Promise.all(apps.map((app) => app.stop()));
    }
  });
});

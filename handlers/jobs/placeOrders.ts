import type { JobHandler } from '../../generated/index.js';
import { currentPrices } from '../shop/prices.js';
import { openShop, type Payment } from '../shop/tables.js';

/**
 * Customers order something: one to four orders, each a row.
 * `guard` is the last statement of the transaction: if this instance lost the job meanwhile, nothing is committed.
 */
export const placeOrders: JobHandler<'placeOrders'> = async ({ sequelize, guard, log }) => {
  const shop = await openShop(sequelize);
  const orders = pick([...(await currentPrices(shop))]);
  await sequelize.transaction(async (transaction) => {
    await shop.orders.bulkCreate(orders, { transaction });
    await guard(transaction);
  });
  log.info({ orders: orders.length, cents: orders.reduce((sum, { cents }) => sum + cents, 0) }, 'orders placed');
};

const TRANSFERS = 0.2;

function pick(prices: readonly (readonly [string, number])[]): { product: string; cents: number; payment: Payment }[] {
  const count = 1 + Math.floor(Math.random() * 4);
  return Array.from({ length: count }, () => {
    const [product, cents] = prices[Math.floor(Math.random() * prices.length)] ?? ['coffee', 320];
    return { product, cents, payment: Math.random() < TRANSFERS ? 'transfer' : 'card' };
  });
}

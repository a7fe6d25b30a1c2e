import type { JobHandler } from '../../generated/index.js';
import { currentPrices } from '../shop/prices.js';
import { openShop, type Payment } from '../shop/tables.js';

/**
 * Customers order something: one to four orders, each a row. A wallet is charged after the commit, and never without it:
 * its call is recorded in the same transaction.
 * `guard` is the last statement of the transaction: if this instance lost the job meanwhile, nothing is committed.
 */
export const placeOrders: JobHandler<'placeOrders'> = async ({ sequelize, services, guard, log }) => {
  const shop = await openShop(sequelize);
  const orders = pick([...(await currentPrices(shop))]);
  const placed = await sequelize.transaction(async (transaction) => {
    const rows = await Promise.all(orders.map((order) => shop.orders.create(order, { transaction })));
    for (const { id, cents, payment } of rows) {
      if (payment === 'wallet') await services.payment.with({ transaction }).charge({ id, cents });
    }
    await guard(transaction);
    return rows;
  });
  const thanks = placed.map(({ id, cents }) => services.mail.confirm({ id, cents }, 'Thank you.'));
  await Promise.allSettled(thanks); // what the mail server refuses is recorded, and sent later
  log.info({ orders: orders.length, cents: orders.reduce((sum, { cents }) => sum + cents, 0) }, 'orders placed');
};

const TRANSFERS = 0.2;
const WALLETS = 0.3;

function pick(prices: readonly (readonly [string, number])[]): { product: string; cents: number; payment: Payment }[] {
  const count = 1 + Math.floor(Math.random() * 4);
  return Array.from({ length: count }, () => {
    const [product, cents] = prices[Math.floor(Math.random() * prices.length)] ?? ['coffee', 320];
    return { product, cents, payment: pickPayment(Math.random()) };
  });
}

function pickPayment(chance: number): Payment {
  if (chance < TRANSFERS) return 'transfer';
  return chance < TRANSFERS + WALLETS ? 'wallet' : 'card';
}

import type { JobHandler } from '../../generated/index.js';
import { charge } from '../shop/gateway.js';
import { openShop } from '../shop/tables.js';

const AT_ONCE = 50;

/**
 * Charge the cards of new orders.
 * The gateway throws BizRetryNeedError when it is busy, which jobs.yaml names under `retry`: dal-job calls this function
 * again after a while, as another attempt of the same run. The signal aborts the call at the timeout.
 */
export const chargeCards: JobHandler<'chargeCards'> = async ({ sequelize, signal, guard, log }) => {
  const { orders } = await openShop(sequelize);
  const waiting = await orders.findAll({ where: { status: 'NEW', payment: 'card' }, order: ['id'], limit: AT_ONCE });
  if (waiting.length === 0) return;
  const paid = await charge(
    waiting.map(({ id }) => id),
    signal,
  );
  await sequelize.transaction(async (transaction) => {
    await orders.update({ status: 'PAID' }, { where: { id: [...paid], status: 'NEW' }, transaction });
    await guard(transaction);
  });
  log.info({ paid: paid.length, declined: waiting.length - paid.length }, 'cards charged');
};

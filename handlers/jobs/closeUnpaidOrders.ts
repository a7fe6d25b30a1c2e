import { Op } from 'sequelize';
import type { JobHandler } from '../../generated/index.js';
import { openShop } from '../shop/tables.js';

const PAY_WITHIN_MS = 30_000;

/**
 * Close orders that were not paid within 30 seconds.
 * The limit counts from the fire time, not from this machine's clock: a fire that is served late, or twice after a crash
 * (`onLost: rerun`), closes the same orders.
 */
export const closeUnpaidOrders: JobHandler<'closeUnpaidOrders'> = async ({ fireTimeMs, sequelize, guard, log }) => {
  const { orders } = await openShop(sequelize);
  const createdAt = { [Op.lte]: new Date(fireTimeMs - PAY_WITHIN_MS) };
  const closed = await sequelize.transaction(async (transaction) => {
    const [count] = await orders.update({ status: 'CLOSED' }, { where: { status: 'NEW', createdAt }, transaction });
    await guard(transaction);
    return count;
  });
  log.info({ closed }, 'unpaid orders closed');
};

import { callContext } from 'dal-job';
import type { Service } from '../../generated/index.js';
import { chargeWallet } from '../shop/gateway.js';
import { openShop } from '../shop/tables.js';

/**
 * Payments by wallet, taken when the customer orders.
 * Every call has a record before it is made: jobs.yaml says `beforehand`. When the gateway is busy the call comes back after
 * a while, on any instance, with the same arguments; and it comes back if this process dies in the middle of it.
 */
export const payment: Service<'payment'> = {
  /** Take the money for an order. */
  async charge({ id, cents }) {
    const { sequelize, signal, log, retry } = callContext();
    await chargeWallet(id, signal);
    const { orders } = await openShop(sequelize);
    await orders.update({ status: 'PAID' }, { where: { id, status: 'NEW' } });
    log.info({ order: id, cents, attempt: retry?.attempt ?? 1 }, 'wallet charged');
  },
};

import type { JobHandler } from '../../generated/index.js';
import { handOver } from '../shop/carrier.js';

/**
 * Ship what is paid.
 * Called once a batch, with orders that this instance alone has. One that the carrier does not take comes back in a later run,
 * until its attempts are used up. What it answers is for orders that it has settled by neither `done` nor `fail`.
 */
export const shipOrders: JobHandler<'shipOrders'> = async ({ rows, done, fail, signal, log }) => {
  let shipped = 0;
  for (const order of rows) {
    if (signal.aborted) return 'released';
    if (await handOver(order.id, signal)) {
      await done(order); // at once: a crash later in the batch does not ship it again
      shipped += 1;
    } else await fail(order, new Error('the carrier does not take it'));
  }
  log.info({ shipped, refused: rows.length - shipped }, 'orders shipped');
  return 'done';
};

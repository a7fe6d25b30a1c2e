import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Ship what is paid!
 * Receives { rows, done, fail, transaction, services, signal, log, … }.
 * Returns what becomes of rows that it has not settled itself: 'done' or 'released'.
 */
export const shipOrders: JobHandler<'shipOrders'> = async () => {
  throw new NotImplementedError('shipOrders');
};

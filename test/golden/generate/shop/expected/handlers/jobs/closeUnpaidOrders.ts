import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Close orders left unpaid for 30 minutes.
 * Receives { fireTime, input, attempt, services, signal, log, … }.
 */
export const closeUnpaidOrders: JobHandler<'closeUnpaidOrders'> = async () => {
  throw new NotImplementedError('closeUnpaidOrders');
};

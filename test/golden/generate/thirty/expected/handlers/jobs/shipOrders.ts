import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Ship what is paid!
 * Receives { fireTime, input, attempt, services, signal, log, … }.
 */
export const shipOrders: JobHandler<'shipOrders'> = async () => {
  throw new NotImplementedError('shipOrders');
};

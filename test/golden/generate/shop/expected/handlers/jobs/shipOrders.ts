import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Receives { fireTime, input, attempt, services, signal, log, … }.
 */
export const shipOrders: JobHandler<'shipOrders'> = async () => {
  throw new NotImplementedError('shipOrders');
};

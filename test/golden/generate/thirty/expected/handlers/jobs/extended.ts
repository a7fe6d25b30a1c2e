import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Receives { fireTime, input, attempt, services, signal, log, … }.
 */
export const extended: JobHandler<'extended'> = async () => {
  throw new NotImplementedError('extended');
};

import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Routine number 24.
 * Receives { fireTime, input, attempt, services, signal, log, … }.
 */
export const routine24: JobHandler<'routine24'> = async () => {
  throw new NotImplementedError('routine24');
};

import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Routine number 15.
 * Receives { fireTime, input, attempt, services, signal, log, … }.
 */
export const routine15: JobHandler<'routine15'> = async () => {
  throw new NotImplementedError('routine15');
};

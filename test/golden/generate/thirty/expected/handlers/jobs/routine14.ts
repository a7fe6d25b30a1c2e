import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Routine number 14.
 * Receives { fireTime, input, attempt, services, signal, log, … }.
 */
export const routine14: JobHandler<'routine14'> = async () => {
  throw new NotImplementedError('routine14');
};

import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Routine number 26.
 * Receives { fireTime, input, attempt, services, signal, log, … }.
 */
export const routine26: JobHandler<'routine26'> = async () => {
  throw new NotImplementedError('routine26');
};

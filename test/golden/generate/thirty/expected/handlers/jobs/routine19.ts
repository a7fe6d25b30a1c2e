import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Routine number 19.
 * Receives { fireTime, input, attempt, services, signal, log, … }.
 */
export const routine19: JobHandler<'routine19'> = async () => {
  throw new NotImplementedError('routine19');
};

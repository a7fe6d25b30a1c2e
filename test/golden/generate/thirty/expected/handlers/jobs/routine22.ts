import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Routine number 22.
 * Receives { fireTime, input, attempt, services, signal, log, … }.
 */
export const routine22: JobHandler<'routine22'> = async () => {
  throw new NotImplementedError('routine22');
};

import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Routine number 17.
 * Receives { fireTime, input, attempt, services, signal, log, … }.
 */
export const routine17: JobHandler<'routine17'> = async () => {
  throw new NotImplementedError('routine17');
};

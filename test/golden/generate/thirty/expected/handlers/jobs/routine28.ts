import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Routine number 28.
 * Receives { fireTime, input, attempt, services, signal, log, … }.
 */
export const routine28: JobHandler<'routine28'> = async () => {
  throw new NotImplementedError('routine28');
};

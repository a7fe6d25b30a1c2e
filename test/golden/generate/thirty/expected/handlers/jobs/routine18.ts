import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Routine number 18.
 * Receives { fireTime, input, attempt, services, signal, log, … }.
 */
export const routine18: JobHandler<'routine18'> = async () => {
  throw new NotImplementedError('routine18');
};

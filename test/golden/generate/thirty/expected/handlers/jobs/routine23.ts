import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Routine number 23.
 * Receives { fireTime, input, attempt, services, signal, log, … }.
 */
export const routine23: JobHandler<'routine23'> = async () => {
  throw new NotImplementedError('routine23');
};

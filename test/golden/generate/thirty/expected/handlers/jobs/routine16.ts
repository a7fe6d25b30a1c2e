import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Routine number 16.
 * Receives { fireTime, input, attempt, services, signal, log, … }.
 */
export const routine16: JobHandler<'routine16'> = async () => {
  throw new NotImplementedError('routine16');
};

import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Routine number 27.
 * Receives { fireTime, input, attempt, services, signal, log, … }.
 */
export const routine27: JobHandler<'routine27'> = async () => {
  throw new NotImplementedError('routine27');
};

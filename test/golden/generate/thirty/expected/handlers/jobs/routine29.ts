import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Routine number 29.
 * Receives { fireTime, input, attempt, services, signal, log, … }.
 */
export const routine29: JobHandler<'routine29'> = async () => {
  throw new NotImplementedError('routine29');
};

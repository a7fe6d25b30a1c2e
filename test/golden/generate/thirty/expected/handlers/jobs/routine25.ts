import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Routine number 25.
 * Receives { fireTime, input, attempt, services, signal, log, … }.
 */
export const routine25: JobHandler<'routine25'> = async () => {
  throw new NotImplementedError('routine25');
};

import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Routine number 20.
 * Receives { fireTime, input, attempt, services, signal, log, … }.
 */
export const routine20: JobHandler<'routine20'> = async () => {
  throw new NotImplementedError('routine20');
};

import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Receives { fireTime, input, attempt, services, signal, log, … }.
 */
export const anything: JobHandler<'anything'> = async () => {
  throw new NotImplementedError('anything');
};

import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Routine number 21.
 * Receives { fireTime, input, attempt, services, signal, log, … }.
 */
export const routine21: JobHandler<'routine21'> = async () => {
  throw new NotImplementedError('routine21');
};

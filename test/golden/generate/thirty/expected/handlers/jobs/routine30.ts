import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Routine number 30.
 * Receives { fireTime, input, attempt, services, signal, log, … }.
 */
export const routine30: JobHandler<'routine30'> = async () => {
  throw new NotImplementedError('routine30');
};

import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Routine number 14.
 * Receives { rows, done, fail, transaction, services, signal, log, … }.
 * Returns what becomes of rows that it has not settled itself: 'done' or 'released'.
 */
export const routine14: JobHandler<'routine14'> = async () => {
  throw new NotImplementedError('routine14');
};

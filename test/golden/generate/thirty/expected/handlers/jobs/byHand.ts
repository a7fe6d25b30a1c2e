import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Nothing but a name.
 * Receives { fireTime, input, attempt, services, signal, log, … }.
 */
export const byHand: JobHandler<'byHand'> = async () => {
  throw new NotImplementedError('byHand');
};

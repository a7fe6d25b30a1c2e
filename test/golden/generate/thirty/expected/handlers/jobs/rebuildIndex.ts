import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Rebuild the search index.
 * Receives { fireTime, input, attempt, services, signal, log, … }.
 */
export const rebuildIndex: JobHandler<'rebuildIndex'> = async () => {
  throw new NotImplementedError('rebuildIndex');
};

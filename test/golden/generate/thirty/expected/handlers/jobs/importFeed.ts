import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Imports one feed.
 * Receives { fireTime, input, attempt, services, signal, log, … }.
 */
export const importFeed: JobHandler<'importFeed'> = async () => {
  throw new NotImplementedError('importFeed');
};

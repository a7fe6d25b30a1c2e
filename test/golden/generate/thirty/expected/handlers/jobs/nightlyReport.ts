import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Sends the report.
 * Its first line ends *\/ nothing, `code` and ${this} mean nothing,
 * nor does a tab or the end.
 * Receives { fireTime, input, attempt, services, signal, log, … }.
 */
export const nightlyReport: JobHandler<'nightlyReport'> = async () => {
  throw new NotImplementedError('nightlyReport');
};

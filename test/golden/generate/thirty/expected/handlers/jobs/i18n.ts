import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * İstanbul, ısı, 東京, 🚀.
 * Receives { fireTime, input, attempt, services, signal, log, … }.
 */
export const i18n: JobHandler<'i18n'> = async () => {
  throw new NotImplementedError('i18n');
};

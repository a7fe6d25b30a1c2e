import { NotImplementedError } from 'dal-job';
import type { Service } from '../../generated/index.js';

export const clash: Service<'clash'> = {
  /** Receives (options, calls, method, args, key). */
  async names() {
    throw new NotImplementedError('clash.names');
  },

  /** Receives (from). */
  async paged() {
    throw new NotImplementedError('clash.paged');
  },
};

import { NotImplementedError } from 'dal-job';
import type { Service } from '../../generated/index.js';

export const accountsOpen: Service<'accountsOpen'> = {
  /** Receives (customer). */
  async customer() {
    throw new NotImplementedError('accountsOpen.customer');
  },
};

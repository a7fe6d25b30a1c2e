import { NotImplementedError } from 'dal-job';
import type { Service } from '../../generated/index.js';

export const clash: Service<'clash'> = {
  async names() {
    throw new NotImplementedError('clash.names');
  },

  async paged() {
    throw new NotImplementedError('clash.paged');
  },
};

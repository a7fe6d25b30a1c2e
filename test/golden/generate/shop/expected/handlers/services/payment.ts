import { NotImplementedError } from 'dal-job';
import type { Service } from '../../generated/index.js';

export const payment: Service<'payment'> = {
  async charge() {
    throw new NotImplementedError('payment.charge');
  },

  async notify() {
    throw new NotImplementedError('payment.notify');
  },

  /** Retries a notify that failed. Receives { params, byType, attempt, … }; false: try again later. */
  async retryNotify() {
    throw new NotImplementedError('payment.retryNotify');
  },
};

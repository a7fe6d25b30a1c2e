import { NotImplementedError } from 'dal-job';
import type { Service } from '../../generated/index.js';

export const payment: Service<'payment'> = {
  /** Receives (order, channel). */
  async charge() {
    throw new NotImplementedError('payment.charge');
  },

  /** Receives (order, text, copy?). */
  async notify() {
    throw new NotImplementedError('payment.notify');
  },

  /** Retries a notify that failed. Receives { params, byType, attempt, … }; false: try again later. */
  async retryNotify() {
    throw new NotImplementedError('payment.retryNotify');
  },
};

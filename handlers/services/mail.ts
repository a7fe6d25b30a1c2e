import { BizRetryNeedError, callContext } from 'dal-job';
import type { Service } from '../../generated/index.js';
import { send } from '../shop/post.js';

/**
 * Mail to customers. A confirmation that cannot be sent is recorded when that is known, under the order's id: jobs.yaml says
 * `afterward`. Its caller has heard of the failure; the companion sends it later.
 */
export const mail: Service<'mail'> = {
  /** Tell a customer that the order is there. */
  async confirm(order, text) {
    const sent = await send(`order ${order.id}`, text, callContext().signal);
    if (!sent) throw new BizRetryNeedError('the mail server is busy');
  },

  /** Sends a confirmation that could not be sent. false: try again later. */
  retryConfirm({ params: [order, text], signal }) {
    return send(`order ${order.id}`, text, signal);
  },
};

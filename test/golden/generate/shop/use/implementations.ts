// What a team writes in handlers/services/payment.ts, in several ways, and what tsc must refuse. Never run.
import { BizRetryNeedError, retryContext } from 'dal-job';
import { callContext, type JobHandler, type PaymentService, type Service } from '../expected/generated/index.js';

export const payment: Service<'payment'> = {
  async charge(order, channel) {
    const id: number = order.id;
    const amount: number | undefined = order.amount;
    const either: 'card' | 'wechat' = channel;
    if (amount === undefined) throw new BizRetryNeedError(`again: ${id} ${either}`);
    await this.notify(order, 'a plain call');
    const { services, retry, signal } = callContext();
    if (!signal.aborted && retry?.attempt === retryContext()?.attempt) await services.payment.notify(order, 'recorded');
    // @ts-expect-error there is no such service
    services.shipping;
    return { no: 'r1' };
  },
  async notify(order, text, copy) {
    const words: string = text;
    const twice: boolean | undefined = copy;
    void [order.id, words, twice];
  },
  async retryNotify({ byType, params, retryDataKey, attempt, signal, log }) {
    const first = byType.Order[0];
    const id: number = first.id;
    const [order, text, copy] = params;
    const words: string = text;
    const twice: boolean | undefined = copy ?? byType.boolean[0];
    const key: string = retryDataKey;
    log.info({ id, words, twice, key, same: order === first, said: byType.string[0].length });
    // @ts-expect-error there is one Order only
    void byType.Order[1];
    // @ts-expect-error no parameter has that type
    void byType.Receipt;
    // @ts-expect-error what may be left out may not be there
    void byType.boolean[0].valueOf();
    return attempt < 3 && !signal.aborted;
  },
};

// @ts-expect-error retryNotify is missing
export const incomplete: Service<'payment'> = {
  async charge() {
    return { no: 'x' };
  },
  async notify() {},
};

class Payment implements Service<'payment'> {
  async charge(order: { id: number }, channel: string) {
    return { no: String(order.id) + channel };
  }
  async notify() {}
  retryNotify() {
    return true;
  }
}
export const ofClass: PaymentService = new Payment();

export const wrong: Service<'payment'> = {
  // @ts-expect-error a receipt has a number
  async charge() {
    return {};
  },
  // @ts-expect-error the text is a string
  async notify(_order, text: number) {
    void text;
  },
  // @ts-expect-error true or false
  async retryNotify() {},
};

export const closeUnpaidOrders: JobHandler<'closeUnpaidOrders'> = async ({ input, services }) => {
  const { no } = await services.payment.charge({ id: 1 }, 'card');
  void [no.length, input?.olderThan];
};
export const shipOrders: JobHandler<'shipOrders'> = async ({ rows, signal, done, fail, guard, transaction }) => {
  for (const row of rows) {
    if (signal.aborted) return 'released';
    const at: Date = row.created_at;
    await transaction(async (t) => {
      await guard(t);
      await done(row, { transaction: t });
    });
    await fail(row, new Error(at.toISOString()));
  }
  return 'done';
};
// @ts-expect-error a job without claim has no rows
export const withoutRows: JobHandler<'closeUnpaidOrders'> = async ({ rows }) => void rows;
// @ts-expect-error unknown name
export type Unknown = Service<'nope'>;

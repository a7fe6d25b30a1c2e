// A web process: it calls services only, with an outbox. Never run: it is compiled, line by line as it stands here.
import { Sequelize } from 'sequelize';
import { createApp, type Order, type PaymentProxy, type ServiceName } from '../expected/generated/index.js';

const app = createApp({ schedule: false });
const sequelize = new Sequelize('sqlite::memory:');
const order: Order = { id: 1, amount: 3 };

export async function checkout(payment: PaymentProxy = app.services.payment): Promise<void> {
  const receipt = await payment.charge(order, 'card');
  const no: string = receipt.no;
  await sequelize.transaction(async (transaction) => {
    const { id } = await payment.with({ transaction }).charge(order, 'wechat');
    const text: string = id;
    await payment.with({ transaction }).retryEnqueue('notify', 'k1', order, text, true);
    await payment.retryEnqueue('notify', 'k1', order, no);
  });
  await payment.notify(order, 'late');
  await payment.notify(order, 'late', undefined);
  // a wide row is assignable to Order: no excess property check
  const wide = { id: 1, amount: 2, created_at: new Date() };
  await payment.charge(wide, 'card');
  // handed on, it stays what it is
  await Promise.all([order].map((one) => payment.notify(one, 'x')));
  return payment.notify(order, 'late', true);
}

export async function refused(): Promise<void> {
  const { payment } = app.services;
  // @ts-expect-error bad channel
  await payment.charge(order, 'cash');
  // @ts-expect-error a parameter is missing
  await payment.charge(order);
  // @ts-expect-error one too many
  await payment.notify(order, 'late', true, 1);
  // @ts-expect-error a property that the type does not have
  await payment.charge({ id: 1, note: 'x' }, 'card');
  // @ts-expect-error null is not left out
  await payment.notify(order, 'late', null);
  // @ts-expect-error charge is not an afterward method
  await payment.retryEnqueue('charge', 'k1', order, 'card');
  // @ts-expect-error the key is missing
  await payment.retryEnqueue('notify', order, 'late');
  // @ts-expect-error a wrong argument after the key
  await payment.retryEnqueue('notify', 'k1', order, 5);
  // @ts-expect-error companions are not callable from outside
  await payment.retryNotify;
  // @ts-expect-error only what is recorded before the call can be written in a transaction
  await payment.with({ transaction: await sequelize.transaction() }).notify(order, 'late');
  // @ts-expect-error with takes a transaction
  await payment.with({}).charge(order, 'card');
  // @ts-expect-error there is no such service
  await app.services.shipping;
  // @ts-expect-error there is no such service
  const name: ServiceName = 'shipping';
  // @ts-expect-error proxies are not put in place of others
  app.services.payment = payment;
  void name;
}

// Every form of a service, in use. Never run: it is compiled, line by line as it stands here.
import {
  type AccountsOpenCustomer,
  type Card,
  createApp,
  type Pin,
  type Service,
} from '../expected/generated/index.js';

const app = createApp();
const { accounts, clash } = app.services;
const card: Card = { number: '4111' };
const customer: AccountsOpenCustomer = { name: 'x', card, notes: { first: 'a', second: { text: 'b' } } };
const pin: Pin = '0000';

export async function use(): Promise<void> {
  await accounts.close();
  const { id } = await accounts.open(customer, 'plus', pin);
  await accounts.open({ name: id }, 7, '1', ['a'], null);
  await accounts.open(customer, null, pin, undefined, 5);
  await accounts.retryEnqueue('tell', 'k', card, 'w', card);
  await accounts.retryEnqueue('warn', 'k', 1, { any: 'thing' });
  const answer: string | boolean = await accounts.warn(1, undefined);
  await clash.names('a', true, 1, [], {});
  const anything: unknown = await clash.paged('x');
  void [answer, anything];
  // @ts-expect-error not one of the kinds
  await accounts.open(customer, 'other', pin);
  // @ts-expect-error a string or nothing, not anything
  await accounts.open(customer, 'plus', pin, [1]);
  // @ts-expect-error the arguments of another method
  await accounts.retryEnqueue('warn', 'k', card, 'w', card);
  // @ts-expect-error not a constant's value
  await accounts.tell(card, 'w', card, 2);
  // @ts-expect-error nothing of this service is recorded
  await clash.with;
  // @ts-expect-error nothing of this service is retried
  await clash.retryEnqueue;
  // @ts-expect-error no method of this one is retried afterward
  await app.services.accountsOpen.retryEnqueue;
}

export const implementation: Service<'accounts'> = {
  async close() {},
  async open(_customer, kind, _pin, tags, limit) {
    const list: string[] | undefined = tags;
    const most: number | null | undefined = limit;
    return { id: `${kind}${list?.length}${most}` };
  },
  upcastOpen(args, argsHash) {
    const [old] = args;
    return typeof old === 'string' && argsHash.length === 64 ? [{ name: old }, 'basic', '', ['x']] : undefined;
  },
  async tell() {},
  retryTell({ byType, params: [first, words, second, count, third] }) {
    const cards: Card[] = [byType.Card[0], byType.Card[1], byType.Card[2] ?? first];
    const one: 1 | undefined = byType.number[0] ?? count;
    return cards.includes(third ?? second) && one === 1 && words === byType.string[0];
  },
  warn: async () => true,
  retryWarn: async ({ params: [id, why], byType }) => id === byType.number[0] && why === byType.unknown[0],
  // @ts-expect-error a string where a number belongs
  upcastWarn: (args) => [String(args[0]), null],
};

// @ts-expect-error the hook for older arguments is missing
export const incomplete: Service<'accounts'> = {
  close: implementation.close,
  open: implementation.open,
  tell: implementation.tell,
  retryTell: implementation.retryTell,
  warn: implementation.warn,
  retryWarn: implementation.retryWarn,
};

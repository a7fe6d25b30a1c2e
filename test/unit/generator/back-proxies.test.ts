// Generated services at work, taken from the golden files: what their validators accept and refuse, and what a proxy
// hands to the runtime.
import { expect } from 'chai';
import type { AnyServiceEntry, ServiceCalls } from '../../../runtime/service-types.js';
import type { AnyRegistry } from '../../../runtime/types.js';

type Call = (...args: unknown[]) => Promise<unknown>;
type Proxy = Record<string, Call> & { with(options: object): Record<string, Call> };

describe('generated services at work', () => {
  async function accounts(): Promise<AnyServiceEntry> {
    const url = new URL('../../golden/generate/services/expected/generated/registry.ts', import.meta.url);
    const { registry } = (await import(url.href)) as { registry: AnyRegistry };
    return registry.services.accounts!;
  }

  const card = { number: '4111' };
  const customer = { name: 'x', card, notes: { a: 'b', c: { text: 'd' } } };

  it('judge arguments as an array: kinds, number, optional ones, and properties nobody declared', async () => {
    const { open, close, tell } = (await accounts()).methods;
    const fits = [
      [customer, 'plus', '0000'],
      [customer, null, '0000', []],
      [customer, 7, '0000', ['a'], null],
      [{ name: 'x' }, 'basic', '', [], 0],
    ];
    const fitsNot = [
      [[customer, 'plus'], 'must NOT have fewer than 3 items'],
      [[customer, 'plus', '', [], 1, 1], 'must NOT have more than 5 items'],
      [[customer, 'other', ''], '/1'],
      [[{ ...customer, age: 1 }, 'plus', ''], 'must NOT have additional properties'],
      [[{ ...customer, notes: { a: 1 } }, 'plus', ''], '/0/notes/a'],
      [[{ name: '' }, 'plus', ''], '/0/name'],
      [[customer, 'plus', '', null], '/3'],
      [[customer, 'plus', '', [], -1], '/4'],
    ] as const;
    for (const args of fits) expect(open!.validate(args), JSON.stringify(args)).to.equal(true);
    for (const [args, words] of fitsNot) {
      expect(open!.validate(args), JSON.stringify(args)).to.equal(false);
      const [first] = open!.validate.errors ?? [];
      expect(`${first?.instancePath} ${first?.message}`).to.include(words);
    }
    expect([[], [1]].map((args) => close!.validate(args))).to.deep.equal([true, false]);
    expect(
      [
        [card, 'w', card],
        [card, 'w', card, 1, card],
        [card, 'w', card, 2],
      ].map((args) => tell!.validate(args)),
    ).to.deep.equal([true, true, false]);
  });

  it('hand each call over with the declared parameters and no others', async () => {
    const said: unknown[] = [];
    const note =
      (how: string) =>
      (...rest: unknown[]) =>
        Promise.resolve(void said.push([how, ...rest]));
    const calls = { call: note('call'), enqueue: note('enqueue'), retryEnqueue: note('retry') };
    const { proxy } = await accounts();
    const { open, close, with: within, retryEnqueue } = proxy(calls as unknown as ServiceCalls) as Proxy;
    const options = { transaction: {} };
    await open!(customer, 'plus', 'p');
    await close!('index', 'array');
    await within(options).open!(customer, 'plus', 'p', ['t']);
    await within(options).retryEnqueue!('tell', 'k', card, 'w', card);
    await retryEnqueue!('warn', 'k', 1, null);
    expect(said).to.deep.equal([
      ['call', 'open', [customer, 'plus', 'p', undefined, undefined]],
      ['call', 'close', []],
      ['enqueue', options, 'open', [customer, 'plus', 'p', ['t'], undefined]],
      ['retry', options, 'tell', 'k', [card, 'w', card]],
      ['retry', {}, 'warn', 'k', [1, null]],
    ]);
    expect(Object.keys(within(options)).sort()).to.deep.equal(['open', 'retryEnqueue']);
  });
});

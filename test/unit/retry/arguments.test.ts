// What survives JSON is recorded as it is; what would not is refused with the path of the culprit and what to do.
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import fc from 'fast-check';
import { DalJobError } from '../../../runtime/errors.js';
import { recordable } from '../../../runtime/retry/arguments.js';
import { requireFit } from '../../../runtime/retry/misfit.js';
import { METHODS, methodOf } from '../../support/calls.js';

const NAME = { service: 'payment', method: 'charge' };
const CHARGE = METHODS.charge as NonNullable<(typeof METHODS)[string]>;

const record = (args: readonly unknown[], maxBytes = 65_536) => recordable(NAME, CHARGE, args, maxBytes);

function refusal(act: () => unknown): DalJobError {
  try {
    act();
  } catch (error) {
    if (error instanceof DalJobError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

class Money {
  readonly cents = 1;
}
class Iso {
  toJSON() {
    return 'x';
  }
}
const cycle: { self?: unknown } = {};
cycle.self = cycle;
const sparse = [1, 2, 3];
delete sparse[1];
const deep = Array.from({ length: 600 }).reduce((inner) => [inner], 1);

describe('The arguments of a recorded call', () => {
  const culprits: readonly [what: string, value: unknown, path: string, words: string][] = [
    ['a Date', { at: new Date() }, 'order.at', 'toISOString'],
    ['a Map', { lines: [new Map()] }, 'order.lines[0]', 'Object.fromEntries'],
    ['a Set', new Set(), 'order', '[...set]'],
    ['a Buffer', { a: Buffer.from('x') }, 'order.a', 'base64'],
    ['undefined in an array', { lines: [1, undefined] }, 'order.lines[1]', 'null'],
    ['a hole in an array', { lines: sparse }, 'order.lines[1]', 'null'],
    ['NaN', { a: { 'b c': Number.NaN } }, 'order.a["b c"]', 'NaN'],
    ['Infinity', { a: -Infinity }, 'order.a', 'Infinity'],
    ['-0', { a: [[-0]] }, 'order.a[0][0]', '-0'],
    ['a bigint', { a: 1n }, 'order.a', 'String(value)'],
    ['a function', { a: () => 1 }, 'order.a', 'function'],
    ['a symbol', { a: Symbol('x') }, 'order.a', 'symbol'],
    ['a property named by a symbol', { a: { [Symbol('x')]: 1 } }, 'order.a', 'symbol'],
    ['a property that is not enumerable', { a: Object.defineProperty({}, 'b', { value: 1 }) }, 'order.a', '"b"'],
    ['an instance of a class', { a: new Money() }, 'order.a', 'Money'],
    ['an object with toJSON', { a: new Iso() }, 'order.a', 'toJSON'],
    ['a boxed number', { a: Object(1) }, 'order.a', 'Number'],
    ['a promise', { a: Promise.resolve(1) }, 'order.a', 'await'],
    ['an error', { a: new Error('x') }, 'order.a', 'message'],
    ['a property __proto__', { a: JSON.parse('{"__proto__": 1}') }, 'order.a', '__proto__'],
    ['inherited properties', { a: Object.create({ b: 1 }) }, 'order.a', 'instance of'],
    ['an array with properties of its own', { a: Object.assign([1], { b: 2 }) }, 'order.a', 'of its own'],
    [
      'a sparse array with a property of its own',
      { a: Object.assign([], { length: 3, b: 2 }) },
      'order.a',
      'of its own',
    ],
    ['a cycle', { a: cycle }, 'order.a.self', 'contains itself'],
    ['a nest without end', { a: deep }, 'order.a[0]', 'deep'],
    ['a text like an encrypted secret', { a: 'dal-job-secret:2026:x' }, 'order.a', 'must not begin'],
  ];
  for (const [what, value, path, words] of culprits) {
    it(`are refused for ${what}`, () => {
      const error = refusal(() => record([value, 'card']));
      expect(error.code).to.equal('DJ6001');
      expect(error.message).to.include(`payment.charge: ${path} cannot be recorded`).and.to.include(words);
    });
  }

  it('are what JSON makes of them, whatever JSON there is', () => {
    const json = fc.jsonValue().filter((value) => !JSON.stringify(value).includes('__proto__'));
    fc.assert(
      fc.property(fc.array(json, { maxLength: 5 }), (args) => {
        const plain = JSON.parse(JSON.stringify(args));
        expect(record(plain, 1e7).args).to.deep.equal(plain);
        expect(JSON.parse(record(plain, 1e7).json)).to.deep.equal(plain);
      }),
    );
  });

  it('leave out what is undefined in an object, and trailing parameters', () => {
    expect(record([{ id: 1, amount: undefined }, 'card', undefined]).json).to.equal('[{"id":1},"card"]');
  });

  it('may be plain objects of another realm, or without a prototype', () => {
    const foreign = runInNewContext('({ a: [1, { b: 2 }] })');
    const bare = Object.assign(Object.create(null), { c: 1 });
    expect(record([foreign, bare]).json).to.equal('[{"a":[1,{"b":2}]},{"c":1}]');
  });

  it('may hold one object twice', () => {
    const one = { a: 1 };
    expect(record([[one, one]]).json).to.equal('[[{"a":1},{"a":1}]]');
  });

  it('may be as large as the limit in bytes, and no larger', () => {
    const text = 'é'.repeat(510); // with ["…"] 1,024 bytes
    expect(record([text], 1_024).args).to.deep.equal([text]);
    expect(refusal(() => record([`${text}a`], 1_024)).code).to.equal('DJ6002');
  });

  it('are refused soon when a small graph would be a huge text', () => {
    let graph: unknown = 1;
    for (let level = 0; level < 60; level += 1) graph = [graph, graph];
    expect(refusal(() => record([graph])).code).to.equal('DJ6002');
  });
});

describe('Arguments that do not fit', () => {
  const misfit = (args: readonly unknown[], entry = CHARGE) => refusal(() => requireFit(NAME, entry, args));

  it('are told with what to do about a property that the type lacks', () => {
    const error = misfit([{ id: 1, created_at: 'x' }, 'card']);
    expect(error.code).to.equal('DJ6003');
    expect(error.message).to.equal(
      'payment.charge: order has a property "created_at" that types.Order does not have: ' +
        'pick the fields, add it to types.Order, or set additionalProperties: true there.',
    );
  });

  it('name the place in jobs.yaml where there is no type', () => {
    const inline = methodOf([['box', 'object', { type: 'object', additionalProperties: false }]]);
    expect(misfit([{ a: 1 }], inline).message).to.include('add it to services.payment.methods.charge.params.box');
  });

  it('are told by path, and never by value', () => {
    expect(misfit([{ id: 'hunter2' }, 'card']).message).to.equal('payment.charge: order.id must be integer.');
    expect(misfit([{}, 'card']).message).to.include("order must have required property 'id'");
  });

  it('are told when there are too few or too many', () => {
    expect(misfit([{ id: 1 }]).message).to.equal('payment.charge: channel is missing: it takes 2 arguments.');
    expect(misfit([{ id: 1 }, 'card', 1]).message).to.equal('payment.charge: it takes 2 arguments, not 3.');
  });
});

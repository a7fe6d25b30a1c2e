// Anything that can be thrown becomes text that any database stores.
import { expect } from 'chai';
import { endingOf } from '../../../runtime/run/outcome.js';

const failed = (error: unknown) => endingOf({ outcome: 'failed', error });
const bytes = (text: string | null) => Buffer.byteLength(text ?? '', 'utf8');

describe('endingOf', () => {
  it('says nothing of an error when there was none', () => {
    expect(endingOf({ outcome: 'succeeded' })).to.deep.equal({
      ...{ outcome: 'succeeded', errorName: null, errorMessage: null, errorStack: null, note: null },
    });
  });

  it('keeps name, message and stack', () => {
    const ending = failed(new RangeError('too far'));
    expect(ending).to.include({ outcome: 'failed', errorName: 'RangeError', errorMessage: 'too far' });
    expect(ending.errorStack).to.contain('outcome.test');
  });

  const oddities: readonly [string, unknown, string, string][] = [
    ['a string', 'boom', 'string', 'boom'],
    ['undefined', undefined, 'undefined', 'undefined'],
    ['null', null, 'null', 'null'],
    ['a number', 42, 'number', '42'],
    ['a symbol', Symbol('s'), 'symbol', 'Symbol(s)'],
    ['a bigint', 10n, 'bigint', '10'],
    ['a plain object', { a: 1 }, 'object', '[object Object]'],
    ['an object without a prototype', Object.create(null), 'unreadable', 'the thrown value cannot be turned into text'],
    [
      'an object whose text throws',
      {
        toString: () => {
          throw new Error('no');
        },
      },
      'unreadable',
      'the thrown value cannot be turned into text',
    ],
  ];
  for (const [what, thrown, name, message] of oddities) {
    it(`tells ${what}`, () => {
      expect(failed(thrown)).to.include({ errorName: name, errorMessage: message, errorStack: null });
    });
  }

  it('survives an error whose message is a trap', () => {
    const trap = Object.defineProperty(new Error('x'), 'message', {
      get: () => {
        throw new Error('no');
      },
    });
    expect(failed(trap)).to.include({ errorName: 'unreadable' });
  });

  it('takes off control characters, but keeps tabs and line ends', () => {
    const { errorMessage } = failed(new Error('a\u0000b\u001b[31mc\td\ne\u007f\u0007'));
    expect(errorMessage).to.equal('ab[31mc\td\ne');
  });

  it('replaces lone surrogates, which utf8mb4 refuses', () => {
    expect(failed(new Error('a\ud83d')).errorMessage).to.equal('a\ufffd');
    expect(failed(new Error('😀')).errorMessage).to.equal('😀');
  });

  it('cuts ten megabytes to four kibibytes, in no time', () => {
    const began = performance.now();
    const ending = failed(new Error('x'.repeat(10_000_000)));
    expect(bytes(ending.errorMessage)).to.be.within(4_090, 4_096);
    expect(bytes(ending.errorStack)).to.be.at.most(4_096);
    expect(ending.errorMessage).to.match(/x…$/);
    expect(performance.now() - began).to.be.lessThan(2_000);
  });

  it('cuts between characters, not inside one', () => {
    for (const shift of ['', 'a', 'aa', 'aaa']) {
      const { errorMessage } = failed(new Error(shift + '😀'.repeat(3_000)));
      expect(bytes(errorMessage)).to.be.at.most(4_096);
      expect(errorMessage).to.match(/^a*😀+…$/u);
    }
  });

  it('cuts a long name to its column', () => {
    const error = Object.assign(new Error('x'), { name: 'N'.repeat(1_000) });
    expect(bytes(failed(error).errorName)).to.be.at.most(255);
  });

  it('adds the causes, and stops at a circle and after five', () => {
    const circle = new Error('one', { cause: new Error('two') });
    (circle.cause as Error).cause = circle;
    expect(failed(circle).errorMessage).to.equal('one ← two');
    const deep = Array.from({ length: 9 }, (_, n) => n).reduce(
      (cause, n) => new Error(`${n}`, { cause }),
      new Error('root'),
    );
    expect(failed(deep).errorMessage?.split(' ← ')).to.have.length(5);
  });
});

// Keys of afterward records: one live record a key, on databases that compare keys each in their own way.
import { expect } from 'chai';
import type { DalJobError } from '../../../runtime/errors.js';
import { keyIn, liveKeyOf, requireKey } from '../../../runtime/retry/live-key.js';

const NAME = { service: 'payment', method: 'notify' };

function codeOf(act: () => unknown): string {
  try {
    return String(act());
  } catch (error) {
    return (error as DalJobError).code;
  }
}

describe('A live key', () => {
  it('is plain while the key is plain and short', () => {
    expect(liveKeyOf('shop', NAME, 'order-17')).to.equal('shop.payment.notify:order-17');
  });

  it('is a hash for what databases compare differently, or what is too long', () => {
    for (const key of ['ö', 'a b', 'a ', 'x'.repeat(180), '', '\n']) {
      expect(liveKeyOf('shop', NAME, key), key).to.match(/^[0-9a-f]{64}$/);
    }
    expect(liveKeyOf('shop', NAME, 'a ')).not.to.equal(liveKeyOf('shop', NAME, 'a'));
  });
});

describe('The key of a call', () => {
  it('is the text or integer at its path', () => {
    expect(keyIn(NAME, [0, 'id'], [{ id: 17 }])).to.equal('17');
    expect(keyIn(NAME, [1], [{}, 'k'])).to.equal('k');
    expect(keyIn(NAME, null, [])).to.equal(null);
  });

  it('is refused if it is missing, of another kind, too long, or cannot be stored', () => {
    const bad = [undefined, null, 1.5, true, {}, 'x'.repeat(256), 'a\0', '\ud800'];
    expect(bad.map((value) => codeOf(() => keyIn(NAME, [0], [value])))).to.deep.equal(bad.map(() => 'DJ6013'));
    expect(codeOf(() => keyIn(NAME, [0, 'a', 'b'], [{}]))).to.equal('DJ6013');
    expect(codeOf(() => requireKey(NAME, 7))).to.equal('DJ6013');
  });
});

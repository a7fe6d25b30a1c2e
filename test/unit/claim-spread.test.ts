// How far a run reaches for rows: in order when it is alone, further when others are at the same rows.
import { expect } from 'chai';
import { Spread } from '../../runtime/claim/spread.js';

describe('The spread of a claim', () => {
  it('is one batch while every stamp gets what it wanted', () => {
    const spread = new Spread(100);
    for (let turn = 0; turn < 100; turn += 1) spread.observe(10, 10);
    expect(spread.batches).to.equal(1);
  });

  it('doubles with each collision, up to so many as 2,000 rows make', () => {
    const spread = new Spread(100);
    const seen = Array.from({ length: 6 }, () => {
      spread.observe(10, 9);
      return spread.batches;
    });
    expect(seen).to.deep.equal([2, 4, 8, 16, 20, 20]);
  });

  it('is wider for small batches, and never more than four for large ones', () => {
    const widest = (batch: number) => {
      const spread = new Spread(batch);
      for (let turn = 0; turn < 20; turn += 1) spread.observe(1, 0);
      return spread.batches;
    };
    expect([1, 10, 500, 10_000].map(widest)).to.deep.equal([64, 64, 4, 4]);
  });

  it('comes back after thirty-two stamps in a row that got all', () => {
    const spread = new Spread(100);
    for (let turn = 0; turn < 2; turn += 1) spread.observe(10, 0);
    for (let turn = 0; turn < 31; turn += 1) spread.observe(10, 10);
    expect(spread.batches).to.equal(4);
    spread.observe(10, 10);
    expect(spread.batches).to.equal(2);
  });

  it('is whole batches always, also when the widest is no power of two', () => {
    const spread = new Spread(50);
    for (let turn = 0; turn < 10; turn += 1) spread.observe(10, 0);
    const seen = Array.from({ length: 7 }, () => {
      for (let turn = 0; turn < 32; turn += 1) spread.observe(10, 10);
      return spread.batches;
    });
    expect(seen).to.deep.equal([20, 10, 5, 2, 1, 1, 1]);
  });
});

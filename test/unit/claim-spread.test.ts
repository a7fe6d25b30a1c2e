// How far a run reaches for rows: in order when it is alone, further when others are at the same rows.
import { expect } from 'chai';
import { Spread } from '../../runtime/claim/spread.js';

describe('The spread of a claim', () => {
  it('is one batch while every stamp gets what it wanted', () => {
    const spread = new Spread();
    for (let turn = 0; turn < 20; turn += 1) spread.observe(10, 10);
    expect(spread.batches).to.equal(1);
  });

  it('doubles with each collision, up to sixteen', () => {
    const spread = new Spread();
    const seen = Array.from({ length: 6 }, () => {
      spread.observe(10, 9);
      return spread.batches;
    });
    expect(seen).to.deep.equal([2, 4, 8, 16, 16, 16]);
  });

  it('comes back after eight stamps in a row that got all', () => {
    const spread = new Spread();
    for (let turn = 0; turn < 2; turn += 1) spread.observe(10, 0);
    for (let turn = 0; turn < 7; turn += 1) spread.observe(10, 10);
    expect(spread.batches).to.equal(4);
    spread.observe(10, 10);
    expect(spread.batches).to.equal(2);
  });
});

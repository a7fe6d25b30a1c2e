// Ids of rows: their form, their order, and that no two are the same.
import { expect } from 'chai';
import { newId } from '../../../runtime/lock/ids.js';

describe('newId', () => {
  it('is a UUID of version 7 that begins with the time', () => {
    const before = Date.now();
    const id = newId();
    expect(id).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const ms = Number.parseInt(id.replace('-', '').slice(0, 12), 16);
    expect(ms).to.be.within(before - 1_000, Date.now() + 1_000);
  });

  it('never comes twice, and is never before an earlier one', () => {
    const ids = Array.from({ length: 20_000 }, newId);
    expect(new Set(ids).size).to.equal(ids.length);
    const times = ids.map((id) => id.slice(0, 18));
    expect([...times].sort()).to.deep.equal(times);
  });
});

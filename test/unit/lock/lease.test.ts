// What an instance believes of its own lease and of other instances', and what it remembers of its acquires.
import { expect } from 'chai';
import { timingOf } from '../../../runtime/config.js';
import { Acquisitions } from '../../../runtime/lock/acquisitions.js';
import { CELL, Lease, moment } from '../../../runtime/lock/lease.js';
import { Sightings } from '../../../runtime/lock/sweep.js';
import { FakeClock } from '../../../runtime/testing/fake-clock.js';

const TIMING = timingOf(15_000, 10_000, 30_000);

describe('Lease', () => {
  let clock: FakeClock;
  let lease: Lease;

  beforeEach(() => {
    clock = new FakeClock();
    lease = new Lease(clock, TIMING);
    lease.confirm(moment(clock));
  });

  it('holds for the lease less its margin, counted from before the beat was sent', () => {
    const sent = moment(clock);
    clock.jump(2_000); // the reply took so long
    lease.confirm(sent);
    expect(lease.remainingMs()).to.equal(10_000);
    clock.jump(9_999);
    expect(lease.holds()).to.equal(true);
    clock.jump(1);
    expect(lease.holds()).to.equal(false);
  });

  it('holds nothing before the first confirmation', () => {
    expect(new Lease(clock, TIMING).holds()).to.equal(false);
  });

  it('ends by wall time when the machine was suspended and the monotonic clock stood still', () => {
    clock.wallAheadMs += 12_000;
    expect(lease.holds()).to.equal(false);
  });

  it('ends by monotonic time when the wall clock was set back', () => {
    clock.wallAheadMs -= 3_600_000;
    clock.jump(12_000);
    expect(lease.holds()).to.equal(false);
  });

  it('is over for good once it is lost, whatever beat is confirmed later', () => {
    lease.lose();
    lease.confirm(moment(clock));
    expect([lease.holds(), lease.remainingMs()]).to.deep.equal([false, 0]);
  });

  it('stays over once somebody was told so, whatever beat is confirmed later: what he left, others are to find', () => {
    clock.jump(TIMING.leaseMs);
    expect(lease.holds()).to.equal(false);
    lease.confirm(moment(clock));
    expect(lease.holds()).to.equal(false);
  });

  it('sees a beat that another thread wrote into its cells', () => {
    clock.jump(12_000);
    expect(lease.remainingMs()).to.equal(0);
    lease.cells[CELL.beatWall] = clock.now();
    lease.cells[CELL.beatMonotonic] = clock.monotonic();
    expect(lease.remainingMs()).to.equal(12_000);
    lease.cells[CELL.lost] = 1;
    expect(lease.holds()).to.equal(false);
  });

  it('keeps its cells in memory that threads share', () => {
    expect(lease.cells.buffer).to.be.instanceOf(SharedArrayBuffer);
    clock.jump(5);
    lease.touch();
    expect(lease.cells[CELL.mainMonotonic]).to.equal(clock.monotonic());
  });

  it('says whether a beat was sent after a moment, not when it was confirmed', () => {
    const sent = moment(clock);
    clock.jump(100);
    lease.confirm(sent);
    expect(lease.confirmedSince(clock.monotonic() - 50)).to.equal(false);
    lease.confirm(moment(clock));
    expect(lease.confirmedSince(clock.monotonic() - 50)).to.equal(true);
  });
});

describe('Sightings', () => {
  let clock: FakeClock;
  let lease: Lease;
  let sightings: Sightings;
  const see = (beats: number) => sightings.confirmed('x', beats, { now: clock.monotonic(), sightMs: 6_000, lease });
  const beat = () => lease.confirm(moment(clock));

  beforeEach(() => {
    clock = new FakeClock();
    lease = new Lease(clock, TIMING);
    sightings = new Sightings();
    beat();
  });

  it('confirms the same beats seen over twice, six seconds apart, with an own beat between', () => {
    expect(see(4)).to.equal(false);
    clock.jump(5_999);
    beat();
    expect(see(4)).to.equal(false);
    clock.jump(1);
    expect(see(4)).to.equal(true);
  });

  it('does not confirm without an own beat between', () => {
    see(4);
    clock.jump(6_000);
    expect(see(4)).to.equal(false);
    beat();
    expect(see(4)).to.equal(true);
  });

  it('starts anew when a beat came, or when the lease was not over in between', () => {
    see(4);
    clock.jump(6_000);
    beat();
    expect(see(5)).to.equal(false);
    sightings.keepOnly(new Set());
    clock.jump(6_000);
    beat();
    expect(see(5)).to.equal(false);
  });
});

describe('Acquisitions', () => {
  let acquisitions: Acquisitions;

  beforeEach(() => {
    acquisitions = new Acquisitions();
    acquisitions.pend('a');
  });

  it('lets a pending one be started, once', () => {
    expect([acquisitions.run('a'), acquisitions.run('a')]).to.deep.equal([true, false]);
  });

  it('starts nothing that was abandoned or never pending', () => {
    acquisitions.abandon('a');
    expect([acquisitions.run('a'), acquisitions.run('b')]).to.deep.equal([false, false]);
    expect(acquisitions.abandoned()).to.deep.equal(['a']);
  });

  it('never abandons one that was started', () => {
    acquisitions.run('a');
    acquisitions.abandon('a');
    expect(acquisitions.abandoned()).to.deep.equal([]);
  });

  it('forgets', () => {
    acquisitions.abandon('a');
    acquisitions.forget('a');
    expect([acquisitions.abandoned(), acquisitions.run('a')]).to.deep.equal([[], false]);
  });

  it('knows a run that was started until it is over', () => {
    acquisitions.run('a');
    expect([acquisitions.stateOf('a'), acquisitions.held]).to.deep.equal(['running', 1]);
    acquisitions.forget('a');
    expect([acquisitions.size, acquisitions.held]).to.deep.equal([0, 0]);
  });
});

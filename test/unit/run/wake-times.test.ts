// When an instance should look: by the database's clock as it knows it, not by its own.
import { expect } from 'chai';
import { WakeTimes } from '../../../runtime/run/fires.js';
import { FakeClock } from '../../../runtime/testing/fake-clock.js';
import { job } from '../../support/jobs.js';

const IDLE_MS = 2_500;

describe('WakeTimes', () => {
  let clock: FakeClock;
  const make = (...crons: (string | null)[]) => {
    const times = new WakeTimes(
      clock,
      crons.map((cron, n) => job(`j${n}`, { cron })),
    );
    times.takeDue();
    return times;
  };

  beforeEach(() => {
    clock = new FakeClock();
  });

  it('wakes at the next fire, at what the database said is next, or when idle time is over', () => {
    const times = make('* * * * * *', '*/2 * * * *', null);
    expect(times.untilNext(null, IDLE_MS)).to.equal(1_000);
    expect(times.untilNext(clock.now() + 300, IDLE_MS)).to.equal(300);
    expect(make('* * * * *').untilNext(null, IDLE_MS)).to.equal(IDLE_MS);
    expect(make(null).untilNext(clock.now() + 10_000, IDLE_MS)).to.equal(IDLE_MS);
  });

  it('never waits for something that has passed', () => {
    expect(make(null).untilNext(clock.now() - 5_000, IDLE_MS)).to.equal(0);
  });

  it('names a job once when its fire has come, and not at the start', () => {
    const times = make('* * * * * *', '0 * * * *');
    expect(times.takeDue()).to.deep.equal([]);
    clock.jump(1_000);
    expect(times.takeDue().map(({ name }) => name)).to.deep.equal(['j0']);
    expect(times.takeDue()).to.deep.equal([]);
    expect(times.untilNext(null, IDLE_MS)).to.equal(1_000);
  });

  it('names a job once after an hour asleep, and looks ahead from there', () => {
    const times = make('* * * * * *');
    clock.jump(3_600_400);
    expect(times.takeDue()).to.have.length(1);
    expect(times.untilNext(null, IDLE_MS)).to.equal(600);
  });

  it("follows the database's clock, not its own", () => {
    const times = make('* * * * * *');
    const at = clock.monotonic();
    times.observe(clock.now() + 250, at, at);
    clock.wallAheadMs += 77_777;
    expect(times.untilNext(null, IDLE_MS)).to.equal(749.5);
  });

  it('takes half the round trip off, trusts the quickest reply, and drops it when it is old or contradicted', () => {
    const times = make(null);
    const offset = () => times.databaseNow() - clock.monotonic();
    const say = (ahead: number, roundTripMs: number) => {
      clock.jump(roundTripMs);
      const received = clock.monotonic();
      times.observe(Math.floor(received - roundTripMs / 2 + ahead), received - roundTripMs, received);
    };
    say(1_000, 10);
    expect(offset()).to.be.closeTo(1_000, 0.5);
    say(1_020, 100);
    expect(offset()).to.be.closeTo(1_000, 0.5);
    say(1_001, 2);
    expect(offset()).to.be.closeTo(1_001, 0.5);
    say(61_001, 50);
    expect(offset()).to.be.closeTo(61_001, 0.5);
    say(61_000, 10);
    clock.jump(30_001);
    say(61_030, 80);
    expect(offset()).to.be.closeTo(61_030, 0.5);
  });
});

// The options of createApp: defaults, limits, and intervals that cannot contradict each other.
import { expect } from 'chai';
import { systemClock } from '../../../runtime/clock.js';
import { type AppOptions, readConfig, timingOf } from '../../../runtime/config.js';
import { DalJobError } from '../../../runtime/errors.js';
import { FakeClock } from '../../../runtime/testing/fake-clock.js';

describe('readConfig', () => {
  it('fills in the defaults', () => {
    expect(readConfig({})).to.deep.equal({
      ...{ schedule: true, concurrency: 10, maxPayloadBytes: 65_536, clock: systemClock, fakeTime: false },
      timing: {
        ...{ leaseMs: 15_000, beatMs: 3_000, marginMs: 3_000, sightMs: 6_000, idleMs: 2_500 },
        ...{ graceMs: 10_000, shutdownMs: 30_000, statementMs: 3_000 },
      },
    });
  });

  it('takes the clock of a test', () => {
    const clock = new FakeClock();
    expect(readConfig({ clock })).to.include({ clock, fakeTime: true });
  });

  const bad: readonly AppOptions[] = [
    { leaseMs: 999 },
    { leaseMs: 1_500.5 },
    { leaseMs: Number.NaN },
    { leaseMs: Number.POSITIVE_INFINITY },
    { graceMs: -1 },
    { shutdownMs: -1 },
    { concurrency: 0 },
    { concurrency: 1.5 },
    { concurrency: '5' as never },
  ];
  for (const options of bad) {
    const [[name, value]] = Object.entries(options) as [[string, unknown]];
    it(`refuses ${name} ${value}`, () => {
      expect(() => readConfig(options))
        .to.throw(DalJobError, name)
        .with.property('code', 'DJ2010');
    });
  }

  it('takes the least values', () => {
    expect(() => readConfig({ leaseMs: 1_000, graceMs: 0, shutdownMs: 0, concurrency: 1 })).not.to.throw();
  });

  it('keeps, for any lease, four beats within it and the sight after the trust has ended', () => {
    for (const leaseMs of [1_000, 1_001, 15_000, 600_000]) {
      const { beatMs, marginMs, sightMs, idleMs } = timingOf(leaseMs, 0, 0);
      expect(beatMs * 4).to.be.at.most(leaseMs - marginMs + 1e-6);
      expect(marginMs + sightMs).to.be.greaterThan(beatMs);
      expect(idleMs).to.be.at.most(leaseMs / 2);
    }
  });
});

// Stretches of constant offset: none is overlooked, however short, and wherever the search's own steps fall.

import { expect } from 'chai';
import fc from 'fast-check';
import { createSchedule, upcoming } from '../../../runtime/schedule/schedule.js';
import { createZone } from '../../../runtime/schedule/zone.js';
import { clockFace } from './oracle.js';

const HOUR_MS = 3_600_000;

describe('a zone', () => {
  it('shows the offset of the clock at any instant, in stretches that join', () => {
    const names = [
      'Africa/Cairo',
      'America/Caracas',
      'Asia/Gaza',
      'Asia/Kathmandu',
      'Pacific/Kwajalein',
      'Antarctica/Troll',
      'UTC',
    ];
    const zones = names.map((name) => ({ zone: createZone(name), face: clockFace(name) }));
    const instants = fc.integer({ min: Date.UTC(1975, 0, 1) / 60_000, max: Date.UTC(2099, 0, 1) / 60_000 });
    const property = fc.property(fc.constantFrom(...zones), instants, ({ zone, face }, minute) => {
      const stretch = zone.stretchAt(minute * 60_000);
      expect(stretch.offsetMs).to.equal((face(minute * 60_000) - minute) * 60_000);
      expect(minute * 60_000).to.be.within(stretch.startMs, stretch.endMs - 1);
      expect(zone.stretchAt(stretch.endMs).startMs).to.equal(stretch.endMs);
      expect(zone.stretchAt(stretch.endMs - 1)).to.deep.equal(stretch);
    });
    fc.assert(property, { numRuns: 1500 });
  });

  // Each of these lasts an hour less than a week: the shortest there are.
  const weeks: [zone: string, startsAt: string][] = [
    ['America/Recife', '2000-10-08T03:00:00Z'],
    ['America/Noronha', '2000-10-08T02:00:00Z'],
    ['America/Boa_Vista', '2000-10-08T04:00:00Z'],
  ];
  for (const [name, startsAt] of weeks) {
    it(`does not overlook the one week of summer that ${name} had in 2000`, () => {
      const startMs = Date.parse(startsAt);
      const stretch = createZone(name).stretchAt(startMs);
      expect(stretch.startMs).to.equal(startMs);
      expect(stretch.endMs - stretch.startMs).to.equal(167 * HOUR_MS);
      expect(stretch.change?.afterMs).to.equal((stretch.change?.beforeMs ?? 0) + HOUR_MS);
    });
  }

  it('knows of a change at the very instant a search begins', () => {
    const stretch = createZone('Africa/Tunis').stretchAt(Date.UTC(2005, 8, 30));
    expect(stretch.change).to.deep.equal({ atMs: stretch.startMs, beforeMs: 2 * HOUR_MS, afterMs: HOUR_MS });
    const schedule = createSchedule({
      cron: '30 1 * * *',
      timezone: 'Africa/Tunis',
      dst: { gap: 'next', overlap: null },
    });
    const fires = ['2005-09-29T23:30:00Z', '2005-10-01T00:30:00Z'].map((fire) => Date.parse(fire));
    expect(upcoming(schedule, Date.UTC(2005, 8, 29, 12), 2)).to.deep.equal(fires);
  });
});

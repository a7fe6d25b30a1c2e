// The limits of a schedule, what it refuses, and what its answers cost.

import { expect } from 'chai';
import { CronError } from '../../../runtime/schedule/cron.js';
import {
  createSchedule,
  type DstRule,
  isTimezone,
  type Schedule,
  upcoming,
} from '../../../runtime/schedule/schedule.js';

const BY_RULE: DstRule = { gap: 'next', overlap: null };
const DAY_MS = 86_400_000;

describe('a schedule', () => {
  it('fires strictly after the instant it is asked for, milliseconds included', () => {
    const schedule = inUtc('* * * * * *');
    expect([schedule.next(999), schedule.next(1000), schedule.next(1000.5)]).to.deep.equal([1000, 2000, 2000]);
  });

  it('takes the end of a window in and its beginning not', () => {
    const schedule = inUtc('0 12 * * *');
    const noon = Date.UTC(2026, 0, 10, 12);
    expect(schedule.count(noon - DAY_MS, noon)).to.equal(1);
    expect(schedule.count(noon, noon)).to.equal(0);
    expect(schedule.latest(noon - DAY_MS, noon)).to.equal(noon);
    expect(schedule.latest(noon, noon + 1)).to.equal(null);
    expect(schedule.latest(noon - DAY_MS, noon - 1)).to.equal(null);
    expect(schedule.count(noon, noon - DAY_MS)).to.equal(0);
    expect(schedule.latest(noon, noon - DAY_MS)).to.equal(null);
  });

  it('names the first of its newest fires', () => {
    const schedule = inUtc('0 12 * * *');
    const noon = Date.UTC(2026, 0, 10, 12);
    expect(schedule.oldestOfNewest(3, 0, noon)).to.equal(noon - 2 * DAY_MS);
    expect(schedule.oldestOfNewest(1, 0, noon)).to.equal(noon);
    expect(schedule.oldestOfNewest(3, noon - DAY_MS, noon)).to.equal(noon);
    expect(schedule.oldestOfNewest(3, noon, noon + 5)).to.equal(null);
    for (const limit of [0, -1, 1.5]) expect(() => schedule.oldestOfNewest(limit, 0, noon)).to.throw(RangeError);
  });

  it('ends with its year field, and every schedule with the year 2099', () => {
    const once = inUtc('0 0 0 1 1 ? 2030');
    expect(once.next(Date.UTC(2026, 0, 1))).to.equal(Date.UTC(2030, 0, 1));
    expect(once.next(Date.UTC(2030, 0, 1))).to.equal(null);
    expect(once.count(0, Date.UTC(2099, 0, 1))).to.equal(1);
    expect(once.latest(0, Date.UTC(2099, 0, 1))).to.equal(Date.UTC(2030, 0, 1));
    expect(inUtc('@daily').next(Date.UTC(2099, 11, 31))).to.equal(null);
    expect(inUtc('@daily').count(Date.UTC(2099, 11, 30), Date.UTC(2200, 0, 1))).to.equal(1);
  });

  it('begins with the year 1970', () => {
    expect(inUtc('@yearly').next(Date.UTC(1900, 0, 1))).to.equal(0);
    expect(inUtc('@yearly').latest(Date.UTC(1900, 0, 1), Date.UTC(1969, 11, 31))).to.equal(null);
    expect(inUtc('@yearly').count(Date.UTC(1900, 0, 1), 0)).to.equal(1);
  });

  it('has no fire when a gap swallows all of them', () => {
    const dst: DstRule = { gap: 'skip', overlap: null };
    const schedule = createSchedule({ cron: '0 30 2 ? MAR SUNL', timezone: 'Europe/Berlin', dst });
    expect(schedule.next(Date.UTC(2026, 0, 1))).to.equal(null);
    expect(schedule.count(Date.UTC(2026, 0, 1), Date.UTC(2036, 0, 1))).to.equal(0);
  });

  it('refuses an instant that is none', () => {
    const schedule = inUtc('@daily');
    for (const instant of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => schedule.next(instant)).to.throw(RangeError);
      expect(() => schedule.count(0, instant)).to.throw(RangeError);
    }
  });

  it('refuses a zone that is none, and an expression', () => {
    expect(() => createSchedule({ cron: '@daily', timezone: 'Mars/Olympus', dst: BY_RULE }))
      .to.throw(CronError, 'timezone "Mars/Olympus" is unknown')
      .that.includes({ offset: 0, length: 12 });
    expect(() => createSchedule({ cron: '61 * * * *', timezone: 'UTC', dst: BY_RULE })).to.throw(
      CronError,
      'minute 61',
    );
  });

  it('answers the same whatever the clock of the process says', () => {
    const realNow = Date.now;
    const answers = [0, Date.UTC(2026, 6, 1), Date.UTC(2400, 0, 1)].map((nowMs) => {
      Date.now = () => nowMs;
      try {
        const schedule = createSchedule({ cron: '0 0-58 2 ? * 2-6', timezone: 'Europe/Berlin', dst: BY_RULE });
        return upcoming(schedule, Date.UTC(2026, 2, 27), 200);
      } finally {
        Date.now = realNow;
      }
    });
    expect(answers[0]).to.have.lengthOf(200);
    expect(answers[1]).to.deep.equal(answers[0]);
    expect(answers[2]).to.deep.equal(answers[0]);
  });

  it('counts a year of seconds in well under 50 ms', () => {
    const schedule = createSchedule({ cron: '* * * * * *', timezone: 'America/New_York', dst: BY_RULE });
    const [afterMs, upToMs] = [Date.UTC(2025, 0, 1), Date.UTC(2026, 0, 1)];
    const started = performance.now();
    expect(schedule.count(afterMs, upToMs)).to.equal((365 * DAY_MS) / 1000);
    expect(schedule.latest(afterMs, upToMs)).to.equal(upToMs);
    expect(schedule.oldestOfNewest(100, afterMs, upToMs)).to.equal(upToMs - 99_000);
    expect(performance.now() - started).to.be.lessThan(50);
  });

  it('finds next fires in tens of microseconds, the rare ones too', () => {
    for (const cron of ['* * * * * *', '30 2 * * *', '0 0 0 29 2 ?', '0 0 0 ? FEB SAT#5 2040-2099']) {
      const schedule = createSchedule({ cron, timezone: 'Australia/Sydney', dst: BY_RULE });
      const from = Date.UTC(2026, 0, 1);
      schedule.next(from);
      const started = performance.now();
      for (let call = 0; call < 1000; call += 1) schedule.next(from + call);
      expect((performance.now() - started) / 1000, cron).to.be.lessThan(0.2);
    }
  });
});

describe('a timezone', () => {
  for (const name of ['UTC', 'Europe/Berlin', 'Asia/Shanghai', 'America/Argentina/Buenos_Aires', 'Etc/GMT-8']) {
    it(`may be ${name}`, () => expect(isTimezone(name)).to.equal(true));
  }
  for (const name of ['', 'Berlin', '+08:00', 'UTC+8', 'local', 'Europe/Berlin ', 'constructor']) {
    it(`may not be "${name}"`, () => expect(isTimezone(name)).to.equal(false));
  }
});

function inUtc(cron: string): Schedule {
  return createSchedule({ cron, timezone: 'UTC', dst: BY_RULE });
}

// Fire times against the oracle: every change of offset of eight zones, and the days of expressions over ten years.

import { expect } from 'chai';
import fc from 'fast-check';
import { CronError, parseCron } from '../../../runtime/schedule/cron.js';
import { createSchedule, type Schedule, upcoming } from '../../../runtime/schedule/schedule.js';
import { civil, type Drawn, type DrawnRule, dates, expressions, monthLength, nightly, rules } from './expressions.js';
import { changeWindows, fireTimesByOracle, type Window } from './oracle.js';

const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Australia/Sydney',
  'America/Sao_Paulo',
  'Africa/Casablanca',
  'Asia/Tehran',
  'Pacific/Apia',
];

const RUNS = 14;

describe('fire times around every change of offset', () => {
  for (const zone of ZONES) {
    it(`are those of the oracle in ${zone}`, () => {
      const windows = [...changeWindows(zone, 2011, 2012), ...changeWindows(zone, 2015, 2035)];
      expect(windows.length).to.be.greaterThan(5);
      let [gapFires, repetitions] = [0, 0];
      const property = fc.property(expressions, rules, fc.nat(), (drawn, rule, salt) => {
        const schedule = scheduleOf(drawn, rule, zone);
        if (schedule === null) return;
        for (const window of windows) {
          const expected = fireTimesByOracle(drawn, rule, window);
          gapFires += expected.gapFires;
          repetitions += expected.repetitions;
          compare(schedule, expected.fires, window);
          compareFromWithin(schedule, expected.fires, { window, salt });
        }
      });
      const byRule: DrawnRule = { gap: 'next', overlap: null };
      fc.assert(property, { numRuns: RUNS, examples: nightly.map((drawn) => [drawn, byRule, 1]) });
      expect(gapFires, 'gaps were met').to.be.greaterThan(0);
      expect(repetitions, 'repetitions were met').to.be.greaterThan(0);
    });
  }
});

describe('the days of an expression', () => {
  it('are those that every single day of ten years is asked for', () => {
    const property = fc.property(dates, (date) => {
      const schedule = noonSchedule(date.fields.join(' '));
      const expected: number[] = [];
      for (let year = 2023; year <= 2032; year += 1) {
        for (let month = 1; month <= 12; month += 1) {
          for (let day = 1; day <= monthLength(year, month); day += 1) {
            if (date.has(civil(year, month, day))) expected.push(Date.UTC(year, month - 1, day, 12));
          }
        }
      }
      const [from, to] = [Date.UTC(2023, 0, 1), Date.UTC(2033, 0, 1)];
      expect(schedule === null ? [] : firesIn(schedule, from, to)).to.deep.equal(expected);
      expect(schedule?.count(from, to) ?? 0).to.equal(expected.length);
    });
    fc.assert(property, { numRuns: 100 });
  });
});

describe('the newest fires', () => {
  it('begin where counting from the end begins', () => {
    const property = fc.property(expressions, fc.integer({ min: 1, max: 300 }), fc.nat(40), (drawn, limit, days) => {
      const schedule = scheduleOf(drawn, { gap: 'next', overlap: null }, 'Europe/Berlin');
      if (schedule === null) return;
      const upToMs = Date.UTC(2026, 9, 25, 12, 0, 17);
      const afterMs = upToMs - days * 43_200_000;
      const newest = firesIn(schedule, afterMs, upToMs).slice(-limit);
      expect(schedule.oldestOfNewest(limit, afterMs, upToMs)).to.equal(newest[0] ?? null);
    });
    fc.assert(property, { numRuns: 60 });
  });
});

/** null for the few drawn expressions that never fire; that they do not is the table tests' business. */
function scheduleOf(drawn: Drawn, dst: DrawnRule, timezone: string): Schedule | null {
  try {
    return createSchedule({ cron: drawn.text, timezone, dst });
  } catch (error) {
    if (error instanceof CronError && error.message.includes('never fires')) return null;
    throw error;
  }
}

function noonSchedule(dateFields: string): Schedule | null {
  const text = `0 0 12 ${dateFields}`;
  try {
    parseCron(text);
  } catch {
    return null;
  }
  return createSchedule({ cron: text, timezone: 'UTC', dst: { gap: 'next', overlap: null } });
}

function endOf({ fromMs, walls }: Window): number {
  return fromMs + walls.length * 60_000 - 1;
}

function firesIn(schedule: Schedule, afterMs: number, upToMs: number): number[] {
  const fires: number[] = [];
  for (let fire = schedule.next(afterMs); fire !== null && fire <= upToMs; fire = schedule.next(fire)) fires.push(fire);
  return fires;
}

function compare(schedule: Schedule, expected: readonly number[], window: Window): void {
  const [afterMs, upToMs] = [window.fromMs - 1, endOf(window)];
  expect(firesIn(schedule, afterMs, upToMs)).to.deep.equal(expected);
  expect(schedule.count(afterMs, upToMs)).to.equal(expected.length);
  expect(schedule.latest(afterMs, upToMs)).to.equal(expected.at(-1) ?? null);
}

/** From any instant inside the window, fires or not, with or without milliseconds, the set is the same. */
function compareFromWithin(schedule: Schedule, fires: readonly number[], at: { window: Window; salt: number }): void {
  const upToMs = endOf(at.window);
  const spanMs = upToMs - at.window.fromMs;
  const near = fires[at.salt % Math.max(1, fires.length)] ?? at.window.fromMs;
  for (const startMs of [at.window.fromMs + ((at.salt * 7919) % spanMs), near, near - 1, near + 999]) {
    const later = fires.filter((fire) => fire > startMs);
    const earlier = fires.filter((fire) => fire <= startMs);
    if (later.length > 0) expect(schedule.next(startMs)).to.equal(later[0]);
    expect(schedule.count(startMs, upToMs)).to.equal(later.length);
    expect(schedule.count(at.window.fromMs - 1, startMs)).to.equal(earlier.length);
    expect(schedule.latest(at.window.fromMs - 1, startMs)).to.equal(earlier.at(-1) ?? null);
    expect(upcoming(schedule, startMs, 3).slice(0, later.length)).to.deep.equal(later.slice(0, 3));
  }
}

// The misfire plan: one decision for every policy, and nothing lost or counted twice when decisions follow each other.

import { expect } from 'chai';
import fc from 'fast-check';
import { MISFIRE_GRACE_MS, type MisfirePlan, planMisfire } from '../../../runtime/schedule/misfire.js';
import { createSchedule } from '../../../runtime/schedule/schedule.js';

const MINUTE_MS = 60_000;
const START = Date.UTC(2026, 5, 1, 12);
const everyMinute = scheduleOf('* * * * *');
const everySecond = scheduleOf('* * * * * *');
const yearly = scheduleOf('0 0 0 1 1 ? 2026-2027');

describe('the misfire plan', () => {
  for (const misfire of ['latest', 'skip', 'all'] as const) {
    it(`is none with ${misfire} when nothing is due`, () => {
      expect(plan({ misfire, nowMs: START + MINUTE_MS - 1 })).to.equal(null);
      expect(plan({ misfire, nowMs: START })).to.equal(null);
      expect(plan({ misfire, nowMs: START - MINUTE_MS })).to.equal(null);
    });

    it(`serves with ${misfire} the one fire that is due, on time`, () => {
      expect(plan({ misfire, nowMs: START + MINUTE_MS + 3 })).to.deep.equal({
        run: START + MINUTE_MS,
        fireAt: START + MINUTE_MS,
        nextFireMs: START + 2 * MINUTE_MS,
        missedCount: 0,
        missedFireMs: null,
        catchUp: false,
      });
    });
  }

  it('serves with latest the newest fire and drops the older ones', () => {
    expect(plan({ misfire: 'latest', nowMs: START + 5.5 * MINUTE_MS })).to.deep.equal({
      run: START + 5 * MINUTE_MS,
      fireAt: START + 5 * MINUTE_MS,
      nextFireMs: START + 6 * MINUTE_MS,
      missedCount: 4,
      missedFireMs: START + 4 * MINUTE_MS,
      catchUp: true,
    });
  });

  it('serves with latest even a fire of last year, as the last there is', () => {
    const fire = Date.UTC(2027, 0, 1);
    const lastFireMs = Date.UTC(2026, 0, 1);
    const late = planMisfire({ schedule: yearly, misfire: 'latest', misfireLimit: 1, lastFireMs, nowMs: fire + 9e9 });
    expect(late).to.include({ run: fire, nextFireMs: null, missedCount: 0, missedFireMs: null, catchUp: true });
  });

  it('drops with skip everything when the newest fire is older than the grace', () => {
    const hourly = scheduleOf('@hourly');
    const nowMs = START + 3 * 60 * MINUTE_MS + MISFIRE_GRACE_MS + 1;
    expect(plan({ schedule: hourly, misfire: 'skip', nowMs })).to.deep.equal({
      run: null,
      fireAt: START + 180 * MINUTE_MS,
      nextFireMs: START + 240 * MINUTE_MS,
      missedCount: 3,
      missedFireMs: START + 180 * MINUTE_MS,
      catchUp: false,
    });
  });

  it('serves with skip a fire that is exactly as old as the grace', () => {
    const nowMs = START + 180 * MINUTE_MS + MISFIRE_GRACE_MS;
    expect(plan({ schedule: scheduleOf('@hourly'), misfire: 'skip', nowMs })).to.deep.include({
      run: START + 180 * MINUTE_MS,
      missedCount: 2,
      missedFireMs: START + 120 * MINUTE_MS,
      catchUp: true,
    });
  });

  it('serves with all the oldest of the newest fires within the limit', () => {
    const first = plan({ misfire: 'all', misfireLimit: 3, nowMs: START + 5 * MINUTE_MS });
    expect(first).to.deep.equal({
      run: START + 3 * MINUTE_MS,
      fireAt: START + 3 * MINUTE_MS,
      nextFireMs: START + 4 * MINUTE_MS,
      missedCount: 2,
      missedFireMs: START + 2 * MINUTE_MS,
      catchUp: true,
    });
    const second = plan({
      misfire: 'all',
      misfireLimit: 3,
      lastFireMs: START + 3 * MINUTE_MS,
      nowMs: START + 5 * MINUTE_MS,
    });
    expect(second).to.deep.include({ run: START + 4 * MINUTE_MS, missedCount: 0, missedFireMs: null, catchUp: true });
  });

  it('serves or counts every fire once, whatever the policy, the limit and the pauses', () => {
    const pauses = fc.array(fc.integer({ min: 0, max: 9 * MINUTE_MS }), { minLength: 1, maxLength: 12 });
    const policies = fc.constantFrom('latest' as const, 'skip' as const, 'all' as const);
    const property = fc.property(policies, fc.integer({ min: 1, max: 6 }), pauses, (misfire, misfireLimit, waits) => {
      let [lastFireMs, nowMs, taken] = [START, START, 0];
      for (const wait of waits) {
        nowMs += wait;
        const decision = plan({ misfire, misfireLimit, lastFireMs, nowMs });
        if (decision === null) continue;
        checkDecision(decision, lastFireMs, nowMs);
        taken += decision.missedCount + (decision.run === null ? 0 : 1);
        lastFireMs = decision.fireAt;
      }
      expect(taken).to.equal(everyMinute.count(START, lastFireMs));
      if (misfire !== 'all') expect(everyMinute.count(lastFireMs, nowMs)).to.equal(0);
    });
    fc.assert(property, { numRuns: 200 });
  });

  it('plans a year of missed seconds as quickly as one', () => {
    const nowMs = START + 365 * 1440 * MINUTE_MS;
    const seconds = 365 * 86_400;
    const started = performance.now();
    expect(plan({ schedule: everySecond, misfire: 'latest', nowMs })).to.include({
      run: nowMs,
      missedCount: seconds - 1,
    });
    expect(plan({ schedule: everySecond, misfire: 'all', misfireLimit: 100, nowMs })).to.include({
      run: nowMs - 99_000,
      missedCount: seconds - 100,
      missedFireMs: nowMs - 100_000,
    });
    expect(performance.now() - started).to.be.lessThan(50);
  });
});

function checkDecision(decision: MisfirePlan, lastFireMs: number, nowMs: number): void {
  expect(decision.fireAt).to.be.within(lastFireMs + 1, nowMs);
  expect(decision.nextFireMs).to.equal(everyMinute.next(decision.fireAt));
  if (decision.run !== null) expect(decision.run).to.equal(decision.fireAt);
  expect(decision.missedCount === 0).to.equal(decision.missedFireMs === null);
}

function plan(question: Partial<Parameters<typeof planMisfire>[0]>): MisfirePlan | null {
  const defaults = {
    schedule: everyMinute,
    misfire: 'latest',
    misfireLimit: 100,
    lastFireMs: START,
    nowMs: START,
  } as const;
  return planMisfire({ ...defaults, ...question });
}

function scheduleOf(cron: string) {
  return createSchedule({ cron, timezone: 'UTC', dst: { gap: 'next', overlap: null } });
}

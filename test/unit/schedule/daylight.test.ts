// The daylight-saving rule on known nights, by the table.

import { expect } from 'chai';
import { createSchedule, type DstRule, upcoming } from '../../../runtime/schedule/schedule.js';

const BY_RULE: DstRule = { gap: 'next', overlap: null };

interface Night {
  readonly title: string;
  readonly cron: string;
  readonly timezone: string;
  readonly dst?: DstRule;
  readonly from: string;
  readonly fires: readonly string[];
}

describe('a change of the clock', () => {
  const nights: Night[] = [
    {
      title: 'moves a time in the gap to its end',
      cron: '30 2 * * *',
      timezone: 'Europe/Berlin',
      from: '2026-03-28T01:30:00Z',
      fires: ['2026-03-29T01:00:00Z', '2026-03-30T00:30:00Z'],
    },
    {
      title: 'drops a time in the gap on demand',
      cron: '30 2 * * *',
      timezone: 'Europe/Berlin',
      dst: { gap: 'skip', overlap: null },
      from: '2026-03-28T01:30:00Z',
      fires: ['2026-03-30T00:30:00Z'],
    },
    {
      title: 'lets several times in one gap fire once',
      cron: '10,20,30 2 * * *',
      timezone: 'Europe/Berlin',
      from: '2026-03-28T12:00:00Z',
      fires: ['2026-03-29T01:00:00Z', '2026-03-30T00:10:00Z'],
    },
    {
      title: 'does not fire twice when the end of the gap fires by itself',
      cron: '0,30 2,3 * * *',
      timezone: 'Europe/Berlin',
      from: '2026-03-28T12:00:00Z',
      fires: ['2026-03-29T01:00:00Z', '2026-03-29T01:30:00Z', '2026-03-30T00:00:00Z'],
    },
    {
      title: 'moves a time in a half-hour gap to its end',
      cron: '15 2 * * *',
      timezone: 'Australia/Lord_Howe',
      from: '2026-10-03T00:00:00Z',
      fires: ['2026-10-03T15:30:00Z', '2026-10-04T15:15:00Z'],
    },
    {
      title: 'moves a day that the calendar left out to the first instant of the next',
      cron: '0 12 * * *',
      timezone: 'Pacific/Apia',
      from: '2011-12-29T00:00:00Z',
      fires: ['2011-12-29T22:00:00Z', '2011-12-30T10:00:00Z', '2011-12-30T22:00:00Z'],
    },
    {
      title: 'moves midnight where the gap begins at midnight',
      cron: '@daily',
      timezone: 'America/Sao_Paulo',
      from: '2018-11-03T12:00:00Z',
      fires: ['2018-11-04T03:00:00Z', '2018-11-05T02:00:00Z'],
    },
    {
      title: 'lets a repeated fixed time fire the first time only',
      cron: '30 2 * * *',
      timezone: 'Europe/Berlin',
      from: '2026-10-24T12:00:00Z',
      fires: ['2026-10-25T00:30:00Z', '2026-10-26T01:30:00Z'],
    },
    {
      title: 'lets a repeated fixed time fire both times on demand',
      cron: '30 2 * * *',
      timezone: 'Europe/Berlin',
      dst: { gap: 'next', overlap: 'both' },
      from: '2026-10-24T12:00:00Z',
      fires: ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z', '2026-10-26T01:30:00Z'],
    },
    {
      title: 'keeps the second pass of a yearly job on demand',
      cron: '30 2 25 10 *',
      timezone: 'Europe/Berlin',
      dst: { gap: 'next', overlap: 'both' },
      from: '2026-10-25T00:30:00Z',
      fires: ['2026-10-25T01:30:00Z', '2027-10-25T00:30:00Z'],
    },
    {
      title: 'keeps the last second pass of a schedule that ends in it',
      cron: '0 30 2-2 25 10 ? 2026',
      timezone: 'Europe/Berlin',
      from: '2026-10-25T00:30:00Z',
      fires: ['2026-10-25T01:30:00Z'],
    },
    {
      title: 'lets an hourly job fire in both passes',
      cron: '30 * * * *',
      timezone: 'Europe/Berlin',
      from: '2026-10-25T00:00:00Z',
      fires: ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z', '2026-10-25T02:30:00Z'],
    },
    {
      title: 'lets an hourly job fire in the first pass only on demand',
      cron: '30 * * * *',
      timezone: 'Europe/Berlin',
      dst: { gap: 'next', overlap: 'first' },
      from: '2026-10-25T00:00:00Z',
      fires: ['2026-10-25T00:30:00Z', '2026-10-25T02:30:00Z'],
    },
    {
      title: 'lets a half hour repeat where the clock goes back by one',
      cron: '45 1 * * *',
      timezone: 'Australia/Lord_Howe',
      from: '2026-04-04T00:00:00Z',
      fires: ['2026-04-04T14:45:00Z', '2026-04-05T15:15:00Z'],
    },
  ];
  for (const night of nights) {
    it(`${night.title}: ${night.cron} in ${night.timezone}`, () => {
      const schedule = createSchedule({ dst: BY_RULE, ...night });
      const expected = night.fires.map((fire) => Date.parse(fire));
      const from = Date.parse(night.from);
      expect(upcoming(schedule, from, expected.length)).to.deep.equal(expected);
      expect(expected.map((fire) => schedule.latest(from, fire + 999))).to.deep.equal(expected);
      expect(expected.map((fire) => schedule.count(from, fire))).to.deep.equal(expected.map((_, index) => index + 1));
    });
  }
});

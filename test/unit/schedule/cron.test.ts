// Every element of every dialect, and what it matches.

import { expect } from 'chai';
import { CronTime } from 'cron';
import { parseCron } from '../../../runtime/schedule/cron.js';
import { createSchedule, upcoming } from '../../../runtime/schedule/schedule.js';

const DST = { gap: 'next', overlap: null } as const;

describe('a cron expression', () => {
  const dialects: [text: string, dialect: string][] = [
    ['* * * * *', 'five'],
    ['0 12 * * WED', 'five'],
    ['0 12 * JUL *', 'five'],
    ['* * * * * *', 'six'],
    ['0 0 12 * JUL WED', 'six'],
    ['0 0/1 * * * ?', 'quartz'],
    ['0 0 12 L * *', 'quartz'],
    ['0 0 12 * * 6L', 'quartz'],
    ['0 0 12 * * FRI#2', 'quartz'],
    ['0 0 12 * * * 2030', 'quartz'],
    ['@daily', 'nickname'],
    ['  @Hourly ', 'nickname'],
  ];
  for (const [text, dialect] of dialects) {
    it(`"${text}" is read as ${dialect}`, () => expect(parseCron(text).dialect).to.equal(dialect));
  }

  const minutes: [field: string, values: number[]][] = [
    ['0', [0]],
    ['59', [59]],
    ['5,1,5', [1, 5]],
    ['10-13', [10, 11, 12, 13]],
    ['58-1', [0, 1, 58, 59]],
    ['50-10/5', [0, 5, 10, 50, 55]],
    ['52-10/7', [6, 52, 59]],
    ['*/20', [0, 20, 40]],
    ['0/20', [0, 20, 40]],
    ['7/25', [7, 32, 57]],
    ['10-30/10', [10, 20, 30]],
    ['10-30/10,31', [10, 20, 30, 31]],
    ['59/1', [59]],
    ['0-58', Array.from({ length: 59 }, (_, index) => index)],
    ['0-59', Array.from({ length: 60 }, (_, index) => index)],
    ['1-59', Array.from({ length: 59 }, (_, index) => index + 1)],
    ['7-7', [7]],
  ];
  for (const [field, values] of minutes) {
    it(`minute ${field} matches what it says`, () => {
      expect(parseCron(`${field} * * * *`).minutes).to.deep.equal(values);
      expect(parseCron(`${field} * * * * *`).seconds).to.deep.equal(values);
    });
  }

  it('keeps the highest value of every field out when the expression does', () => {
    const { seconds, minutes: minute, hours } = parseCron('0-58 0-58 0-22 * * *');
    expect([seconds.at(-1), minute.at(-1), hours.at(-1)]).to.deep.equal([58, 58, 22]);
    expect(datesOf('0 0 12 1-30 * *', 2026, 1).at(-1)).to.equal(30);
    expect(datesOf('0 0 12 * 1-11 *', 2026, 12)).to.deep.equal([]);
    expect(datesOf('0 0 12 * * 0-5', 2026, 1)).to.not.include(3);
  });

  const openHours: [field: string, open: boolean][] = [
    ['2', false],
    ['1,2,3', false],
    ['*', true],
    ['*/2', true],
    ['1/2', true],
    ['0-23', true],
    ['22-2', true],
    ['1,5-6', true],
  ];
  for (const [field, open] of openHours) {
    it(`hour ${field} is ${open ? 'an interval' : 'fixed'}`, () => {
      expect(parseCron(`0 ${field} * * *`).repeatsHours).to.equal(open);
    });
  }

  const nicknames: [name: string, same: string][] = [
    ['@yearly', '0 0 1 1 *'],
    ['@annually', '0 0 1 1 *'],
    ['@monthly', '0 0 1 * *'],
    ['@weekly', '0 0 * * SUN'],
    ['@daily', '0 0 * * *'],
    ['@midnight', '0 0 * * *'],
    ['@hourly', '0 * * * *'],
  ];
  for (const [name, same] of nicknames) {
    it(`${name} is ${same}`, () => {
      const from = Date.UTC(2026, 4, 5);
      expect(fires(name, from, 5)).to.deep.equal(fires(same, from, 5));
    });
  }
});

describe('the dates of an expression', () => {
  // June 2026 begins on a Monday and has 30 days; August begins on a Saturday, May ends on a Sunday, February has 28 days.
  const tables: [dateFields: string, month: number, days: number[]][] = [
    ['1,15 * *', 6, [1, 15]],
    ['31 * *', 6, []],
    ['29-2 * *', 6, [1, 2, 29, 30]],
    ['*/10 * *', 6, [1, 11, 21]],
    ['5/10 * *', 6, [5, 15, 25]],
    ['* * 1', 6, [1, 8, 15, 22, 29]],
    ['* * 0', 6, [7, 14, 21, 28]],
    ['* * 7', 6, [7, 14, 21, 28]],
    ['* * sun', 6, [7, 14, 21, 28]],
    ['* * 6-7', 6, [6, 7, 13, 14, 20, 21, 27, 28]],
    ['* * 7-1', 6, [1, 7, 8, 14, 15, 21, 22, 28, 29]],
    ['* * 0-7', 6, Array.from({ length: 30 }, (_, index) => index + 1)],
    ['* * FRI-MON/3', 6, [1, 5, 8, 12, 15, 19, 22, 26, 29]],
    ['* * 5/1', 6, [5, 6, 12, 13, 19, 20, 26, 27]],
    ['13 * FRI', 6, [5, 12, 13, 19, 26]],
    ['* NOV-FEB *', 6, []],
    ['1 nov-feb *', 2, [1]],
    ['1 6 *', 6, [1]],
    ['1 Jun,JUL *', 6, [1]],
    ['? * 1', 6, [7, 14, 21, 28]],
    ['? * 7', 6, [6, 13, 20, 27]],
    ['? * 2-6', 2, [2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 23, 24, 25, 26, 27]],
    ['? * FRI-MON', 2, [1, 2, 6, 7, 8, 9, 13, 14, 15, 16, 20, 21, 22, 23, 27, 28]],
    ['? * 6-2', 2, [1, 2, 6, 7, 8, 9, 13, 14, 15, 16, 20, 21, 22, 23, 27, 28]],
    ['? * L', 6, [6, 13, 20, 27]],
    ['? * 6L', 6, [26]],
    ['? * friL', 6, [26]],
    ['? * TUEL', 6, [30]],
    ['? * 6#3', 6, [19]],
    ['? * MON#5', 6, [29]],
    ['? * WED#5', 6, []],
    ['? * MON#1,FRI#3,SATL', 6, [1, 19, 27]],
    ['? * TUE,FRIL', 6, [2, 9, 16, 23, 26, 30]],
    ['L * ?', 6, [30]],
    ['L * ?', 2, [28]],
    ['l * ?', 2, [28]],
    ['L-3 * ?', 6, [27]],
    ['L-29 * ?', 6, [1]],
    ['L-30 * ?', 6, []],
    ['LW * ?', 5, [29]],
    ['LW * ?', 2, [27]],
    ['L-1W * ?', 5, [29]],
    ['15W * ?', 8, [14]],
    ['16W * ?', 8, [17]],
    ['17W * ?', 8, [17]],
    ['1W * ?', 8, [3]],
    ['31W * ?', 5, [29]],
    ['31W * ?', 6, []],
    ['1,15W,L * *', 8, [1, 14, 31]],
  ];
  for (const [dateFields, month, days] of tables) {
    it(`${dateFields} are ${days.join(', ') || 'none'} in month ${month} of 2026`, () => {
      expect(datesOf(`0 0 12 ${dateFields}`, 2026, month)).to.deep.equal(days);
    });
  }

  it('obey the year field', () => {
    const years = (field: string) =>
      fires(`0 0 0 1 1 ? ${field}`, Date.UTC(2025, 5, 1), 4).map((fire) => new Date(fire).getUTCFullYear());
    expect(years('2026')).to.deep.equal([2026]);
    expect(years('2027-2029')).to.deep.equal([2027, 2028, 2029]);
    expect(years('2020/4')).to.deep.equal([2028, 2032, 2036, 2040]);
    expect(years('2024,2030,2099')).to.deep.equal([2030, 2099]);
    expect(years('2020')).to.deep.equal([]);
    expect(years('*')).to.deep.equal([2026, 2027, 2028, 2029]);
  });

  it('are those of the cron package where it has the syntax', () => {
    const texts = ['*/7 3-5 1,15 * 2', '0 0 0 29 2 *', '15 4-20/3 13 * 5', '30 9 * 2,11 1-5', '0-58 5 12 31 * *'];
    for (const text of texts) {
      let at = new Date(Date.UTC(2026, 0, 1));
      const expected = Array.from({ length: 12 }, () => {
        if (text.includes(' 29 2 ') && at.getUTCFullYear() > 2030) return Number.NaN;
        at = new CronTime(text, 'UTC').getNextDateFrom(at, 'UTC').toJSDate();
        return at.getTime();
      }).filter((fire) => !Number.isNaN(fire));
      expect(fires(text, Date.UTC(2026, 0, 1), expected.length), text).to.deep.equal(expected);
    }
  });

  it('ignore surplus blanks', () => {
    expect(fires(' \t0  12 * *\t* ', 0, 3)).to.deep.equal(fires('0 12 * * *', 0, 3));
  });
});

function fires(cron: string, fromMs: number, count: number): number[] {
  return upcoming(createSchedule({ cron, timezone: 'UTC', dst: DST }), fromMs, count);
}

function datesOf(text: string, year: number, month: number): number[] {
  const mask = parseCron(text).daysOf(year, month);
  return Array.from({ length: 31 }, (_, index) => index + 1).filter((day) => (mask & (1 << (day - 1))) !== 0);
}

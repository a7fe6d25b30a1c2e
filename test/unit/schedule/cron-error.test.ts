// Expressions that cannot be used: where each is at fault, why, and what to write instead.

import { expect } from 'chai';
import { CronError, parseCron } from '../../../runtime/schedule/cron.js';
import { createSchedule, upcoming } from '../../../runtime/schedule/schedule.js';

const DST = { gap: 'next', overlap: null } as const;

describe('a cron expression that cannot be used', () => {
  const faults: [text: string, fault: string, message: RegExp, hint?: RegExp][] = [
    ['', '', /has 0 fields/],
    ['* * * *', '* * * *', /has 4 fields; 5 .* 6 .* 7/],
    ['0 0 0 1 1 ? 2030 x', '0 0 0 1 1 ? 2030 x', /has 8 fields/],
    ['@reboot', '@reboot', /nickname "@reboot" is unknown: allowed are @yearly/, /instance starts/],
    [' @dayly', '@dayly', /nickname "@dayly" is unknown/],
    ['60 * * * *', '60', /^minute 60 is out of range: allowed are 0-59$/, /is 0/],
    ['60 * * * * *', '60', /^second 60 /],
    ['0 24 * * *', '24', /^hour 24 is out of range: allowed are 0-23$/, /midnight is hour 0/],
    ['0 0 0 * *', '0', /^day of month 0 is out of range: allowed are 1-31$/],
    ['0 0 1,2,32 * *', '32', /^day of month 32 /],
    ['0 0 1 0 *', '0', /^month 0 is out of range: allowed are 1-12 and JAN-DEC$/],
    ['0 0 * * 8', '8', /^weekday 8 is out of range: allowed are 0-7 and SUN-SAT$/],
    ['0 0 0 ? * 0', '0', /^weekday 0 is out of range: allowed are 1-7 and SUN-SAT$/, /1 = SUN/],
    ['0 0 0 ? * 8', '8', /^weekday 8 /],
    ['0 0 0 1 1 ? 1969', '1969', /^year 1969 is out of range: allowed are 1970-2099$/],
    ['0 0 0 1 1 ? 2030-2026', '2030-2026', /^year "2030-2026" ends before it begins$/, /do not wrap/],
    ['0 0 * * monday', 'monday', /^weekday "monday" is not valid/, /write MON/],
    ['0 0 1 sept *', 'sept', /^month "sept" is not valid/, /write SEP/],
    ['x * * * *', 'x', /^minute "x" is not valid: allowed are 0-59$/],
    ['1.5 * * * *', '1.5', /^minute "1.5" is not valid/],
    ['? * * * * *', '?', /^second "\?" is not valid/, /day of month or weekday only/],
    ['0 0 0 ?,1 * *', '?', /^day of month "\?" is not valid/, /stand alone/],
    ['0 0 0 ? * ?', '?', /stands for both day of month and weekday/, /\*/],
    ['0 0 0 5 * MON 2030', 'MON', /either a day of month \("5"\) or a weekday \("MON"\)/, /write \?/],
    ['0 0 0 L * MON', 'MON', /either a day of month/],
    ['0 0 L * *', 'L', /Quartz syntax, which has a seconds field/, /write 0 0 0 L \* \*/],
    ['0 0 ? * MON', '?', /Quartz syntax/],
    ['0 0 * * 5L', '5L', /Quartz syntax/],
    ['0 0 0 ? * MON#6', 'MON#6', /^weekday "MON#6" is not valid: "#" takes 1-5$/, /FRIL/],
    ['0 0 0 ? * MON#', 'MON#', /"#" takes 1-5/],
    ['0 0 0 ? * 9#1', '9', /^weekday 9 is out of range/],
    ['0 0 0 L-31 * ?', 'L-31', /^day of month "L-31" is out of range: allowed are L-1 to L-30$/],
    ['0 0 0 32W * ?', '32', /^day of month 32 is out of range/],
    ['0 0 0 1-5W * ?', '1-5W', /^day of month "1-5W" is not valid/, /15W/],
    ['0 L * * * ?', 'L', /^minute "L" is not valid/, /belong to the day of month/],
    ['5- * * * *', '5-', /^minute "5-" lacks a value beside "-"$/],
    ['-5 * * * *', '-5', /^minute "-5" lacks/],
    ['1,,2 * * * *', '1,,2', /^minute "1,,2" lacks a value beside ","$/],
    ['1-2-3 * * * *', '1-2-3', /more than one "-"/],
    ['*/2/3 * * * *', '*/2/3', /more than one "\/"/],
    ['*/ * * * *', '*/', /lacks a value beside "\/"/],
    ['*/x * * * *', 'x', /^minute step "x" is not a whole number$/],
    ['*/0 * * * *', '0', /^minute step 0 never moves on$/, /smallest step is 1/],
    ['*/90 * * * *', '90', /^minute step 90 is larger than its range 0-59, so it never steps$/, /write 0/],
    ['10-20/11 * * * *', '11', /^minute step 11 is larger than its range 10-20/, /largest step here is 10/],
    ['0 */24 * * *', '24', /^hour step 24 /],
    ['** * * * *', '**', /^minute "\*\*" is not valid/, /stands alone/],
    ['0 0 30 2 *', '30 2 *', /never fires: no date has day of month 30, month 2/],
    ['0 0 31 FEB,APR,JUN,SEP,NOV *', '31 FEB,APR,JUN,SEP,NOV *', /never fires/],
    ['0 0 0 29 2 ? 2027', '29 2 ? 2027', /never fires: .* year 2027$/],
    ['0 0 0 30W 2 ?', '30W 2 ?', /never fires/],
    ['0 0 0 L-29 2 ?', 'L-29 2 ?', /never fires/],
    ['0 0 0 ? 2 MON#5 2026', '? 2 MON#5 2026', /never fires/],
  ];
  for (const [text, fault, message, hint] of faults) {
    it(`"${text}" is refused at "${fault}"`, () => {
      const error = errorOf(text);
      expect(error.message).to.match(message);
      expect(text.slice(error.offset, error.offset + error.length)).to.equal(fault);
      if (hint !== undefined) expect(error.hint).to.match(hint);
    });
  }

  it('points at the field at fault and not at its twin', () => {
    expect(errorOf('0 0 0 * *').offset).to.equal(4);
    expect(errorOf('  7 7,99 * * *').offset).to.equal(6);
    expect(errorOf('0 0 5 * 5L').offset).to.equal(8);
  });

  it('is accepted as soon as it fires once', () => {
    expect(fires('0 0 29 2 *', Date.UTC(2026, 0, 1), 1)).to.deep.equal([Date.UTC(2028, 1, 29)]);
    expect(fires('0 0 30 2 1', Date.UTC(2026, 0, 1), 1)).to.deep.equal([Date.UTC(2026, 1, 2)]);
    expect(fires('0 0 0 ? FEB SAT#5', Date.UTC(2026, 0, 1), 1)).to.deep.equal([Date.UTC(2048, 1, 29)]);
  });
});

function fires(cron: string, fromMs: number, count: number): number[] {
  return upcoming(createSchedule({ cron, timezone: 'UTC', dst: DST }), fromMs, count);
}

function errorOf(text: string): CronError {
  try {
    parseCron(text);
  } catch (error) {
    expect(error).to.be.instanceOf(CronError);
    return error as CronError;
  }
  throw new Error(`"${text}" was accepted`);
}

// Cron expressions drawn at random together with what they mean, so that nothing that judges them parses text.
//
// The meaning of a field is a predicate on its values, walked or counted in the plainest words that decide it; that of a
// date is asked of one day at a time. Nothing here may use runtime/schedule.

import fc from 'fast-check';

export interface Civil {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
}

export interface DrawnField {
  readonly text: string;
  readonly has: (value: number) => boolean;
}

export interface DrawnHours extends DrawnField {
  readonly open: boolean;
}

export interface DrawnDate {
  readonly fields: readonly [day: string, month: string, weekday: string];
  readonly quartz: boolean;
  readonly has: (date: Civil) => boolean;
}

export interface DrawnRule {
  readonly gap: 'next' | 'skip';
  readonly overlap: 'first' | 'both' | null;
}

export interface Drawn {
  readonly text: string;
  readonly seconds: readonly number[];
  readonly minute: DrawnField;
  readonly hour: DrawnHours;
  readonly date: DrawnDate;
}

export function civil(year: number, month: number, day: number): Civil {
  return { year, month, day, weekday: new Date(Date.UTC(year, month - 1, day)).getUTCDay() };
}

const single = (min: number, max: number): fc.Arbitrary<DrawnField> =>
  fc.integer({ min, max }).map((only) => ({ text: `${only}`, has: (value) => value === only }));

const list = (min: number, max: number): fc.Arbitrary<DrawnField> =>
  fc
    .uniqueArray(fc.integer({ min, max }), { minLength: 2, maxLength: 4 })
    .map((values) => ({ text: values.join(','), has: (value) => values.includes(value) }));

const everyStep = (min: number, max: number): fc.Arbitrary<DrawnField> =>
  fc
    .integer({ min: 2, max: Math.floor((max - min) / 2) })
    .map((step) => ({ text: `*/${step}`, has: (value) => (value - min) % step === 0 }));

/** A range, wrapping as often as not, with a step as often as not: walked from its first value to its last. */
const range = (min: number, max: number): fc.Arbitrary<DrawnField> =>
  fc
    .tuple(fc.integer({ min, max }), fc.integer({ min, max }), fc.integer({ min: 1, max: 5 }))
    .filter(([from, to]) => from !== to)
    .map(([from, to, wish]) => {
      const walk = [from];
      for (let value = from; value !== to; walk.push(value)) value = value === max ? min : value + 1;
      const step = wish < walk.length ? wish : 1;
      const chosen = walk.filter((_, index) => index % step === 0);
      return { text: `${from}-${to}${step === 1 ? '' : `/${step}`}`, has: (value) => chosen.includes(value) };
    });

const fromStep = (min: number, max: number): fc.Arbitrary<DrawnField> =>
  fc
    .tuple(fc.integer({ min, max: max - 6 }), fc.integer({ min: 1, max: 6 }))
    .map(([from, step]) => ({ text: `${from}/${step}`, has: (value) => value >= from && (value - from) % step === 0 }));

const any: fc.Arbitrary<DrawnField> = fc.constant({ text: '*', has: () => true });

const minutes = fc.oneof(single(0, 59), list(0, 59), everyStep(0, 59), range(0, 59), fromStep(0, 59), any);

/** Changes come at night: fixed hours are mostly drawn from there. */
const hours: fc.Arbitrary<DrawnHours> = fc.oneof(
  fc.oneof(single(0, 4), single(0, 23), list(0, 5)).map((field) => ({ ...field, open: false })),
  fc.oneof(any, everyStep(0, 23), range(0, 23), fromStep(0, 23)).map((field) => ({ ...field, open: true })),
);

const seconds: fc.Arbitrary<{ text: string; values: number[] }> = fc.constantFrom(
  { text: '0', values: [0] },
  { text: '30', values: [30] },
  { text: '*/25', values: [0, 25, 50] },
  { text: '7,59', values: [7, 59] },
);

// --- dates, each rule in the plainest words that decide it ---

export function monthLength(year: number, month: number): number {
  return [
    31,
    year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28,
    31,
    30,
    31,
    30,
    31,
    31,
    30,
    31,
    30,
    31,
  ][month - 1] as number;
}

function isWorkday({ year, month, day }: Civil): boolean {
  return ![0, 6].includes(civil(year, month, day).weekday);
}

function workdaysOf({ year, month }: Civil): number[] {
  const days = Array.from({ length: monthLength(year, month) }, (_, index) => index + 1);
  return days.filter((day) => isWorkday(civil(year, month, day)));
}

function nearestWorkday(date: Civil, target: number): number | undefined {
  if (target < 1 || target > monthLength(date.year, date.month)) return undefined;
  return workdaysOf(date).sort((a, b) => Math.abs(a - target) - Math.abs(b - target))[0];
}

const NAMES = ['sun', 'Mon', 'TUE', 'wed', 'Thu', 'FRI', 'sat'];

type DayRule = Omit<DrawnDate, 'fields'> & { day: string; weekday: string };

const plainDates: fc.Arbitrary<DayRule> = fc.oneof(
  fc.constant({ day: '*', weekday: '*', quartz: false, has: () => true }),
  range(1, 31).map(({ text, has }) => ({
    day: text,
    weekday: '*',
    quartz: false,
    has: (date: Civil) => has(date.day),
  })),
  range(0, 6).map(({ text, has }) => ({ day: '*', weekday: text, quartz: false, has: (d: Civil) => has(d.weekday) })),
  fc.tuple(fc.integer({ min: 1, max: 31 }), fc.integer({ min: 0, max: 7 })).map(([day, weekday]) => ({
    day: `${day}`,
    weekday: `${weekday}`,
    quartz: false,
    has: (date: Civil) => date.day === day || date.weekday === weekday % 7,
  })),
);

const quartzDates: fc.Arbitrary<DayRule> = fc.oneof(
  fc.integer({ min: 0, max: 20 }).map((back) => ({
    day: back === 0 ? 'L' : `L-${back}`,
    weekday: '?',
    quartz: true,
    has: (date: Civil) => date.day === monthLength(date.year, date.month) - back,
  })),
  fc.constant({ day: 'LW', weekday: '*', quartz: true, has: (date: Civil) => workdaysOf(date).at(-1) === date.day }),
  fc.integer({ min: 1, max: 31 }).map((day) => ({
    day: `${day}W`,
    weekday: '?',
    quartz: true,
    has: (date: Civil) => nearestWorkday(date, day) === date.day,
  })),
  fc
    .tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1, max: 5 }), fc.boolean())
    .map(([weekday, nth, named]) => ({
      day: '?',
      weekday: `${named ? NAMES[weekday] : weekday + 1}#${nth}`,
      quartz: true,
      has: (date: Civil) => date.weekday === weekday && Math.ceil(date.day / 7) === nth,
    })),
  fc.tuple(fc.integer({ min: 0, max: 6 }), fc.boolean()).map(([weekday, named]) => ({
    day: '?',
    weekday: `${named ? NAMES[weekday] : weekday + 1}L`,
    quartz: true,
    has: (date: Civil) => date.weekday === weekday && date.day + 7 > monthLength(date.year, date.month),
  })),
  range(1, 7).map(({ text, has }) => ({
    day: '?',
    weekday: text,
    quartz: true,
    has: (date: Civil) => has(date.weekday + 1),
  })),
  fc.constant({ day: '?', weekday: '*', quartz: true, has: () => true }),
);

export const dates: fc.Arbitrary<DrawnDate> = fc
  .tuple(
    fc.oneof({ weight: 2, arbitrary: plainDates }, { weight: 1, arbitrary: quartzDates }),
    fc.oneof({ weight: 3, arbitrary: any }, { weight: 1, arbitrary: range(1, 12) }),
  )
  .map(([rule, month]) => ({
    fields: [rule.day, month.text, rule.weekday] as const,
    quartz: rule.quartz,
    has: (date: Civil) => month.has(date.month) && rule.has(date),
  }));

/** Expressions of every dialect with what they mean. */
export const expressions: fc.Arbitrary<Drawn> = fc
  .tuple(seconds, minutes, hours, dates, fc.boolean())
  .map(([second, minute, hour, date, short]) => {
    const five = short && !date.quartz;
    const tail = [minute.text, hour.text, ...date.fields].join(' ');
    return {
      text: five ? tail : `${second.text} ${tail}`,
      seconds: five ? [0] : second.values,
      minute,
      hour,
      date,
    };
  });

export const rules: fc.Arbitrary<DrawnRule> = fc.record({
  gap: fc.constantFrom('next' as const, 'skip' as const),
  overlap: fc.constantFrom('first' as const, 'both' as const, null, null),
});

/** A fixed and an open night expression: they meet the gap and the repetition of every change, whatever else is drawn. */
export const nightly: readonly Drawn[] = [nightExpression('23,0,1,2,3', false), nightExpression('23-3', true)];

function nightExpression(hour: string, open: boolean): Drawn {
  return {
    text: `17,47 ${hour} * * *`,
    seconds: [0],
    minute: { text: '17,47', has: (value) => value % 30 === 17 },
    hour: { text: hour, open, has: (value) => value <= 3 || value === 23 },
    date: { fields: ['*', '*', '*'], quartz: false, has: () => true },
  };
}

// Which dialect an expression is in, and its fields in one order whatever the dialect.
//
// Told apart by the text alone: nicknames (@daily); five fields; six, seconds first; and Quartz, which is seven fields,
// or six with ?, L, W or #. Five fields with a Quartz letter are refused and not guessed: Quartz would count
// their weekdays from 1. Fields that the text leaves out are filled in (second 0, every year). No field is read here.

import { reject, type Token } from './cron-error.js';
import { usesQuartzDays } from './day-rules.js';

export type CronDialect = 'five' | 'six' | 'quartz' | 'nickname';

/** The fields of an expression as they stand in the text. */
export interface FieldTokens {
  readonly dialect: CronDialect;
  readonly second: Token;
  readonly minute: Token;
  readonly hour: Token;
  readonly day: Token;
  readonly month: Token;
  readonly weekday: Token;
  readonly year: Token;
}

const NICKNAMES: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
]);

/** Splits an expression into fields. Throws CronError for an unknown nickname and a wrong number of fields. */
export function readTokens(expression: string): FieldTokens {
  const tokens = tokenize(expression);
  const first = tokens[0];
  if (first?.text.startsWith('@')) return readNickname(expression, first);
  if (tokens.length < 5 || tokens.length > 7) refuseFieldCount(expression, tokens.length);
  const dialect = tellDialect(expression, tokens);
  const absent = { offset: expression.length };
  const sixth = tokens.length === 5 ? [{ text: '0', ...absent }, ...tokens] : tokens;
  const [second, minute, hour, day, month, weekday, year = { text: '*', ...absent }] = sixth as [
    Token,
    Token,
    Token,
    Token,
    Token,
    Token,
    Token?,
  ];
  return { dialect, second, minute, hour, day, month, weekday, year };
}

function tokenize(expression: string): Token[] {
  return [...expression.matchAll(/\S+/g)].map((match) => ({ text: match[0], offset: match.index }));
}

function readNickname(expression: string, first: Token): FieldTokens {
  const whole = { text: expression.trim(), offset: first.offset };
  const fields = NICKNAMES.get(whole.text.toLowerCase());
  if (fields !== undefined) return { ...readTokens(fields), dialect: 'nickname' };
  const hint = /^@reboot$/i.test(whole.text)
    ? 'a schedule names times; to run when an instance starts, call the code there'
    : undefined;
  return reject(whole, `nickname "${whole.text}" is unknown: allowed are ${[...NICKNAMES.keys()].join(', ')}`, hint);
}

function refuseFieldCount(expression: string, count: number): never {
  const wanted = '5 (minute hour day month weekday), 6 (seconds first) or 7 (and a year) are needed';
  const whole = { text: expression, offset: 0 };
  reject(
    whole,
    `the expression has ${count} ${count === 1 ? 'field' : 'fields'}; ${wanted}`,
    'every five minutes is */5 * * * *',
  );
}

function tellDialect(expression: string, tokens: readonly Token[]): CronDialect {
  const [day, , weekday] = tokens.slice(tokens.length === 5 ? 2 : 3) as [Token, Token, Token];
  const quartz = usesQuartzDays(day.text, weekday.text);
  if (tokens.length === 5 && quartz) {
    const field = usesQuartzDays(day.text, '') ? day : weekday;
    reject(field, `"${field.text}" is Quartz syntax, which has a seconds field`, `write 0 ${expression.trim()}`);
  }
  if (tokens.length === 7 || quartz) return 'quartz';
  return tokens.length === 6 ? 'six' : 'five';
}

// Checks what goes into placeholders before a driver sees it.
// What must hold: a statement has exactly as many values as placeholders (SQLite reads a missing one as NULL), and
// each value is a string, a finite number or null (drivers expand objects into SQL).
import { DatabaseError } from './errors.js';
import type { SqlValue } from './step.js';

const QUOTED = /'(?:[^'\\]|\\.|'')*'|"[^"]*"|`[^`]*`/g;

/** @throws DatabaseError of kind `bug` */
export function checkValues(sql: string, values: readonly SqlValue[]): void {
  const expected = sql.replace(QUOTED, '').split('?').length - 1;
  if (expected !== values.length) throw misuse(`${expected} placeholders, ${values.length} values`, sql);
  const bad = values.findIndex((value) => !isSqlValue(value));
  if (bad >= 0) throw misuse(`value ${bad + 1} is neither string, finite number nor null`, sql);
}

function isSqlValue(value: unknown): boolean {
  return value === null || typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value));
}

function misuse(problem: string, sql: string): DatabaseError {
  const message = `${problem}: ${sql.slice(0, 200)}`;
  return new DatabaseError('bug', message, { cause: new TypeError(problem) });
}

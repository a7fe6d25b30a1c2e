// Does setting these columns take a row out of `where`? Pure. Two texts count as equal when any collation could say so: on a
// server whose columns ignore case, 'paid' still is 'PAID'.
import type { ColumnValues, Condition } from '../config.gen.js';

type Where = Readonly<Record<string, Condition>>;

/** Some condition is certainly false afterwards. */
export function settlesRow(where: Where, set: ColumnValues): boolean {
  return Object.entries(where).some(([name, condition]) => {
    const value = set[name];
    return value !== undefined && isFalse(condition, value);
  });
}

/** With NULL every comparison but IS NULL is; no constant can be set to a time. */
function isFalse(condition: Condition, value: string | number | boolean | null): boolean {
  if (condition === null) return value !== null;
  if (value === null) return true;
  if (typeof condition !== 'object') return !mayBeEqual(condition, value);
  return condition.in?.every((one) => !mayBeEqual(one, value)) ?? false;
}

function mayBeEqual(a: string | number | boolean, b: string | number | boolean): boolean {
  return plain(a) === plain(b);
}

function plain(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(Number(value));
  return value.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().trim();
}

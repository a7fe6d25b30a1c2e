// A claim as the statements see it: jobs.yaml's definition, and what the start-up check found out about the real table.
// What must hold: names are quoted everywhere (a column may be called `order`), values travel as placeholders. The only
// values in the text are whole numbers, which a server would else compare as floating point where the driver hands it a string.
import type { ClaimDefinition } from '../claim-types.js';
import type { Dialect } from '../db/dialect.js';
import type { SqlValue } from '../db/step.js';

import { createZone, type Zone } from '../schedule/zone.js';

/** The column that names a row's claim: nullable, VARCHAR(64). */
export const CLAIM_KEY = 'claim_key';

export interface TableFacts {
  /** TIMESTAMP columns: they know their instant, whatever zone the others are written in. */
  readonly timestamps: ReadonlySet<string>;
  /** Columns of integers. */
  readonly integers: ReadonlySet<string>;
  /** There is an index that begins with claim_key; else the columns that `where` compares lead it. */
  readonly ledByClaimKey: boolean;
}

export interface Claim extends TableFacts {
  readonly job: string;
  readonly definition: ClaimDefinition;
  readonly dialect: Dialect;
  /** The table was looked at; others may claim its rows, too. */
  readonly checked: boolean;
  /** null: UTC. */
  readonly zone: Zone | null;
}

/** The values of a row's primary key, as the database said them. */
export type RowKey = readonly SqlValue[];

/** @param facts null: nothing is known of the table, which is a table of SQLite's that nobody else can see */
export function createClaim(
  job: string,
  definition: ClaimDefinition,
  { dialect, facts }: { dialect: Dialect; facts: TableFacts | null },
): Claim {
  const zone = definition.timezone === 'UTC' ? null : createZone(definition.timezone);
  return { job, definition, dialect, zone, checked: facts !== null, ...(facts ?? NO_FACTS) };
}

const NO_FACTS: TableFacts = { timestamps: new Set(), integers: new Set(), ledByClaimKey: true };

/** Backticks, on SQLite too: there a misspelled name in double quotes would be a string. */
export function quoted(name: string): string {
  return `\`${name}\``;
}

/** Text with placeholders, and the values that stand for them. */
export interface Sql {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** How the value of a key column stands in a statement. */
function keyValue({ integers }: Claim, column: string, value: SqlValue): Sql {
  if (typeof value === 'string' && integers.has(column) && /^-?\d{1,20}$/.test(value))
    return { sql: value, values: [] };
  return { sql: '?', values: [value] };
}

/** SQL: the row is one of these. A list of pairs is written out: MariaDB would scan the whole table for `(a, b) IN (…)`. */
export function isOneOf(claim: Claim, keys: readonly RowKey[]): Sql {
  const { key } = claim.definition;
  const [first] = key;
  if (key.length === 1 && first !== undefined) {
    const parts = keys.map((values) => keyValue(claim, first, values[0] ?? null));
    return {
      sql: `${quoted(first)} IN (${parts.map(({ sql }) => sql).join(', ')})`,
      values: parts.flatMap(({ values }) => values),
    };
  }
  const rows = keys.map((values) =>
    key.map((column, at) => ({ column, ...keyValue(claim, column, values[at] ?? null) })),
  );
  const one = (row: (typeof rows)[number]) =>
    `(${row.map(({ column, sql }) => `${quoted(column)} = ${sql}`).join(' AND ')})`;
  return { sql: `(${rows.map(one).join(' OR ')})`, values: rows.flat().flatMap(({ values }) => values) };
}

/** In the order of their first difference, so that all instances lock rows in one order. */
export function sortedKeys<T extends { readonly key: RowKey }>(rows: readonly T[]): readonly T[] {
  return [...rows].sort((a, b) => compareKeys(a.key, b.key));
}

function compareKeys(a: RowKey, b: RowKey): number {
  for (const [at, left] of a.entries()) {
    const right = b[at] ?? null;
    if (left === right) continue;
    if (typeof left === 'number' && typeof right === 'number') return left - right;
    return String(left) < String(right) ? -1 : 1;
  }
  return 0;
}

/** Rows that one statement names: short enough for every server's range optimizer, and for SQLite's placeholders. */
const AT_ONCE = 500;

/** In parts that one statement each can name. */
export function inParts<T>(rows: readonly T[]): readonly (readonly T[])[] {
  const parts: T[][] = [];
  for (let at = 0; at < rows.length; at += AT_ONCE) parts.push(rows.slice(at, at + AT_ONCE));
  return parts;
}

// A table of an application's, with names that are words of SQL, and a claim on it; for tests of claims on every database.
// Rows are written and read with statements of our own, so that a wrong statement of the runtime cannot hide itself.

import { openClaims } from '../../runtime/claim/check.js';
import type { Claim } from '../../runtime/claim/claim.js';
import type { ClaimDefinition } from '../../runtime/claim-types.js';
import type { Database } from '../../runtime/db/database.js';

export const TABLE = 'order';

export interface OrderRow {
  readonly id: number;
  readonly group: string;
  readonly tries: number;
  readonly claim_key: string | null;
}

/** Rows in group PAID, oldest first; `over` says what is different. */
export function claimOf(over: Partial<ClaimDefinition> = {}): ClaimDefinition {
  return {
    table: TABLE,
    key: ['id'],
    where: [{ column: 'group', is: 'equal', value: 'PAID' }],
    orderBy: ['select'],
    batch: 10,
    concurrency: 1,
    columns: {
      id: 'integer',
      group: 'string',
      select: 'integer',
      tries: 'integer',
      at: 'date-time',
      flag: 'boolean',
      data: 'json',
    },
    done: { group: 'SHIPPED' },
    failed: null,
    maxAttempts: null,
    attemptsColumn: null,
    timezone: 'UTC',
    ...over,
  };
}

/** Counts, and gives up after three. */
export const COUNTED: Partial<ClaimDefinition> = {
  failed: { group: 'FAILED' },
  maxAttempts: 3,
  attemptsColumn: 'tries',
};

/** A fresh, empty table that fits `claimOf()`. */
export async function makeTable(database: Database, index = ['claim_key', 'group', 'select']): Promise<void> {
  const sqlite = database.dialect.name === 'sqlite';
  await database.execute(`DROP TABLE IF EXISTS \`${TABLE}\``, []);
  await database.execute(
    `CREATE TABLE \`${TABLE}\` (
       id INTEGER NOT NULL PRIMARY KEY, \`group\` VARCHAR(20) NOT NULL, \`select\` INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
       at ${sqlite ? 'TEXT' : 'DATETIME(3)'} NULL, flag ${sqlite ? 'TINYINT(1)' : 'TINYINT(1)'} NOT NULL DEFAULT 0,
       data ${sqlite ? 'TEXT' : 'JSON'} NULL, claim_key VARCHAR(64) NULL)`,
    [],
  );
  if (index.length > 0) await addIndex(database, index);
}

export async function addIndex(database: Database, columns: readonly string[]): Promise<void> {
  const list = columns.map((column) => `\`${column}\``).join(', ');
  await database.execute(`CREATE INDEX order_waiting ON \`${TABLE}\` (${list})`, []);
}

/** Rows `from` to `to`, in that order by `select`. */
export async function addRows(database: Database, from: number, to: number, group = 'PAID'): Promise<void> {
  for (let first = from; first <= to; first += 500) {
    const ids = Array.from({ length: Math.min(500, to - first + 1) }, (_, at) => first + at);
    await database.execute(
      `INSERT INTO \`${TABLE}\` (id, \`group\`, \`select\`) VALUES ${ids.map(() => '(?, ?, ?)').join(', ')}`,
      ids.flatMap((id) => [id, group, id]),
    );
  }
}

export async function set(
  database: Database,
  id: number,
  values: Readonly<Record<string, string | number | null>>,
): Promise<void> {
  const columns = Object.keys(values).map((column) => `\`${column}\` = ?`);
  await database.execute(`UPDATE \`${TABLE}\` SET ${columns.join(', ')} WHERE id = ?`, [...Object.values(values), id]);
}

export function orders(database: Database): Promise<readonly OrderRow[]> {
  return database.query<OrderRow>(`SELECT id, \`group\`, tries, claim_key FROM \`${TABLE}\` ORDER BY id`, []);
}

/** `SHIPPED 1-3 7` of each group, `!` where a claim stands. */
export async function groups(database: Database): Promise<string[]> {
  const found = new Map<string, number[]>();
  for (const { id, group, claim_key } of await orders(database)) {
    const name = claim_key === null ? group : `${group}!`;
    found.set(name, [...(found.get(name) ?? []), id]);
  }
  return [...found].map(([name, ids]) => `${name} ${ranges(ids)}`).sort();
}

function ranges(ids: readonly number[]): string {
  const parts: [number, number][] = [];
  for (const id of ids) {
    const last = parts.at(-1);
    if (last?.[1] === id - 1) last[1] = id;
    else parts.push([id, id]);
  }
  return parts.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(' ');
}

/** As the start-up check opens it. @throws DalJobError DJ7001 */
export async function openClaim(database: Database, over: Partial<ClaimDefinition> = {}): Promise<Claim> {
  const claims = await openClaims(database, { ship: { claim: claimOf(over) } });
  return claims.get('ship') as Claim;
}

// Rows that nobody works on any more are freed: those of instances that do not live, and those under keys that this instance
// has abandoned. Level-triggered, like the sweep of runs: it looks at what is.
// What must hold: owners are found by skipping from key to key through the index, so that the rows of living instances cost
// nothing however many they are; the rows themselves are written by primary key, each demanding its key. `~` comes after
// `:` in every collation that servers have; `;` does not.
import type { Instance } from '../lock/instance.js';
import { CLAIM_KEY, type Claim, quoted, type RowKey } from './claim.js';
import type { AbandonedKey } from './keys.js';
import { ownerIn } from './owner.js';
import { keyList, keyOf } from './rows.js';
import { releaseStep } from './settle.js';
import { leading } from './where.js';

const AT_ONCE = 500;

export interface Released {
  readonly table: string;
  readonly owner: string;
  readonly count: number;
}

/** Frees what instances left that live no more. @throws DatabaseError */
export async function releaseOrphans(instance: Instance, claim: Claim): Promise<readonly Released[]> {
  const owners = await findOwners(instance, claim);
  const alive = new Set(await living(instance, owners));
  const released: Released[] = [];
  for (const owner of owners.filter((id) => !alive.has(id))) {
    const count = await releaseAll(instance, claim, { from: `${owner}:`, to: `${owner}~` });
    if (count > 0) released.push({ table: claim.definition.table, owner, count });
  }
  return released;
}

/** Frees what carries a key that was abandoned here; how many rows. @throws DatabaseError */
export function releaseAbandoned(instance: Instance, claim: Claim, { key, unseen }: AbandonedKey): Promise<number> {
  return releaseAll(instance, claim, { from: key, to: `${key}~`, uncounted: unseen });
}

/** Ids of instances that rows are claimed by. Keys that are none of ours are left alone. */
async function findOwners({ database }: Instance, claim: Claim): Promise<readonly string[]> {
  const { sql, values } = leading(claim);
  const next = `SELECT MIN(${quoted(CLAIM_KEY)}) AS k FROM ${quoted(claim.definition.table)} WHERE ${sql} AND ${quoted(CLAIM_KEY)} > ?`;
  const owners: string[] = [];
  for (let after = ''; ; ) {
    const [row] = await database.query<{ k: string | null }>(next, [...values, after]);
    const key = row?.k ?? null;
    if (key === null) return owners;
    const owner = ownerIn(key, database);
    if (owner?.isOurs) owners.push(owner.id);
    after = owner === undefined ? key : `${owner.id}~`;
  }
}

/** Whatever application they are of: the table may be shared. (Those of another tablePrefix are left to themselves.) */
async function living({ database }: Instance, ids: readonly string[]): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const sql = `SELECT id FROM ${database.tables.job_instance} WHERE id IN (${ids.map(() => '?').join(', ')}) AND state = 'ALIVE'`;
  return (await database.query<{ id: string }>(sql, ids)).map(({ id }) => id);
}

interface Range {
  readonly from: string;
  readonly to: string;
  readonly uncounted?: boolean;
}

async function releaseAll(instance: Instance, claim: Claim, range: Range): Promise<number> {
  let count = 0;
  for (;;) {
    const found = await claimedWithin(instance, claim, range);
    for (const [claimKey, rows] of byClaim(found)) {
      const step = () => releaseStep(claim, { claimKey, rows }, range.uncounted);
      count += (await instance.database.transaction(step)) as number;
    }
    if (found.length < AT_ONCE) return count;
  }
}

interface Claimed {
  readonly key: RowKey;
  readonly claimKey: string;
}

async function claimedWithin({ database }: Instance, claim: Claim, { from, to }: Range): Promise<readonly Claimed[]> {
  const { sql, values } = leading(claim);
  const column = quoted(CLAIM_KEY);
  const found = await database.query<{ claimed_by: string }>(
    `SELECT ${keyList(claim)}, ${column} AS claimed_by FROM ${quoted(claim.definition.table)}
     WHERE ${sql} AND ${column} >= ? AND ${column} < ? LIMIT ${AT_ONCE}`,
    [...values, from, to],
  );
  return found.map((row) => ({ key: keyOf(claim, row), claimKey: row.claimed_by }));
}

function byClaim(rows: readonly Claimed[]): ReadonlyMap<string, readonly Claimed[]> {
  const groups = new Map<string, Claimed[]>();
  for (const row of rows) groups.set(row.claimKey, [...(groups.get(row.claimKey) ?? []), row]);
  return groups;
}

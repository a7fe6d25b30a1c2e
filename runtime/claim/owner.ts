// The key that a claim stamps on its rows: whose it is. The instance, a mark of the tables in which that instance has its
// row, and what is random: 59 characters.
// What must hold: an application's table may be claimed by jobs of two tablePrefixes, which know nothing of each other's
// instances. Who does not find an owner in tables of its own must not take it for dead, so it looks only for keys with its mark.
import { createHash, randomUUID } from 'node:crypto';
import type { Database } from '../db/database.js';
import { INSTANCE_ID_LENGTH } from '../db/tables.js';
import type { Instance } from '../lock/instance.js';

const MARK_LENGTH = 4;
const KEY = new RegExp(`^([0-9A-Za-z]{${INSTANCE_ID_LENGTH}}):(.{${MARK_LENGTH}})`);

/** For one claim of this instance. */
export function newClaimKey({ id, database }: Instance): string {
  return `${id}:${markOf(database)}${randomUUID().replaceAll('-', '')}`;
}

export interface Owner {
  readonly id: string;
  /** It has its row in the tables of this database and prefix. */
  readonly isOurs: boolean;
}

/** Who stamped that; undefined: it is no key of a claim. */
export function ownerIn(claimKey: string, database: Database): Owner | undefined {
  const [, id, mark] = KEY.exec(claimKey) ?? [];
  return id === undefined ? undefined : { id, isOurs: mark === markOf(database) };
}

function markOf({ tables }: Database): string {
  return createHash('sha256').update(tables.job_instance).digest('base64url').slice(0, MARK_LENGTH);
}

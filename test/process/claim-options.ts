// What the harness tells an instance that claims rows, and the table both know. Plain data, handed down as JSON in one
// environment variable; nothing here is known to the runtime.
import type { ClaimDefinition } from '../../runtime/claim-types.js';

export interface ClaimInstanceOptions {
  readonly url: string;
  readonly leaseMs: number;
  readonly graceMs: number;
  readonly shutdownMs: number;
  /** How long a row takes. */
  readonly rowMs: number;
  readonly batch: number;
}

export const PARCELS = 'parcels';
const INDEX = 'KEY parcels_ship (claim_key, state, place)';

export const CREATE_PARCELS = `CREATE TABLE ${PARCELS} (id INT NOT NULL PRIMARY KEY, state VARCHAR(10) NOT NULL, place INT NOT NULL,
  claim_key VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL, ${INDEX}) ENGINE=InnoDB`;

export function parcelClaim(batch: number): ClaimDefinition {
  return {
    table: PARCELS,
    key: ['id'],
    where: [{ column: 'state', is: 'equal', value: 'WAITING' }],
    orderBy: ['place'],
    ...{ batch, concurrency: 2, failed: null, maxAttempts: null, attemptsColumn: null, timezone: 'UTC' },
    columns: { id: 'integer', state: 'string', place: 'integer' },
    done: { state: 'SHIPPED' },
  };
}

// The statements that record calls, driven once each for docs/protocol.md: as steps.ts does for jobs.
import { systemClock } from '../../runtime/clock.js';
import type { Statement } from '../../runtime/db/step.js';
import type { Instance } from '../../runtime/lock/instance.js';
import { Abandoned } from '../../runtime/retry/abandoned.js';
import { type AfterwardRow, plainWay, recordAfterward } from '../../runtime/retry/afterward-record.js';
import { claimStep, releaseStep } from '../../runtime/retry/claim-step.js';
import { type CallRow, insertStatement } from '../../runtime/retry/insert.js';
import { freeOrphanRecords } from '../../runtime/retry/orphans.js';
import { outboxRow } from '../../runtime/retry/outbox.js';
import type { RecordedMethod } from '../../runtime/retry/recorded-call.js';
import { settleStep } from '../../runtime/retry/settle-step.js';

const CALL: CallRow = {
  ...{ id: 'id', service: 'payment', method: 'charge', args: '[]', argsHash: 'hash', maxRetries: 3, onCrash: 'hold' },
};
const FAILED: AfterwardRow = {
  ...{ id: 'id', service: 'payment', method: 'notify', args: '[]', argsHash: 'hash', key: 'key', maxRetries: 3 },
  ...{ delayMs: 1, errorName: 'Error', errorMessage: 'why' },
};

const KEY = { kind: 'beforehand', claimKey: 'key' } as const;
const QUOTA = { service: 'payment', method: 'charge', argsHash: 'hash', limit: 16 };
const WAITING = { id: 'id', ...QUOTA, args: '[]', args_hash: 'hash', attempt: 1, max_retries: 3, error_name: null };
const ORPHAN = { ...WAITING, on_crash: 'retry', owner: 'dead' };

type Drive = (instance: Instance) => Promise<unknown>;

/** Name of the block, the answers to its SELECTs, and what sends it. */
export const CALL_SCENARIOS: Readonly<
  Record<string, { readonly rows?: Readonly<Record<string, readonly object[]>>; readonly drive: Drive }>
> = {
  'record-before': { drive: (who) => sent(who, insertStatement(who, [CALL])) },
  'record-before-many': { drive: (who) => sent(who, insertStatement(who, [CALL, CALL])) },
  'record-outbox': { drive: (who) => sent(who, outbox(who)) },
  'record-after': { drive: (who) => recordAfterward(who, plainWay(who), FAILED) },
  'merge-after': { rows: { live_key: [{ id: 'live' }], 'WHERE id = ?': [] }, drive: merge },
  'claim-records': { rows: { 'ORDER BY next_at': [WAITING] }, drive: claimOne },
  'settle-success': { drive: (who) => settleOne(who, { state: 'SUCCEEDED' }) },
  'settle-retry': { drive: (who) => settleOne(who, { state: 'RETRY', delayMs: 1, error: new Error('why') }) },
  'release-records': {
    rows: { 'SELECT id': [{ id: 'id' }] },
    drive: (who) => who.database.transaction(() => releaseStep(who, KEY)),
  },
  'free-records': {
    rows: { 'LIMIT 100': [{ id: 'id' }], 't.max_retries': [ORPHAN] },
    drive: (who) => freeOrphanRecords(who, 'beforehand'),
  },
  'take-back': {
    drive: (who) => {
      const abandoned = new Abandoned(who, systemClock);
      abandoned.add(['id']);
      return abandoned.stop();
    },
  },
};

function claimOne(who: Instance): Promise<unknown> {
  const wanted = { ...KEY, quotas: [QUOTA], alone: false };
  return who.database.transaction(() => claimStep(who, wanted));
}

function settleOne(who: Instance, outcome: Parameters<typeof settleStep>[1][number]['outcome']): Promise<unknown> {
  const key = { ...KEY, id: 'id', service: 'payment', method: 'charge', attempt: 2, generation: null };
  const first = settleStep(who.database, [{ key, outcome, mergedDelayMs: 0 }]).next();
  return first.done === true ? Promise.resolve() : sent(who, first.value);
}

function sent(who: Instance, { sql, values }: Statement): Promise<unknown> {
  return who.database.execute(sql, values);
}

function outbox(who: Instance): Statement {
  const { service, method, argsHash, maxRetries, onCrash } = CALL;
  const recorded = { service, method, entry: { argsHash }, retry: { maxRetries, onCrash } } as RecordedMethod;
  return outboxRow(who, recorded, { args: [], stored: '[]' });
}

/** The key has a live record: the INSERT changes nothing. */
function merge(who: Instance): Promise<unknown> {
  const way = plainWay(who);
  const change = (statement: Statement) =>
    statement.sql.startsWith('INSERT') ? Promise.resolve(0) : way.change(statement);
  return recordAfterward(who, { ...way, change }, FAILED);
}

// A fire that is free although a run of it stands in job_log: a table was restored or edited by hand. The UNIQUE key of
// job_log is the second wall behind `fire_at`; a fire that runs into it would bar its job for ever.
// What must hold: only that one fire is closed, with a `skipped` row, note `duplicate`, and only when its run row is
// really there; what the same plan drops is written down as it would be by an acquire.
import { affected, rows, type SqlValue, type Step } from '../db/step.js';
import { CONDITION, lockRows, slotsAfter } from './acquire.js';
import { decide, type Grant } from './decide.js';
import type { Instance } from './instance.js';
import type { Job } from './job.js';
import { insertDecisions } from './logRow.js';
import { dueAt, type JobRow } from './row.js';
import { type Decided, decisionRowOf, missed } from './settle-fires.js';

/** Closes the fire that an acquire of this job alone met 1062 for. Empty: there is nothing to close any more. */
export function* closeDuplicate(instance: Instance, job: Job): Step<readonly Decided[]> {
  const [row] = yield* lockRows(instance, [job.name]);
  if (row === undefined) return [];
  const choice = decide(row, job);
  if (choice.do !== 'run' || !(yield* isLogged(instance, job, choice))) return [];
  if ((yield* dropGrant(instance, row, choice)) === 0) return [];
  const own = { job: job.name, outcome: 'skipped', fireMs: choice.fireMs, count: 1, note: 'duplicate' } as const;
  const dropped = choice.missed === null ? [] : [missed(row.name, choice.missed)];
  const lines = [{ ...decisionRowOf(own), manual: choice.manual }, ...dropped.map(decisionRowOf)];
  yield* insertDecisions(instance, lines, row.now_ms);
  return [own, ...dropped];
}

/** A newer fire may have come since the 1062: that one has no row, and is run by the next acquire. */
function* isLogged({ database, app }: Instance, job: Job, { manual, fireMs, attempt }: Grant): Step<boolean> {
  const found = yield* rows(
    `SELECT 1 AS found FROM ${database.tables.job_log}
     WHERE app = ? AND job_name = ? AND manual = ? AND fire_at = ? AND slot = '' AND attempt = ?`,
    [app, job.name, manual, fireMs, attempt],
  );
  return found.length > 0;
}

function* dropGrant({ database, app }: Instance, row: JobRow, grant: Grant): Step<number> {
  const slots: readonly SqlValue[] = Object.values(slotsAfter(row, grant));
  const after = { ...row, ...slotsAfter(row, grant), next_fire_at: grant.nextFireMs };
  return yield* affected(
    `UPDATE ${database.tables.job_info} SET rerun_fire_at = ?, queued_fire_at = ?, trigger_at = ?, trigger_input = ?, trigger_forced = ?,
       fire_at = ?, next_fire_at = ?, due_at = ?
     WHERE app = ? AND name = ? AND fence = ? AND status = 'IDLE' AND ${CONDITION[grant.from](database.dialect.now)}`,
    [...slots, grant.fireAt, grant.nextFireMs, dueAt(after, row.now_ms, false), app, row.name, row.fence, grant.fireMs],
  );
}

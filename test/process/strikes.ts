// Where faults of the proxy are aimed: at the COMMIT of an acquire or of a finish, told by the statements that went before
// it on the same connection. One aim serves one fault.
import type { Match, SeenStatement } from '../support/proxy.js';

/** COMMIT of a transaction that wrote rows of runs: they are acquired, and not started yet. */
export function commitOfAcquire(onTaken: (insert: string) => void = () => {}): Match {
  return commitAfter(/^INSERT INTO job_log.*'running'/s, onTaken);
}

/** COMMIT of a transaction that ended a run. */
export function commitOfFinish(): Match {
  return commitAfter(/^UPDATE job_log SET outcome/, () => {});
}

/** The one statement that starts a run of a job that every instance runs. */
export const START_EVERYWHERE = /^INSERT INTO job_log[^;]*SELECT/;
/** The holder gives its row back. */
export const FINISH =
  /^UPDATE job_info (FORCE INDEX \(PRIMARY\) )?SET status = 'IDLE', owner = NULL, acq_id = NULL,\s+run_kind/;
/** The row becomes the taker's. */
export const TAKE = /^UPDATE job_info SET status = 'RUNNING'/;
/** The row is locked. */
export const LOCK = /FOR UPDATE SKIP LOCKED/;
/** The instance keeps its lease. */
export const BEAT = /^UPDATE job_instance SET lease_until/;
/** Another instance's lease is over, says this one. */
export const MARK_DEAD = /^UPDATE job_instance AS i SET state = 'DEAD'/;

function commitAfter(statement: RegExp, onMatch: (before: string) => void): Match {
  const primed = new Map<number, string>();
  return ({ connection, sql }: SeenStatement) => {
    const before = primed.get(connection);
    if (statement.test(sql)) primed.set(connection, sql);
    else if (sql === 'COMMIT' || sql === 'START TRANSACTION') primed.delete(connection);
    if (sql !== 'COMMIT' || before === undefined) return false;
    onMatch(before);
    return true;
  };
}

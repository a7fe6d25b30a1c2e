// How long a stop may take: running handlers get their time, then their signal, then the grace and the time in which a
// healthy database writes their ends; then the stop goes on without them.
// What must hold: it ends, whatever the database does. A row may stand against its run's end for ever: its handler hangs
// between guard and COMMIT, or job_log cannot be written; the lease would be renewed as long as that.
// To go on is safe: each handler has ended or ignored its signal through the grace, as at any abort. The rows say RUNNING
// with an owner that is STOPPED, which is an owner that does not live: the sweep of others frees them as lost and raises
// the fence, after which a write of ours that is still under way finds 0 rows.
import { sleep } from './clock.js';
import type { Config } from './config.js';
import { DalJobError } from './errors.js';

/** What is under way when an instance stops. */
export interface Draining {
  /** Resolves when no run and no retry goes on, as far as the database knows. */
  whenEnded(): Promise<void>;
  /** Takes no more calls; resolves when those under way have ended. */
  detach(): Promise<void>;
  abortAll(reason: DalJobError): void;
}

/** An end is one transaction: a lost one runs into the limit of a statement, and is repeated. */
const LAST_STATEMENTS = 2;

/** Resolves when all has ended, or has had its time. */
export async function drain({ clock, timing }: Config, draining: Draining): Promise<void> {
  const over = new AbortController();
  const late = sleep(clock, timing.shutdownMs, over.signal).then(async () => {
    if (over.signal.aborted) return;
    draining.abortAll(new DalJobError('DJ3005', 'The instance is shutting down.'));
    await sleep(clock, timing.graceMs + LAST_STATEMENTS * timing.statementMs, over.signal);
  });
  await Promise.race([draining.whenEnded(), late]); // handlers and retries may make calls until then
  await Promise.race([draining.detach(), late]);
  over.abort();
  await late;
}

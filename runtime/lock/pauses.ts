// Which fires of a job that runs on every instance pauses leave out, for an instance that comes to them late: it was busy,
// or asleep. What must hold: a fire that a pause has recorded, or will record at its end, is neither run nor recorded by
// an instance. Not for jobs that run once: their fires stand still in their row while it is paused.
import type { Instance } from './instance.js';
import type { Job } from './job.js';

/** Of its fires those after `fromMs` up to `toMs`. */
export interface Pause {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The pauses that have a part in (afterMs, nowMs], oldest first. The one that goes on is asked for first, since it may end
 * meanwhile. None while another definition is in force: then nothing is ours to say. @throws DatabaseError
 */
export async function pausesBetween(
  instance: Instance,
  { name, defHash, schedule }: Job,
  { afterMs, nowMs }: { afterMs: number; nowMs: number },
): Promise<readonly Pause[]> {
  const { database, app } = instance;
  const [row] = await database.query<{ paused: 0 | 1; fire_at: number }>(
    `SELECT paused, fire_at FROM ${database.tables.job_info} WHERE app = ? AND name = ? AND def_hash = ?`,
    [app, name, defHash],
  );
  if (row === undefined) return [];
  const over = (await readEnded(instance, name, afterMs)).flatMap(({ fire_at, missed_count }): Pause[] => {
    const firstMs = schedule?.oldestOfNewest(missed_count, afterMs, fire_at) ?? null;
    return firstMs === null ? [] : [{ fromMs: firstMs - 1, toMs: fire_at }];
  });
  return row.paused ? [...over, { fromMs: Math.min(row.fire_at, nowMs), toMs: nowMs }] : over;
}

/** As `resume` has recorded them: at the newest fire that was left out, with how many. */
function readEnded({ database, app }: Instance, job: string, afterMs: number) {
  return database.query<{ readonly fire_at: number; readonly missed_count: number }>(
    `SELECT fire_at, missed_count FROM ${database.tables.job_log}
     WHERE app = ? AND job_name = ? AND manual = 0 AND fire_at > ? AND slot = '' AND attempt = 0
       AND outcome = 'skipped' AND note = 'paused' AND missed_count > 0 ORDER BY fire_at`,
    [app, job, afterMs],
  );
}

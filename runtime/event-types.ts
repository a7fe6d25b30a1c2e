// What `app.on` can listen to, and the shapes of it. Beside types.ts, which has jobs. A leaf: types only.
import type { RowCounts, RowFailed, RowsGivenUp, RowsReleased } from './claim-types.js';
import type { CallEvent } from './service-types.js';
import type { Outcome, RunKind } from './types.js';

/** A run, as events name it. `fireMs` and `startedMs` are UTC epoch milliseconds by the database's clock. */
export interface RunEvent {
  readonly job: string;
  readonly fireMs: number;
  readonly kind: RunKind;
  readonly attempt: number;
  readonly fence: number;
}

export interface RunFinished extends RunEvent {
  readonly outcome: Outcome;
  readonly durationMs: number;
  readonly error: unknown;
  /** What became of the rows it claimed. */
  readonly rows?: RowCounts;
}

/** A fire that no run serves, or not now. */
export interface FireEvent {
  readonly job: string;
  readonly fireMs: number;
  /** How many fire times it stands for. */
  readonly count: number;
  readonly note: string | null;
}

/** What `app.on` can listen to. Listeners are called synchronously; what they throw is logged and goes no further. */
export interface AppEvents {
  'instance.started': { readonly instance: string; readonly scheduling: boolean };
  'instance.stopped': { readonly instance: string };
  /** This instance's lease is over: its runs were aborted and it comes back under a new id. */
  'lease.lost': { readonly instance: string };
  /** This instance ended others whose leases were over. */
  'instance.ended': { readonly ended: readonly string[] };
  'run.started': RunEvent & { readonly startedMs: number };
  /** An attempt failed and another one follows in this run. */
  'run.retrying': RunEvent & { readonly error: unknown; readonly delayMs: number };
  'run.finished': RunFinished;
  /** The run's end could not be written: somebody else owns the job by now. */
  'run.fenced': RunEvent;
  /** The handler was still going when the grace after its abort ended. */
  'run.zombie': RunEvent;
  /** A run whose instance is gone was freed. */
  'run.lost': { readonly job: string; readonly fireMs: number; readonly owner: string; readonly rerun: boolean };
  /** One row of a batch was taken out of it by `fail()`. */
  'row.failed': RowFailed;
  /** Rows whose attempts were used up got what `failed` of jobs.yaml says. */
  'rows.givenUp': RowsGivenUp;
  /** Rows that an instance which is gone had claimed were freed. */
  'rows.released': RowsReleased;
  'fire.skipped': FireEvent;
  'fire.missed': FireEvent;
  'fire.queued': FireEvent;
  'fire.timedOut': FireEvent;
  'job.registered': { readonly redefined: readonly string[]; readonly retired: readonly string[] };
  /** An instance that started later has another definition of the job in force: this one no longer runs it. */
  'job.superseded': { readonly job: string };
  'database.down': { readonly error: Error };
  'database.up': { readonly downMs: number };
  /** A call that had failed, or was only recorded, was made from its record and returned. First calls are not told. */
  'call.succeeded': CallEvent;
  /** A recorded call failed and will be made again. */
  'call.retrying': CallEvent & { readonly error: unknown; readonly delayMs: number };
  /** A recorded call failed for good: its attempts are used up, or its error is not worth another. */
  'call.dead': CallEvent & { readonly error: unknown };
  /** This call was cut short, by an abort or with its instance: a person decides (`onCrash: hold`). */
  'call.unknown': CallEvent;
  /** A call failed whose key has a live record already: the record has the newest arguments now. */
  'retry.merged': { readonly service: string; readonly method: string; readonly key: string };
  /** A call failed and its record could not be written: nobody will make the call again. */
  'retry.lost': { readonly service: string; readonly method: string; readonly key: string; readonly error: unknown };
  /** The sweep met the same lock three times in a row. */
  'sweep.blocked': { readonly job: string };
  /** Something that should not happen; the loop went on. */
  bug: { readonly error: unknown };
}

/** How events are raised. */
export type Emit = <E extends keyof AppEvents>(event: E, data: AppEvents[E]) => void;

// The words of the witness's log: what instances say of their runs, and what the test harness says it did to them.
// One JSON object a line, in the order in which the witness got them. Times of judgement are the witness's own
// (`atMs`, monotonic); nothing an instance believes about time, and no table of the project, is evidence here.
import type { RunKind } from '../../runtime/types.js';

/** Which run, as its handler was told. */
export interface RunFacts {
  readonly job: string;
  /** The idempotency key: the identity of the fire. */
  readonly key: string;
  readonly fireTimeMs: number;
  readonly fence: number;
  readonly attempt: number;
  readonly kind: RunKind;
  readonly instance: string;
  readonly pid: number;
}

/** What a test promises of a job, and so what the checker may demand. */
export interface JobPlan {
  /** Runs on one instance at a time. */
  readonly single: boolean;
  /** Distance of its fires, which are multiples of it; null: not scheduled. */
  readonly everyMs: number | null;
  readonly onLost: 'skip' | 'rerun';
  /** 1 + maxRetries, or what reruns allow if that is more. */
  readonly maxAttempts: number;
  /** A handler that goes on past its abort signal: it may overlap with the next run once `timeoutMs` are over. */
  readonly ignoresSignal?: { readonly timeoutMs: number };
}

export interface Plan {
  readonly jobs: Readonly<Record<string, JobPlan>>;
  readonly leaseMs: number;
  /** A stall shorter than lease − margin excuses nothing. */
  readonly marginMs: number;
  /** How long a thawed holder may still run: its abort and grace. */
  readonly abortMs: number;
  /** S5: how far the witness's and the database's clocks may be apart. */
  readonly toleranceMs: number;
  /** L2: from an owner's death to the next run of its job. */
  readonly recoveryMs: number;
  /** L4: from the last fault to a run of every scheduled job. */
  readonly resumeMs: number;
  /** L5: from SIGTERM to the exit. */
  readonly stopMs: number;
}

/** A row of job_log as the harness read it at the end; evidence of what was recorded, never of what ran. */
export interface RecordedRow {
  readonly job: string;
  readonly key: string;
  readonly fireTimeMs: number;
  readonly slot: string;
  readonly attempt: number;
  readonly outcome: string;
  /** `missed`: how many fires it stands for, this one the newest. */
  readonly missedCount?: number;
  /** Of the owning process. */
  readonly pid?: number;
}

export type RunEvent =
  | ({ readonly event: 'START' } & RunFacts)
  | ({ readonly event: 'END'; readonly outcome: 'returned' | 'threw' } & RunFacts)
  /** The exclusive file of this fire and attempt existed already. */
  | ({ readonly event: 'DOUBLE' } & RunFacts)
  /** `accepted` as the resource decided. */
  | ({ readonly event: 'EFFECT'; readonly resource: string; readonly accepted: boolean } & RunFacts);

/** One execution of a service's method, as it knows itself. */
export interface CallFacts {
  /** Which call, as the test numbered it. */
  readonly call: number;
  readonly method: string;
  readonly attempt: number;
  /** From a record, by the dispatcher; false: by its caller. */
  readonly dispatched: boolean;
  readonly pid: number;
}

export type CallEvent =
  | ({ readonly event: 'CALL_START' } & CallFacts)
  | ({ readonly event: 'CALL_END'; readonly outcome: 'returned' | 'threw' } & CallFacts);

/** A batch of claimed rows with its handler. */
export type RowsEvent =
  | { readonly event: 'ROWS_START'; readonly batch: string; readonly pid: number; readonly rows: readonly number[] }
  | {
      readonly event: 'ROWS_END';
      readonly batch: string;
      readonly pid: number;
      readonly outcome: 'returned' | 'threw';
    };

export type HarnessEvent =
  | { readonly event: 'PLAN'; readonly plan: Plan }
  /** An instance runs. */
  | { readonly event: 'UP'; readonly pid: number }
  /** SIGKILL sent and the process reaped. */
  | { readonly event: 'KILL'; readonly pid: number }
  | { readonly event: 'STOP'; readonly pid: number }
  | { readonly event: 'CONT'; readonly pid: number }
  /** SIGTERM sent. */
  | { readonly event: 'TERM'; readonly pid: number }
  | { readonly event: 'EXIT'; readonly pid: number; readonly code: number | null }
  /** `isolates`: leases cannot be renewed meanwhile, of one instance (`pid`) or of all. HEAL of the same name ends it. */
  | { readonly event: 'FAULT'; readonly name: string; readonly isolates: boolean; readonly pid?: number }
  | { readonly event: 'HEAL'; readonly name: string }
  /** The database's clock is this far ahead of the machine's, from now on. */
  | { readonly event: 'DATABASE_CLOCK'; readonly offsetMs: number }
  | ({ readonly event: 'ROW' } & RecordedRow)
  /** The harness stopped watching: what is not there by now did not happen. */
  | { readonly event: 'FINISH' };

/** What the witness adds to each. */
export interface Stamp {
  readonly n: number;
  readonly atMs: number;
  /** Wall clock of the witness, which never runs under a faked one. */
  readonly wallMs: number;
}

export type Stamped<E> = E & Stamp;
export type WitnessEvent = Stamped<RunEvent | HarnessEvent | CallEvent | RowsEvent>;
export type Start = Stamped<Extract<RunEvent, { event: 'START' }>>;

/** One line of the socket: an event and the number to acknowledge it by; effects leave the judgement to the witness. */
export interface WitnessMessage {
  readonly id: number;
  readonly body: RunEvent | HarnessEvent | CallEvent | RowsEvent | Undecided;
}

/** An effect on the witness's own fenced resource. */
export type Undecided = Omit<Extract<RunEvent, { event: 'EFFECT' }>, 'accepted'> & { readonly accepted?: never };

export interface WitnessReply {
  readonly id: number;
  readonly accepted?: boolean;
}

// The shapes that generated code, user code and the runtime share: contexts, the registry, the app.
// A leaf: it imports types only, and nothing of ours but errors. Generated interfaces are concrete, so that
// tsc's messages name the user's own types; what is generic here is kept to what those interfaces plug into.
import type { Sequelize, Transaction } from 'sequelize';
import type { AnyServiceEntry, CallEvent, ServiceEntry } from './service-types.js';

export const OUTCOMES = [
  'running',
  'succeeded',
  'failed',
  'timed_out',
  'cancelled',
  'lost',
  'skipped',
  'missed',
] as const;
/** How a row of job_log stands. `running` is the only one that is not final. */
export type Outcome = (typeof OUTCOMES)[number];

export const RUN_KINDS = ['cron', 'manual', 'catch-up', 'rerun'] as const;
/** Why a run exists. Plain data in job_log, never part of its key. */
export type RunKind = (typeof RUN_KINDS)[number];

/** The logger handlers get, and the one an application may hand in (a subset of pino's and console's). */
export interface Log {
  debug(fields: object, message?: string): void;
  info(fields: object, message?: string): void;
  warn(fields: object, message?: string): void;
  error(fields: object, message?: string): void;
}

/** What a job's handler receives. */
export interface JobContext<Name extends string, Input, Services> {
  readonly job: Name;
  /** The instant the schedule names (or the instant of the request, for a manual run). */
  readonly fireTime: Date;
  readonly fireTimeMs: number;
  /** 1 for the first try. */
  readonly attempt: number;
  readonly kind: RunKind;
  readonly input: Input;
  readonly services: Services;
  /** Fencing token: larger than that of any earlier run of the job. 0 for jobs that run on every instance. */
  readonly fence: number;
  /** `app/job@fireTimeMs`, the same for every attempt and rerun of one fire. Manual runs: `app/job@fireTimeMs/manual`. */
  readonly idempotencyKey: string;
  /** Aborted at the timeout, when the lease is lost and at shutdown; `signal.reason` is a DalJobError. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** The application's Sequelize over the same database; the one of `app.sequelize`. */
  readonly sequelize: Sequelize;
  /**
   * For effects in the same database: the last statement before the caller's COMMIT.
   * @throws DalJobError DJ3003 when this run no longer owns the job: roll back.
   */
  readonly guard: (transaction: Transaction) => Promise<void>;
}

/** What a generated app knows of itself; all four are generated interfaces. */
export interface AppTypes {
  contexts: object;
  triggers: object;
  implementations: object;
  services: object;
}

export interface Backoff {
  readonly type: 'fixed' | 'exponential';
  readonly delayMs: number;
  readonly maxMs: number;
  /** Share of the delay that is drawn at random, 0 to 1. */
  readonly jitter: number;
}

export interface RetryPolicy {
  /** Names of error classes; `Error` is anything thrown. */
  readonly for: readonly string[];
  /** Attempts = 1 + maxRetries. */
  readonly maxRetries: number;
  readonly backoff: Backoff;
}

/** A job as jobs.yaml declares it, with every default filled in. Plain data. */
export interface JobDefinition {
  readonly description: string;
  /** null: manual only. */
  readonly cron: string | null;
  readonly timezone: string;
  readonly dst: { readonly gap: 'next' | 'skip'; readonly overlap: 'first' | 'both' | null };
  readonly globalSingle: boolean;
  readonly timeoutMs: number | null;
  readonly misfire: 'latest' | 'skip' | 'all';
  readonly misfireLimit: number;
  readonly overlap: 'skip' | 'queue';
  readonly onLost: 'skip' | 'rerun';
  readonly retry: RetryPolicy | null;
}

/** A compiled JSON Schema validator: ajv's standalone shape. */
export interface Validator {
  (data: unknown): boolean;
  errors?: null | readonly ValidationProblem[];
}

/** What ajv says of one place. */
export interface ValidationProblem {
  /** JSON pointer into the data. */
  readonly instancePath: string;
  readonly schemaPath?: string;
  readonly keyword?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly message?: string;
}

export interface InputDefinition {
  readonly validate: Validator;
  /** Given to runs that come without input. Absent: they get undefined, unless `required`. */
  readonly default?: unknown;
  readonly required: boolean;
}

export interface JobEntry<Context> {
  readonly definition: JobDefinition;
  readonly input: InputDefinition | null;
  /** Lazy, so that a handler may import the app, and one bad file is one failing job. */
  readonly load: () => Promise<(context: Context) => void | Promise<void>>;
}

// biome-ignore lint/suspicious/noExplicitAny: any class of error, whatever its constructor takes
export type ErrorClass = new (...args: any[]) => Error;

type ProxyOf<A extends AppTypes, N> = N extends keyof A['services'] ? A['services'][N] : never;

/** What `gen` makes of jobs.yaml and hands to createApp. */
export type Registry<A extends AppTypes> = {
  readonly app: string;
  /** Hash of the built model; the CLI compares it with jobs.yaml, instances tell versions apart by it. */
  readonly configHash: string;
  readonly database: { readonly url: string; readonly tablePrefix: string };
  readonly jobs: { readonly [N in keyof A['contexts']]: JobEntry<A['contexts'][N]> };
  readonly services: {
    readonly [N in keyof A['implementations']]: ServiceEntry<A['implementations'][N], ProxyOf<A, N>>;
  };
  readonly errors: { readonly [name: string]: { readonly load: () => Promise<ErrorClass> } };
};

/** The registry as the runtime walks it: by name, contexts unknown. */
export interface AnyRegistry {
  readonly app: string;
  readonly configHash: string;
  readonly database: { readonly url: string; readonly tablePrefix: string };
  // biome-ignore lint/suspicious/noExplicitAny: contexts are generated per job; the runtime builds them all alike
  readonly jobs: { readonly [name: string]: JobEntry<any> };
  readonly services: { readonly [name: string]: AnyServiceEntry };
  readonly errors: { readonly [name: string]: { readonly load: () => Promise<ErrorClass> } };
}

/** A run, as events name it. `fireMs` and `startedMs` are UTC epoch milliseconds by the database's clock. */
export interface RunEvent {
  readonly job: string;
  readonly fireMs: number;
  readonly kind: RunKind;
  readonly attempt: number;
  readonly fence: number;
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
  'run.finished': RunEvent & { readonly outcome: Outcome; readonly durationMs: number; readonly error: unknown };
  /** The run's end could not be written: somebody else owns the job by now. */
  'run.fenced': RunEvent;
  /** The handler was still going when the grace after its abort ended. */
  'run.zombie': RunEvent;
  /** A run whose instance is gone was freed. */
  'run.lost': { readonly job: string; readonly fireMs: number; readonly owner: string; readonly rerun: boolean };
  'fire.skipped': FireEvent;
  'fire.missed': FireEvent;
  'fire.queued': FireEvent;
  'fire.timedOut': FireEvent;
  'job.registered': { readonly redefined: readonly string[]; readonly retired: readonly string[] };
  'database.down': { readonly error: Error };
  'database.up': { readonly downMs: number };
  /** A recorded call failed and will be made again. */
  'call.retrying': CallEvent & { readonly error: unknown; readonly delayMs: number };
  /** A recorded call failed for good: its attempts are used up, or its error is not worth another. */
  'call.dead': CallEvent & { readonly error: unknown };
  /** The instance that made this call is gone in the middle of it: a person decides (`onCrash: hold`). */
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

/** What a trigger promises: the request is stored; `fireTime` names the run in job_log. */
export interface TriggerReceipt {
  readonly fireTime: Date;
}

export type TriggerArguments<
  A extends AppTypes,
  N extends keyof A['triggers'],
> = A['triggers'][N] extends readonly unknown[] ? A['triggers'][N] : never;

export interface App<A extends AppTypes> {
  /** Never there: by it types such as those of `dal-job/testing` find what the app was generated from. */
  readonly '~types'?: A;
  readonly services: A['services'];
  /** The application's Sequelize over the same database; open after `start()`. */
  readonly sequelize: Sequelize;
  /** Migrates, registers, schedules. @throws DalJobError when the database cannot be used. */
  start(): Promise<void>;
  /** Stops ticking, drains, releases; the heartbeat last. */
  stop(): Promise<void>;
  /** Asks for one run now, on any instance. @throws DalJobError DJ4001–DJ4005. */
  trigger<N extends keyof A['triggers'] & string>(job: N, ...input: TriggerArguments<A, N>): Promise<TriggerReceipt>;
  /** Stops new runs of a job on every instance, until resumed; kept in the database. */
  pause(job: keyof A['contexts'] & string): Promise<void>;
  /** Lets it fire again from now on; what was left out is recorded as skipped. */
  resume(job: keyof A['contexts'] & string): Promise<void>;
  /** Listens; returns what ends it. */
  on<E extends keyof AppEvents>(event: E, listener: (data: AppEvents[E]) => void): () => void;
}

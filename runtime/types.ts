// The shapes that generated code, user code and the runtime share: contexts, the registry, the app.
// A leaf: it imports types only, and nothing of ours but errors. Generated interfaces are concrete, so that
// tsc's messages name the user's own types; what is generic here is kept to what those interfaces plug into.
import type { Sequelize, Transaction } from 'sequelize';
import type { BatchResult, ClaimDefinition } from './claim-types.js';
import type { AppEvents } from './event-types.js';
import type { AnyServiceEntry, ServiceEntry } from './service-types.js';

export type { AppEvents, Emit, FireEvent, RunEvent } from './event-types.js';

export const OUTCOMES = [
  'running',
  'succeeded',
  'failed',
  'timed_out',
  'cancelled',
  'lost',
  'skipped',
  'missed',
  'requeued',
  'discarded',
] as const;
/** How a row of job_log stands. `running` is the only one that is not final; the last two are a person's, of retry records. */
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

/**
 * What a handler answers: nothing, or, handed rows, what becomes of them. Nothing would not do there: a handler that was written
 * before its job had a claim would still fit, and count rows as done that it knows nothing of. Not `BatchResult |
 * Promise<BatchResult>`: with that, tsc takes `return 'done'` in an async function for any string.
 */
export type HandlerResult<Context> = Context extends { readonly rows: readonly unknown[] }
  ? Promise<BatchResult>
  : void | Promise<void>;

export interface JobEntry<Context> {
  readonly definition: JobDefinition;
  readonly input: InputDefinition | null;
  /** Rows of a table that each run takes for itself; the handler is called once a batch. */
  readonly claim?: ClaimDefinition;
  /** Lazy, so that a handler may import the app, and one bad file is one failing job. */
  readonly load: () => Promise<(context: Context) => HandlerResult<Context>>;
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

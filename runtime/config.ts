// The options of createApp, their defaults and their limits. A leaf.
// Every interval of the protocol follows from the lease, so that no two of them can contradict each other.
import { type Clock, systemClock } from './clock.js';
import { DalJobError } from './errors.js';
import type { App, AppTypes, Log } from './types.js';

export interface AppOptions {
  /**
   * The application's own Sequelize 6 instance, of dialect mysql, mariadb or sqlite (a file): the tables are made in its
   * database, and it is what `app.sequelize` and handlers get. dal-job's own statements go over a few connections of
   * their own, with the same settings, and never take part in its transactions. `app.stop()` leaves it open.
   */
  readonly sequelize?: App<AppTypes>['sequelize'];
  readonly database?: {
    /**
     * `mysql://`, `mariadb://` or `sqlite:` URL. Default: that of `sequelize`, else that of jobs.yaml, with `${NAME}` from
     * the environment. Beside `sequelize` it says how to reach the same database where the instance's settings do not.
     */
    readonly url?: string;
    /** Default: that of jobs.yaml. */
    readonly tablePrefix?: string;
  };
  /** false: an instance that only calls services and triggers jobs. Default true. */
  readonly schedule?: boolean;
  /** Runs at once on this instance. Default 10. */
  readonly concurrency?: number;
  /** How long an instance may own runs without a heartbeat. Default 15,000; at least 1,000. */
  readonly leaseMs?: number;
  /**
   * Between looks at the database when nothing is known to come: so late a trigger that another process stored may be
   * seen. Default 2,500, and never more than half of `leaseMs`.
   */
  readonly idleMs?: number;
  /** How long a handler may go on after its signal was aborted. Default 10,000. */
  readonly graceMs?: number;
  /** How long running handlers get at shutdown before their signal is aborted. Default 30,000. */
  readonly shutdownMs?: number;
  /** Largest arguments of one recorded call, in bytes of JSON. Default 65,536. */
  readonly maxPayloadBytes?: number;
  /** Where log lines go. Default: pino on stdout; false: nowhere. */
  readonly logger?: Log | false;
  /** For tests: replaces the wall clock, the timers and the database's clock. The heartbeat then runs in the main thread. */
  readonly clock?: Clock;
}

/** Everything the runtime waits for, in milliseconds. */
export interface Timing {
  readonly leaseMs: number;
  /** Between heartbeats: a fifth of the lease, so that four may fail. */
  readonly beatMs: number;
  /** An instance stops trusting its lease so long before it ends. */
  readonly marginMs: number;
  /** A lease must have been seen over twice, so far apart, before anyone ends it. */
  readonly sightMs: number;
  /** Between due reads when nothing is known to come. */
  readonly idleMs: number;
  readonly graceMs: number;
  readonly shutdownMs: number;
  /** Longest time any one statement may take. */
  readonly statementMs: number;
}

export interface Config {
  readonly schedule: boolean;
  readonly concurrency: number;
  readonly maxPayloadBytes: number;
  readonly timing: Timing;
  readonly clock: Clock;
  /** The clock was given: time is a test's. */
  readonly fakeTime: boolean;
}

const IDLE_MS = 2_500;
const STATEMENT_MS = 3_000;

export function timingOf(leaseMs: number, graceMs: number, shutdownMs: number, idleMs = IDLE_MS): Timing {
  return {
    leaseMs,
    beatMs: leaseMs / 5,
    marginMs: leaseMs / 5,
    sightMs: (leaseMs * 2) / 5,
    idleMs: Math.min(idleMs, leaseMs / 2),
    graceMs,
    shutdownMs,
    statementMs: STATEMENT_MS,
  };
}

/** Fills in the defaults. @throws DalJobError DJ2010 */
export function readConfig(options: AppOptions): Config {
  const timing = timingOf(
    within('leaseMs', options.leaseMs ?? 15_000, 1_000),
    within('graceMs', options.graceMs ?? 10_000, 0),
    within('shutdownMs', options.shutdownMs ?? 30_000, 0),
    within('idleMs', options.idleMs ?? IDLE_MS, 100),
  );
  return {
    schedule: options.schedule ?? true,
    concurrency: within('concurrency', options.concurrency ?? 10, 1),
    maxPayloadBytes: within('maxPayloadBytes', options.maxPayloadBytes ?? 65_536, 1_024),
    timing,
    clock: options.clock ?? systemClock,
    fakeTime: options.clock !== undefined,
  };
}

function within(name: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new DalJobError('DJ2010', `createApp: ${name} must be an integer of at least ${least}, got ${value}.`, {
    fields: { name, value },
  });
}

// The shapes of `dal-job/testing`: what a test gives and what it gets, typed by the generated app.
import type { AppOptions } from '../config.js';
import type { App, AppTypes, Outcome, RunKind } from '../types.js';
import type { LogLine } from './test-log.js';

/** An instant: a Date, ISO text with its zone (`2026-06-01T03:00:00Z`), or UTC epoch milliseconds. */
export type Time = Date | string | number;

/** What any generated app is. */
export type AnyApp = App<AppTypes>;

/** The generated `createApp`. */
export type CreateApp<G extends AnyApp> = (options?: AppOptions) => G;

/** The generated types of a generated app. */
export type TypesOf<G> = G extends { readonly '~types'?: infer A } ? NonNullable<A> : never;

export interface TestAppOptions extends Omit<AppOptions, 'clock' | 'leaseMs' | 'idleMs' | 'schedule'> {
  /** What time it is when the app starts. Default 2026-06-01T00:00:00Z, a Monday. */
  readonly now?: Time;
  /**
   * Milliseconds of real time that a handler may work without an end; then the clock goes on, and the job's `timeout`
   * comes. Default 1,000.
   */
  readonly patienceMs?: number;
}

/** A run that has ended. */
export interface TestRun {
  readonly job: string;
  readonly fireTime: Date;
  readonly kind: RunKind;
  readonly outcome: Outcome;
  /** How many attempts it took. */
  readonly attempts: number;
  /** What the last attempt threw, or why it was cut short; undefined when the run succeeded. */
  readonly error: unknown;
  /** What every attempt threw that failed, in their order. */
  readonly errors: readonly unknown[];
  /** By the test's clock: the waits between attempts, and those for a timeout. A handler itself takes no time. */
  readonly durationMs: number;
  /** What the handler logged by `ctx.log`. */
  readonly log: readonly LogLine[];
}

interface At {
  /**
   * When it runs; not before now. The clock leaps there, and what would have fired meanwhile is left out. Default: now.
   */
  readonly at?: Time;
}

/** What `runJob` takes after the job's name: `input` as the job's type has it. */
export type RunArguments<A extends AppTypes, N extends keyof A['triggers']> = A['triggers'][N] extends readonly []
  ? [options?: At]
  : A['triggers'][N] extends readonly [infer Input]
    ? [options: At & { readonly input: Input }]
    : A['triggers'][N] extends readonly [(infer Input)?]
      ? [options?: At & { readonly input?: Input }]
      : never;

/** @throws RangeError */
export function timeOf(time: Time): number {
  const ms = new Date(time).getTime();
  if (Number.isInteger(ms)) return ms;
  throw new RangeError(`this is no time: ${String(time)}`);
}

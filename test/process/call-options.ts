// What the harness tells a test instance whose services are called: which methods it has, and what it shall call. How an
// execution ends stands in the call's own argument, so that whoever retries it behaves as the caller would have.
// Plain data; nothing here is known to the runtime.
import type { CallKind } from '../../runtime/service-types.js';

export interface TestMethod {
  readonly name: string;
  readonly mode: CallKind;
  readonly onCrash: 'hold' | 'retry';
  readonly maxRetries: number;
  /** Retries of it that one instance runs at once. */
  readonly concurrency: number;
  readonly delayMs: number;
  readonly jitter: number;
  /** Hash of its parameters' schema: instances of two versions differ in it. */
  readonly argsHash: string;
  readonly upcast: boolean;
}

export interface CallInstanceOptions {
  readonly url: string;
  readonly configHash: string;
  readonly leaseMs: number;
  readonly graceMs: number;
  readonly shutdownMs: number;
  readonly schedule: boolean;
  readonly methods: readonly TestMethod[];
}

/** The one argument of every test method. */
export interface CallArg {
  /** Which call it is, unique in a test. */
  readonly n: number;
  /** How long the first execution takes; retries are short. */
  readonly holdMs: number;
  /** So many executions fail with a retryable error. */
  readonly failures: number;
  /** How the others end; `aborts` takes the process along. */
  readonly end: 'returns' | 'refuses' | 'aborts';
}

/** What the harness asks for: these calls, at most `atOnce` at a time; `outbox`: all of them in one transaction. */
export interface CallCommand {
  readonly method: string;
  readonly args: readonly CallArg[];
  readonly atOnce: number;
  readonly outbox: boolean;
}

/** What a caller was told of its call; reported as `told`. */
export interface Told {
  readonly n: number;
  readonly method: string;
  readonly result: 'returned' | 'retryable' | 'refused' | 'not recorded';
  readonly error?: string;
}

export const SERVICE = 'shop';

/** A beforehand method with the usual manners, changed by what a test says. */
export function testMethod(name: string, changes: Partial<TestMethod> = {}): TestMethod {
  const usual = { mode: 'beforehand', onCrash: 'retry', maxRetries: 3, concurrency: 16 } as const;
  return { name, ...usual, delayMs: 100, jitter: 0.2, argsHash: 'a'.repeat(64), upcast: false, ...changes };
}

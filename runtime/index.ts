// The public face of `dal-job`, name by name. What is not here may change at any time.
import { DalJobApp } from './app.js';
import type { AppOptions } from './config.js';
import type { AnyRegistry, App, AppTypes, Registry } from './types.js';

export type {
  BatchResult,
  ClaimColumnKind,
  ClaimCondition,
  ClaimContext,
  ClaimDefinition,
  ClaimValue,
  RowCounts,
  RowFailed,
  RowsGivenUp,
  RowsReleased,
  SettleOptions,
} from './claim-types.js';
export type { Clock } from './clock.js';
export type { AppOptions } from './config.js';
export { BizRetryNeedError, DalJobError, ERROR_CODES, type ErrorCode, NotImplementedError } from './errors.js';
export type { RunFinished } from './event-types.js';
export { callContext, retryContext } from './retry/call-context.js';
export type {
  CallContext,
  CallEvent,
  CallKind,
  CallState,
  MethodEntry,
  MethodRetry,
  OutboxOptions,
  OutboxReceipt,
  ParamDefinition,
  RetryContext,
  RetryInfo,
  ServiceCalls,
  ServiceEntry,
} from './service-types.js';
export type {
  App,
  AppEvents,
  AppTypes,
  Backoff,
  ErrorClass,
  FireEvent,
  HandlerResult,
  InputDefinition,
  JobContext,
  JobDefinition,
  JobEntry,
  Log,
  Outcome,
  Registry,
  RetryPolicy,
  RunEvent,
  RunKind,
  TriggerArguments,
  TriggerReceipt,
  ValidationProblem,
  Validator,
} from './types.js';

/**
 * An application's jobs, not started yet. Generated code calls it; applications call the generated `createApp`.
 * @throws DalJobError DJ2010 when an option is out of range
 */
export function createApp<A extends AppTypes>(registry: Registry<A>, options: AppOptions = {}): App<A> {
  return new DalJobApp(registry as unknown as AnyRegistry, options) as unknown as App<A>;
}

// What is known anywhere below a job, a call or a retry: the proxies, the signal, the log, and whether this is a retry.
// What must hold: a context belongs to the asynchronous calls below it and to nobody beside them. The storage is the one
// object of this module that lives as long as the process: `callContext()` is a plain function, and finds it here.
import { AsyncLocalStorage } from 'node:async_hooks';
import { DalJobError } from '../errors.js';
import type { CallContext, RetryInfo } from '../service-types.js';

const storage = new AsyncLocalStorage<CallContext>();

/**
 * The proxies, signal and log of the job, call or retry that this runs below.
 * @throws DalJobError DJ6011 outside of any
 */
export function callContext<Services extends object = object>(): CallContext<Services> {
  const context = storage.getStore();
  if (context !== undefined) return context as CallContext<Services>;
  throw new DalJobError('DJ6011', 'callContext() answers below a job, a call or a retry, and this is none of them.');
}

/** Which retry this runs below; undefined in a first execution, and outside of any call. */
export function retryContext(): RetryInfo | undefined {
  return storage.getStore()?.retry;
}

/** As callContext, undefined outside. */
export function currentContext(): CallContext | undefined {
  return storage.getStore();
}

export function runInContext<T>(context: CallContext, run: () => T): T {
  return storage.run(context, run);
}

// A beforehand call: the record, then the call, then its end in the record. The caller gets the result or the error.
// What must hold: the method runs only after its record is committed; a database that is gone at the end keeps the caller
// waiting for a bounded time only, while the end is still being written.
import { newId } from '../lock/ids.js';
import { currentContext } from './call-context.js';
import { tellEnd } from './ending.js';
import type { InFlight } from './in-flight.js';
import { firstClaimKey, leaseOver } from './insert.js';
import type { CallOutcome } from './record.js';
import {
  type Bound,
  type CallDeps,
  contextOf,
  execute,
  outcomeOf,
  prepare,
  type RecordedMethod,
  withoutSecrets,
} from './recorded-call.js';

export interface BeforehandCall {
  readonly method: RecordedMethod;
  readonly given: readonly unknown[];
  /** Counts the record's end, too, until it is known or cannot be known any more. */
  readonly inFlight: InFlight;
}

export async function callBeforehand(
  deps: CallDeps,
  bound: Bound,
  { method, given, inFlight }: BeforehandCall,
): Promise<unknown> {
  const { args, stored } = prepare(deps, method, given);
  const found = deps.implementations.find(method.service, method.method);
  const implementation = found instanceof Promise ? await found : found;
  if (!bound.lease.holds()) throw leaseOver(bound.instance);
  const id = newId();
  await bound.inserts.insert(rowOf(method, id, stored));
  const signal = currentContext()?.signal ?? bound.signal;
  const context = contextOf(deps, method, { signal, retry: undefined, id });
  const settle = (outcome: CallOutcome) => settleFirst(deps, bound, { method, id, outcome, inFlight });
  try {
    const result = await execute(deps, context, () => implementation(...args));
    await settle({ state: 'SUCCEEDED' });
    return result;
  } catch (thrown) {
    const error = withoutSecrets(thrown, method, args);
    const failure = { error, attempt: 1, maxRetries: method.retry.maxRetries, aborted: signal.aborted };
    await settle(await outcomeOf(deps, method.retry, failure));
    throw error;
  }
}

function rowOf({ service, method, entry, retry }: RecordedMethod, id: string, args: string) {
  const { maxRetries, onCrash } = retry;
  return { id, service, method, args, argsHash: entry.argsHash, maxRetries, onCrash };
}

interface First {
  readonly method: RecordedMethod;
  readonly id: string;
  readonly outcome: CallOutcome;
  readonly inFlight: InFlight;
}

/** Waits as long as one statement may take; what is not written by then goes on being tried. */
function settleFirst(deps: CallDeps, { instance, settler }: Bound, first: First): Promise<void> {
  const claimKey = firstClaimKey(instance);
  const { service, method } = first.method;
  const key = { kind: 'beforehand', id: first.id, service, method, claimKey, attempt: 1, generation: null } as const;
  first.inFlight.begin();
  return new Promise((resolve) => {
    const cancel = deps.clock.setTimer(instance.timing.statementMs, resolve);
    void settler.settle(key, first.outcome).then((stands) => {
      cancel();
      first.inFlight.end();
      if (stands) tell(deps, first);
      resolve();
    });
  });
}

function tell(deps: CallDeps, { method: { service, method }, id, outcome }: First): void {
  if (outcome.state === 'SUCCEEDED') return; // first calls are not told
  tellEnd(deps.emit, { kind: 'beforehand', id, service, method, attempt: 1 }, outcome);
}

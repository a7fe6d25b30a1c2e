// A beforehand call: the record, then the call, then its end in the record. The caller gets the result or the error.
// What must hold: the method runs only after its record is committed; a database that is gone at the end keeps the caller
// waiting for a bounded time only, while the end is still being written.
import { newId } from '../lock/ids.js';
import { currentContext } from './call-context.js';
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

/** @param settling gets what ends when the record's end is known, or cannot be known any more */
export async function callBeforehand(
  deps: CallDeps,
  bound: Bound,
  {
    method,
    given,
    settling,
  }: { method: RecordedMethod; given: readonly unknown[]; settling: (end: Promise<unknown>) => void },
): Promise<unknown> {
  const { args, stored } = prepare(deps, method, given);
  const implementation = await deps.implementations.find(method.service, method.method);
  if (!bound.lease.holds()) throw leaseOver(bound.instance);
  const id = newId();
  await bound.inserts.insert(rowOf(method, id, stored));
  const signal = currentContext()?.signal ?? bound.signal;
  const context = contextOf(deps, method, { signal, retry: undefined });
  const settle = async (outcome: CallOutcome): Promise<void> => {
    const end = settleFirst(deps, bound, { method, id, outcome });
    settling(end);
    await boundedWait(deps, bound, end);
  };
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
}

async function settleFirst(deps: CallDeps, bound: Bound, { method, id, outcome }: First): Promise<void> {
  const key = {
    kind: 'beforehand',
    id,
    claimKey: firstClaimKey(bound.instance),
    attempt: 1,
    generation: null,
  } as const;
  if (!(await bound.settler.settle(key, outcome))) return;
  const call = { kind: key.kind, id, service: method.service, method: method.method, attempt: 1 };
  if (outcome.state === 'RETRY')
    deps.emit('call.retrying', { ...call, error: outcome.error, delayMs: outcome.delayMs });
  if (outcome.state === 'DEAD') deps.emit('call.dead', { ...call, error: outcome.error });
}

/** As long as one statement may take; what is not written by then goes on being tried. */
function boundedWait({ clock }: CallDeps, { instance }: Bound, end: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.setTimer(instance.timing.statementMs, resolve);
    void end.finally(() => {
      cancel();
      resolve();
    });
  });
}

// An afterward call: the call, and a record only if it failed in a way that is worth another. The error goes on to the
// caller whatever becomes of the record.
// What must hold: the arguments and the key are checked before anything runs; writing the record is tried for a bounded
// time, and a record that could not be written is said so (`retry.lost`).

import { sleep } from '../clock.js';
import { DatabaseError } from '../db/errors.js';
import { newId } from '../lock/ids.js';
import { type AfterwardRow, plainWay, type Recorded, recordAfterward } from './afterward-record.js';
import { backoffMs } from './backoff.js';
import { currentContext } from './call-context.js';
import { errorText } from './error-text.js';
import { keyIn } from './live-key.js';
import {
  type Bound,
  type CallDeps,
  contextOf,
  execute,
  isWorthAnother,
  type PreparedCall,
  prepare,
  type RecordedMethod,
  withoutSecrets,
} from './recorded-call.js';

/** Waits between tries to write a record; the caller waits for his error meanwhile. */
const REPEATS_MS: readonly number[] = [50, 200, 800, 2_000];

export async function callAfterward(
  deps: CallDeps,
  bound: Bound,
  { method, given }: { method: RecordedMethod; given: readonly unknown[] },
): Promise<unknown> {
  const prepared = prepare(deps, method, given);
  const key = keyIn(method, method.retry.key, prepared.args);
  const implementation = await deps.implementations.find(method.service, method.method);
  const signal = currentContext()?.signal ?? bound.signal;
  try {
    const context = contextOf(deps, method, { signal, retry: undefined });
    return await execute(deps, context, () => implementation(...prepared.args));
  } catch (thrown) {
    const error = withoutSecrets(thrown, method, prepared.args);
    const again =
      method.retry.maxRetries > 0 && (await isWorthAnother(deps, method.retry, { error, aborted: signal.aborted }));
    if (again) await record(deps, bound, { method, prepared, key, error });
    throw error;
  }
}

interface Failed {
  readonly method: RecordedMethod;
  readonly prepared: PreparedCall;
  readonly key: string | null;
  readonly error: unknown;
}

/** Never rejects. */
async function record(deps: CallDeps, bound: Bound, { method, prepared, key, error }: Failed): Promise<void> {
  const row = afterwardRow(method, prepared, { key, error });
  try {
    const { id, merged } = await recordRepeatedly(deps, bound, row);
    if (merged) return deps.emit('retry.merged', { service: row.service, method: row.method, key: row.key });
    const call = { kind: 'afterward', id, service: row.service, method: row.method, attempt: 1 } as const;
    deps.emit('call.retrying', { ...call, error, delayMs: row.delayMs });
  } catch {
    deps.emit('retry.lost', { service: row.service, method: row.method, key: row.key, error });
  }
}

/** @throws DatabaseError when the database refused it, or the repeats are used up */
export async function recordRepeatedly(deps: CallDeps, { instance }: Bound, row: AfterwardRow): Promise<Recorded> {
  for (const waitMs of REPEATS_MS) {
    try {
      return await recordAfterward(instance, plainWay(instance), row);
    } catch (error) {
      if (error instanceof DatabaseError && error.kind === 'bug') deps.emit('bug', { error });
      if (!(error instanceof DatabaseError) || error.kind === 'bug') throw error;
      await sleep(deps.clock, waitMs);
    }
  }
  return await recordAfterward(instance, plainWay(instance), row);
}

/** The row of a new record: the first call has failed, the next is due after the first backoff. */
export function afterwardRow(
  { service, method, entry, retry }: RecordedMethod,
  { stored }: PreparedCall,
  { key, error }: { key: string | null; error?: unknown },
): AfterwardRow {
  const id = newId();
  const told = error === undefined ? null : errorText(error);
  return {
    ...{ id, service, method, args: stored, argsHash: entry.argsHash, key: key ?? id },
    maxRetries: retry.maxRetries,
    delayMs: backoffMs(retry.backoff, 1, Math.random()),
    errorName: told?.name ?? null,
    errorMessage: told?.message ?? null,
  };
}

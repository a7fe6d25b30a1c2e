// One claimed record, executed: its arguments brought back, its method or companion called, its end as an outcome.
// What must hold: it never rejects; arguments of another schema run only if `upcast` accepts them and today's schema does;
// what runs below knows that it is a retry. Everything a companion throws is worth another attempt; of a method's errors
// those that `for` names.
import { DalJobError } from '../errors.js';
import type { AnyServiceEntry, RetryContext } from '../service-types.js';
import { label } from './arguments.js';
import type { Callable } from './implementations.js';
import { misfit } from './misfit.js';
import type { CallOutcome, ClaimedRecord } from './record.js';
import { type CallDeps, contextOf, execute, outcomeOf, type RecordedMethod, withoutPlain } from './recorded-call.js';

type Services = Readonly<Record<string, AnyServiceEntry>>;

interface Running {
  readonly deps: CallDeps;
  readonly method: RecordedMethod;
  readonly record: ClaimedRecord;
  readonly signal: AbortSignal;
  /** The record's secrets in plain text, once they are known. */
  readonly plain: unknown[];
}

/** See RunRecord. */
export async function runRecord(
  deps: CallDeps,
  services: Services,
  { record, signal }: { record: ClaimedRecord; signal: AbortSignal },
): Promise<CallOutcome> {
  const method = recordedMethod(services, record);
  if (method === null) return { state: 'DEAD', error: unknownMethod(record) };
  const running: Running = { deps, method, record, signal, plain: [] };
  try {
    const args = await argsOf(running);
    return await run(running, args);
  } catch (thrown) {
    const error = withoutPlain(thrown, running.plain);
    // It did not run: what opens a secret or loads a file may be mended, what does not fit will not fit
    const mendable = error instanceof DalJobError && error.code !== 'DJ6008';
    return mendable ? failed(running, { error, any: true }) : { state: 'DEAD', error };
  }
}

/** The method of a record, if it is recorded as the record is. */
export function recordedMethod(
  services: Services,
  { service, method, kind }: Pick<ClaimedRecord, 'service' | 'method' | 'kind'>,
): RecordedMethod | null {
  const methods = Object.hasOwn(services, service) ? services[service]?.methods : undefined;
  const entry = methods !== undefined && Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (entry === undefined || entry.retry === null || entry.retry.mode !== kind) return null;
  return { service, method, entry, retry: entry.retry };
}

function unknownMethod(record: ClaimedRecord): DalJobError {
  const message = `${label(record)} is no ${record.kind} method of this version of jobs.yaml.`;
  return new DalJobError('DJ6012', message, { fields: { service: record.service, method: record.method } });
}

/** In plain text, as today's schema has them. @throws DalJobError DJ6006, DJ6008, DJ6009, and what an upcast throws */
async function argsOf({ deps, method, record, plain }: Running): Promise<readonly unknown[]> {
  const stored: unknown = JSON.parse(record.args);
  const recorded = deps.secrets.open([record.service, record.method], stored, plain) as readonly unknown[];
  const args = record.argsHash === method.entry.argsHash ? recorded : await upcast(deps, method, { record, recorded });
  const problem = args === undefined ? 'upcast did not accept them' : misfit(method, method.entry, args);
  if (args !== undefined && problem === null && (record.argsHash === method.entry.argsHash || method.retry.upcast))
    return args;
  const message = `${label(record)}: the arguments were recorded with another schema: ${problem ?? 'its hash differs'}.`;
  throw new DalJobError('DJ6008', message, { fields: { service: record.service, method: record.method, problem } });
}

async function upcast(
  deps: CallDeps,
  { retry }: RecordedMethod,
  { record, recorded }: { record: ClaimedRecord; recorded: readonly unknown[] },
): Promise<readonly unknown[] | undefined> {
  if (!retry.upcast) return recorded; // its misfit is told
  const hook = await deps.implementations.find(record.service, `upcast${capitalized(record.method)}`);
  return (await hook(recorded, record.argsHash)) as readonly unknown[] | undefined;
}

async function run(running: Running, args: readonly unknown[]): Promise<CallOutcome> {
  const { deps, method, record, signal, plain } = running;
  const companion = record.kind === 'afterward';
  const name = companion ? `retry${capitalized(record.method)}` : record.method;
  const found = await deps.implementations.find(record.service, name);
  // the first execution of what an outbox recorded is no retry; what a person requeued has its attempts back, and its error
  const isFirst = !companion && record.attempt === 1 && record.errorName === null;
  const retry = isFirst ? undefined : { kind: record.kind, attempt: record.attempt, id: record.id };
  const context = contextOf(deps, method, { signal, retry, id: record.id });
  const call = companion ? () => ask(found, running, { args, log: context.log }) : () => found(...args);
  try {
    await execute(deps, context, call);
    return { state: 'SUCCEEDED' };
  } catch (thrown) {
    return await failed(running, { error: withoutPlain(thrown, plain), any: companion });
  }
}

async function ask(
  companion: Callable,
  { method, record, signal }: Running,
  { args, log }: { args: readonly unknown[]; log: RetryContext<[], object>['log'] },
): Promise<void> {
  const { retryDataKey, attempt, id } = record;
  const byType = groupedByType(method, args);
  const context = { retryDataKey: retryDataKey ?? id, params: args, byType, attempt, signal, log };
  const answer = await companion(context satisfies RetryContext<readonly unknown[], object>);
  if (answer === true) return;
  const said = answer === false ? 'false: not done yet' : `${typeof answer} instead of true or false`;
  throw new DalJobError('DJ6010', `retry${capitalized(record.method)} of ${record.service} answered ${said}.`, {
    fields: { service: record.service, method: record.method },
  });
}

/** `byType.Order[0]`: the first argument whose parameter is of type Order. */
function groupedByType(
  { entry }: RecordedMethod,
  args: readonly unknown[],
): Readonly<Record<string, readonly unknown[]>> {
  const groups: Record<string, unknown[]> = {};
  args.forEach((arg, index) => {
    const type = entry.params[index]?.type ?? 'unknown';
    groups[type] = [...(groups[type] ?? []), arg];
  });
  return groups;
}

function failed(
  { deps, method, record, signal }: Running,
  { error, any }: { error: unknown; any: boolean },
): Promise<CallOutcome> {
  const { attempt, maxRetries } = record;
  return outcomeOf(deps, method.retry, { error, any, attempt, maxRetries, aborted: signal.aborted });
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

// The judge of calls in a process test: holds what executions told the witness, and what callers were told, against the
// records that are left. It knows no SQL and none of the project's code; what a record is, the harness tells it.
// C1 nothing is lost · C2 attempts never exceed 1 + maxRetries · C3 no call is executed twice at once · C4 every record
// ends, and as its executions did · C5 a process never has more retries of a method in flight than it may.
import type { CallFacts, WitnessEvent } from './witness-events.js';

export interface CallRecord {
  readonly call: number;
  readonly method: string;
  readonly kind: 'beforehand' | 'afterward';
  readonly state: string;
  readonly attempt: number;
  readonly maxRetries: number;
  readonly onCrash: string;
}

/** What a caller was told, if it lived to hear it. */
export interface Heard {
  readonly call: number;
  readonly result: 'returned' | 'retryable' | 'refused' | 'not recorded';
}

export interface CallEvidence {
  readonly events: readonly WitnessEvent[];
  readonly records: readonly CallRecord[];
  readonly heard: readonly Heard[];
  /** Calls that were only recorded, in a transaction that was committed. */
  readonly enqueued: readonly number[];
  /** Retries that one process may have in flight, by method. */
  readonly concurrency: Readonly<Record<string, number>>;
}

export interface Execution extends CallFacts {
  readonly fromMs: number;
  /** Its end, or that of its process; Infinity: neither was seen. */
  readonly toMs: number;
  readonly outcome: 'returned' | 'threw' | 'cut';
}

/** One sentence for each breach, its invariant in front. */
export function checkCalls(evidence: CallEvidence): string[] {
  const executions = executionsOf(evidence.events);
  const killed = new Set(evidence.events.flatMap((event) => (event.event === 'KILL' ? [event.pid] : [])));
  const ofCall = groupBy(executions, ({ call }) => call);
  const ofRecord = groupBy(evidence.records, ({ call }) => call);
  return [
    ...lost(evidence, ofCall, ofRecord),
    ...[...ofRecord.values()].flatMap((records) =>
      judgeRecord(records, ofCall.get(records[0]?.call ?? -1) ?? [], killed),
    ),
    ...[...ofCall.values()].flatMap(twiceAtOnce),
    ...tooMany(executions, evidence.concurrency),
  ];
}

/** Every execution the witness was told of. */
export function executionsOf(events: readonly WitnessEvent[]): Execution[] {
  const open = new Map<string, CallFacts & { readonly fromMs: number }>();
  const done: Execution[] = [];
  const end = (key: string, toMs: number, outcome: Execution['outcome']) => {
    const started = open.get(key);
    if (started !== undefined) done.push({ ...started, toMs, outcome });
    open.delete(key);
  };
  for (const event of events) {
    if (event.event === 'CALL_START') {
      const { call, method, attempt, dispatched, pid, atMs } = event;
      open.set(keyOf(event), { call, method, attempt, dispatched, pid, fromMs: atMs });
    } else if (event.event === 'CALL_END') end(keyOf(event), event.atMs, event.outcome);
    else if (event.event === 'KILL' || event.event === 'EXIT')
      for (const [key, { pid }] of open) if (pid === event.pid) end(key, event.atMs, 'cut');
  }
  return [
    ...done,
    ...[...open.values()].map((one) => ({ ...one, toMs: Number.POSITIVE_INFINITY, outcome: 'cut' }) as const),
  ];
}

function keyOf({ call, attempt, pid }: CallFacts): string {
  return `${call} ${attempt} ${pid}`;
}

/** C1: what was executed beforehand, heard to need a retry, or committed, has one record. */
function lost(
  { heard, enqueued, records }: CallEvidence,
  ofCall: ReadonlyMap<number, readonly Execution[]>,
  ofRecord: ReadonlyMap<number, readonly CallRecord[]>,
): string[] {
  const beforehand = new Set(records.filter(({ kind }) => kind === 'beforehand').map(({ method }) => method));
  const executed = [...ofCall.values()].flatMap(([first]) =>
    first && beforehand.has(first.method) ? [first.call] : [],
  );
  const needing = heard.filter(({ result }) => result === 'retryable').map(({ call }) => call);
  const missing = [...new Set([...executed, ...needing, ...enqueued])].filter((call) => !ofRecord.has(call));
  const doubled = [...ofRecord].filter(([, all]) => all.length > 1).map(([call]) => call);
  return [
    ...missing.map((call) => `C1: call ${call} has no record`),
    ...doubled.map((call) => `C1: call ${call} has more than one record`),
  ];
}

/** C2 and C4. */
function judgeRecord(
  [record]: readonly CallRecord[],
  executions: readonly Execution[],
  killed: ReadonlySet<number>,
): string[] {
  if (record === undefined) return [];
  const { call, state, attempt, maxRetries } = record;
  const most = 1 + maxRetries;
  const about = `call ${call} (${record.method}, ${state}, attempt ${attempt})`;
  return [
    ...(executions.length > most ? [`C2: ${about} was executed ${executions.length} times, ${most} at most`] : []),
    ...(attempt > most ? [`C2: ${about} counts more attempts than ${most}`] : []),
    ...endFault(record, executions, killed).map((fault) => `C4: ${about} ${fault}`),
  ];
}

function endFault(record: CallRecord, executions: readonly Execution[], killed: ReadonlySet<number>): string[] {
  const last = executions.at(-1);
  const returned = executions.some(({ outcome }) => outcome === 'returned');
  switch (record.state) {
    case 'SUCCEEDED':
      return returned ? [] : ['succeeded, and no execution did'];
    case 'DEAD': // that its last execution succeeded may have been lost with the process
      return last?.outcome === 'returned' && last.attempt === record.attempt && !killed.has(last.pid)
        ? ['is dead, and its last execution succeeded']
        : [];
    case 'UNKNOWN': // its end, whatever it was, may have been lost with the process
      return record.onCrash === 'hold' && executions.length <= 1
        ? []
        : ['is in doubt although it is not one to hold, or was executed again'];
    default:
      return ['did not end'];
  }
}

/** C3. */
function twiceAtOnce(executions: readonly Execution[]): string[] {
  const sorted = [...executions].sort((a, b) => a.fromMs - b.fromMs);
  return sorted.flatMap((one, index) => {
    const next = sorted[index + 1];
    if (next === undefined || next.fromMs >= one.toMs) return [];
    return [`C3: call ${one.call} was executed by pid ${next.pid} while pid ${one.pid} was at it`];
  });
}

/** C5: first executions are the caller's own affair. */
function tooMany(executions: readonly Execution[], concurrency: CallEvidence['concurrency']): string[] {
  const retries = executions.filter(({ dispatched }) => dispatched);
  const groups = groupBy(retries, ({ method, pid }) => `${method} in pid ${pid}`);
  return [...groups].flatMap(([where, group]) => {
    const limit = concurrency[group[0]?.method ?? ''] ?? Number.POSITIVE_INFINITY;
    const most = mostAtOnce(group);
    return most > limit ? [`C5: ${most} retries of ${where} at once, ${limit} at most`] : [];
  });
}

/** The largest number that went on at one moment. */
export function mostAtOnce(executions: readonly Execution[]): number {
  const moments = executions.flatMap(({ fromMs, toMs }) => [
    { atMs: fromMs, step: 1 },
    { atMs: toMs, step: -1 },
  ]);
  let now = 0;
  let most = 0;
  for (const { step } of moments.sort((a, b) => a.atMs - b.atMs || a.step - b.step)) {
    now += step;
    most = Math.max(most, now);
  }
  return most;
}

function groupBy<T, K>(items: readonly T[], keyOfItem: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOfItem(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

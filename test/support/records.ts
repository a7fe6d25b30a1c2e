// Retry records for tests of dispatch: rows written by statements of our own, methods that do what a test says, and a
// dispatcher over them. What must hold: rows are read with statements of our own, so that a wrong one of the runtime
// cannot hide itself; whoever reads them learns whether they keep their invariants.

import type { Database } from '../../runtime/db/database.js';
import type { SqlValue } from '../../runtime/db/step.js';
import { newId } from '../../runtime/lock/ids.js';
import { Dispatcher } from '../../runtime/retry/dispatcher.js';
import type { Method } from '../../runtime/retry/methods.js';
import type { CallOutcome, ClaimedRecord } from '../../runtime/retry/record.js';
import { Settler } from '../../runtime/retry/settle.js';
import type { CallKind, CallState, MethodEntry } from '../../runtime/service-types.js';
import type { AppEvents, Emit } from '../../runtime/types.js';
import { APP, type Member, type World } from './world.js';

export interface RecordRow {
  readonly id: string;
  readonly service: string;
  readonly method: string;
  readonly args: string;
  readonly state: CallState;
  readonly attempt: number;
  readonly max_retries: number;
  readonly next_at: number | null;
  readonly owner: string | null;
  readonly claim_key: string | null;
  readonly error_name: string | null;
  readonly error_message: string | null;
  readonly finished_at: number | null;
  readonly generation?: number;
  readonly live_key?: string | null;
}

export function tableName(database: Database, kind: CallKind): string {
  return kind === 'beforehand' ? database.tables.job_beforehand_retry : database.tables.job_retry;
}

export type Given = Partial<Record<keyof RecordRow | 'args_hash' | 'on_crash' | 'app' | 'retry_data_key', SqlValue>>;

/** Records that wait since a second ago; `over` says what is different. Their ids. */
export async function insertRecords(
  database: Database,
  kind: CallKind,
  { nowMs, count = 1, over = {} }: { nowMs: number; count?: number; over?: Given },
): Promise<readonly string[]> {
  const ids = Array.from({ length: count }, () => newId());
  const rows = ids.map((id) => ({
    ...{ id, app: APP, service: 'shop', method: 'charge', args: '[]', args_hash: 'h1', state: 'RETRY', attempt: 1 },
    ...{ max_retries: 3, on_crash: 'retry', owner: null, claim_key: null, created_at: nowMs },
    next_at: (over.state ?? 'RETRY') === 'RETRY' ? nowMs - 1_000 : null,
    ...(kind === 'afterward' ? { retry_data_key: id, generation: 0, live_key: `live:${id}` } : {}),
    ...over,
  }));
  for (let from = 0; from < rows.length; from += 500) await insertSome(database, kind, rows.slice(from, from + 500));
  return ids;
}

async function insertSome(database: Database, kind: CallKind, rows: readonly object[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {});
  const one = `(${columns.map(() => '?').join(', ')})`;
  await database.execute(
    `INSERT INTO ${tableName(database, kind)} (${columns.join(', ')}) VALUES ${rows.map(() => one).join(', ')}`,
    rows.flatMap((row) => Object.values(row) as SqlValue[]),
  );
}

export async function readRecords(database: Database, kind: CallKind): Promise<readonly RecordRow[]> {
  const found = await database.query<RecordRow>(`SELECT * FROM ${tableName(database, kind)} ORDER BY id`, []);
  for (const { id, state, next_at } of found) {
    // the indexes by next_at say nothing of the state: a record elsewhere in them would be claimed, or never
    if ((state === 'RETRY') !== (next_at !== null)) throw new Error(`${id} is ${state} with next_at ${next_at}`);
  }
  return found;
}

/** Rows by state, for short expectations: `{ DEAD: 1, SUCCEEDED: 3 }`. */
export async function countStates(database: Database, kind: CallKind): Promise<Partial<Record<CallState, number>>> {
  const counts: Partial<Record<CallState, number>> = {};
  for (const { state } of await readRecords(database, kind)) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

export function method(name: string, over: Partial<Method> = {}): Method {
  const validate = Object.assign(() => true, { errors: null });
  const entry: MethodEntry = { params: [], validate, argsHash: over.argsHash ?? 'h1', secrets: [], retry: null };
  return { kind: 'beforehand', service: 'shop', method: name, argsHash: 'h1', concurrency: 16, entry, ...over };
}

export type Script = (record: ClaimedRecord, signal: AbortSignal) => CallOutcome | Promise<CallOutcome>;

export const SUCCEEDED: CallOutcome = { state: 'SUCCEEDED' };

/** A dispatcher and what it did. */
export class Dispatch {
  readonly dispatcher: Dispatcher;
  readonly ran: ClaimedRecord[] = [];
  readonly said: [keyof AppEvents, string][] = [];
  readonly bugs: unknown[] = [];

  constructor(world: World, member: Member, methods: readonly Method[], script: Script = () => SUCCEEDED) {
    const { clock } = world;
    const tell: Emit = (event, data) => {
      if (event === 'bug') this.bugs.push((data as AppEvents['bug']).error);
      else this.said.push([event, (data as { id?: string }).id ?? '']);
    };
    this.dispatcher = new Dispatcher({
      ...{ ...member, clock, methods, tell },
      settler: new Settler({ ...member, clock, methods, tell }),
      runRecord: async (record, signal) => {
        this.ran.push(record);
        return await script(record, signal);
      },
    });
  }

  /** A tick, and everything that it sets in motion. */
  async tick(): Promise<void> {
    this.dispatcher.tick();
    await this.rest();
    if (this.bugs.length > 0) throw this.bugs[0];
  }

  async rest(): Promise<void> {
    for (let calm = 0; calm < 3; calm = this.dispatcher.isIdle ? calm + 1 : 0) await turn();
  }
}

export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

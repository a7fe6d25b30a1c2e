// A service for tests of recorded calls, by hand as the generator would write it, and an instance that makes calls of it.
// What must hold: the proxies, the recording and the settling are the runtime's own; rows are read by statements of our own.
import { Ajv } from 'ajv';
import { type Clock, systemClock } from '../../runtime/clock.js';
import { timingOf } from '../../runtime/config.js';
import type { Database } from '../../runtime/db/database.js';
import { type Instance, insertInstance, newInstanceId } from '../../runtime/lock/instance.js';
import { Lease, moment } from '../../runtime/lock/lease.js';
import type { ClaimedRecord } from '../../runtime/retry/record.js';
import { Services } from '../../runtime/retry/services.js';
import { Events } from '../../runtime/run/events.js';
import { createLog, logEvents, runLog } from '../../runtime/run/log.js';
import type {
  AnyServiceEntry,
  MethodEntry,
  MethodRetry,
  OutboxOptions,
  ServiceCalls,
} from '../../runtime/service-types.js';
import type { AppEvents, Log } from '../../runtime/types.js';

export class GatewayTimeout extends Error {
  override readonly name = 'GatewayTimeout';
}

export const KEYS = `2026=${Buffer.alloc(32, 1).toString('base64')}`;
export const OLD_KEYS = `2025=${Buffer.alloc(32, 2).toString('base64')}`;

const Order = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'integer' }, amount: { type: 'number' }, lines: { type: 'array' }, extra: {} },
  additionalProperties: false,
};
const Card = {
  type: 'object',
  properties: { number: { type: 'string' }, holder: { type: 'string' }, codes: { type: 'array' } },
  additionalProperties: false,
};
const text = { type: 'string' };

export const retryOf = (over: Partial<MethodRetry> = {}): MethodRetry => ({
  mode: 'beforehand',
  for: ['GatewayTimeout'],
  maxRetries: 3,
  backoff: { type: 'fixed', delayMs: 60_000, maxMs: 60_000, jitter: 0 },
  onCrash: 'hold',
  key: null,
  keep: { succeededMs: null, deadMs: null },
  concurrency: 16,
  upcast: false,
  ...over,
});

type Param = readonly [name: string, type: string, schema: object, optional?: boolean];

export function methodOf(params: readonly Param[], over: Partial<MethodEntry> = {}): MethodEntry {
  const items = params.map(([, , schema]) => schema);
  const minItems = params.filter(([, , , optional]) => optional !== true).length;
  return {
    params: params.map(([name, type, , optional = false]) => ({ name, type, optional })),
    validate: new Ajv({ strict: false }).compile({ type: 'array', items, minItems, maxItems: items.length }),
    argsHash: 'h1',
    secrets: [],
    retry: retryOf(),
    ...over,
  };
}

const afterward = retryOf({ mode: 'afterward', for: ['BizRetryNeedError'], onCrash: 'retry' });
const order: Param = ['order', 'Order', Order];

export const METHODS: Readonly<Record<string, MethodEntry>> = {
  charge: methodOf([order, ['channel', 'string', text]]),
  anything: methodOf(
    [
      ['value', 'unknown', {}, true],
      ['more', 'unknown', {}, true],
    ],
    { retry: retryOf({ for: ['Error'] }) },
  ),
  notify: methodOf([order, ['text', 'string', text], ['copy', 'boolean', { type: 'boolean' }, true]], {
    retry: { ...afterward, key: [0, 'id'] },
  }),
  remind: methodOf([['text', 'string', text]], { retry: { ...afterward, for: ['Error'] } }),
  pay: methodOf(
    [
      ['card', 'Card', Card],
      ['memo', 'string', text, true],
    ],
    {
      secrets: [
        ['0', 'number'],
        ['0', 'codes', '*'],
      ],
    },
  ),
  ping: methodOf([['text', 'string', text]], { retry: null }),
};

/** Calls by name, with retryEnqueue and `with`, as generated proxies have them. */
// biome-ignore lint/suspicious/noExplicitAny: whatever a test calls
export type AnyProxy = any;

function proxyOf(methods: readonly string[]) {
  return (calls: ServiceCalls): AnyProxy => {
    const each = (how: (method: string) => (...args: unknown[]) => Promise<unknown>) =>
      Object.fromEntries(methods.map((method) => [method, how(method)]));
    return {
      ...each(
        (method) =>
          (...args) =>
            calls.call(method, args),
      ),
      retryEnqueue: (method: string, key: string, ...args: unknown[]) => calls.retryEnqueue({}, method, key, args),
      with: (options: OutboxOptions) => ({
        ...each(
          (method) =>
            (...args) =>
              calls.enqueue(options, method, args),
        ),
        retryEnqueue: (method: string, key: string, ...args: unknown[]) =>
          calls.retryEnqueue(options, method, key, args),
      }),
    };
  };
}

// biome-ignore lint/suspicious/noExplicitAny: whatever a test writes
export type AnyImplementation = Record<string, (...args: any[]) => unknown>;

export function serviceOf(
  implementation: AnyImplementation,
  methods: Readonly<Record<string, MethodEntry>> = METHODS,
): AnyServiceEntry {
  return { methods, proxy: proxyOf(Object.keys(methods)), load: async () => implementation };
}

export interface CallerOptions {
  readonly clock?: Clock;
  readonly keys?: string;
  readonly maxPayloadBytes?: number;
  readonly methods?: Readonly<Record<string, MethodEntry>>;
  readonly log?: Log;
  readonly leaseMs?: number;
}

/** One instance, with what it said. */
export class Caller {
  readonly services: Services;
  readonly payment: AnyProxy;
  readonly said: { [E in keyof AppEvents]?: AppEvents[E][] } = {};
  readonly instance: Instance;
  readonly lease: Lease;
  readonly #clock: Clock;
  pokes = 0;

  constructor(database: Database, implementation: AnyImplementation, options: CallerOptions = {}) {
    const { clock = systemClock, keys = KEYS, maxPayloadBytes = 65_536, methods, log = createLog(false) } = options;
    this.#clock = clock;
    const timing = timingOf(options.leaseMs ?? 15_000, 200, 1_000);
    this.instance = { database, app: 'shop', id: newInstanceId(), configHash: 'v1', timing };
    this.lease = new Lease(clock, timing);
    const events = new Events();
    logEvents(events, log);
    const registry = {
      app: 'shop',
      services: { payment: serviceOf(implementation, methods) },
      errors: { GatewayTimeout: { load: async () => GatewayTimeout } },
    };
    const emit = <E extends keyof AppEvents>(event: E, data: AppEvents[E]) => {
      const list: AppEvents[E][] = this.said[event] ?? [];
      (this.said as Record<string, unknown>)[event] = [...list, data];
      events.emit(event, data);
    };
    this.services = new Services({
      ...{ registry, clock, maxPayloadBytes, emit, logOf: (fields: object) => runLog(log, fields) },
      sequelize: () => database.sequelize,
    });
    this.services.readKeys({ DAL_JOB_SECRET_KEYS: keys });
    this.payment = (this.services.proxies as { payment: AnyProxy }).payment;
  }

  async join(): Promise<this> {
    const sent = moment(this.#clock);
    await insertInstance(this.instance, { version: '0', scheduling: true });
    this.lease.confirm(sent);
    this.services.attach(this, () => {
      this.pokes += 1;
    });
    return this;
  }
}

export interface RecordRow {
  readonly [column: string]: string | number | null;
  readonly id: string;
  readonly args: string;
  readonly state: string;
  readonly attempt: number;
}

export async function records(
  database: Database,
  table: 'job_beforehand_retry' | 'job_retry' = 'job_beforehand_retry',
) {
  return await database.query<RecordRow>(`SELECT * FROM ${database.tables[table]} ORDER BY id`, []);
}

/** A record as the dispatcher would have claimed it. */
export function claimed(row: RecordRow, kind: ClaimedRecord['kind'], attempt = row.attempt + 1): ClaimedRecord {
  return {
    ...{ kind, id: row.id, service: String(row.service), method: String(row.method), args: row.args, attempt },
    argsHash: String(row.args_hash),
    maxRetries: Number(row.max_retries),
    claimKey: 'claim',
    errorName: row.error_name === null ? null : String(row.error_name),
    retryDataKey: kind === 'afterward' ? String(row.retry_data_key) : null,
    generation: kind === 'afterward' ? Number(row.generation) : null,
  };
}

/** What a call rejects with. */
export async function rejection(call: Promise<unknown>): Promise<Error & { code?: string }> {
  return await call.then(
    () => {
      throw new Error('it did not reject');
    },
    (error: unknown) => error as Error,
  );
}

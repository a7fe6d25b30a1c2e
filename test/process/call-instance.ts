// A real instance for process tests of services: makes the calls it is asked to make, and lets every execution report to the
// witness before it does anything. What an execution does stands in the call's argument.
// It stands beside the runtime that it runs, in the project or in a tree that was compiled from it (see build.ts).
import { setTimeout as delay } from 'node:timers/promises';
import { BizRetryNeedError, createApp, type RetryContext, retryContext } from '../../runtime/index.js';
import type { AnyServiceEntry, MethodEntry, ServiceCalls } from '../../runtime/service-types.js';
import type { AnyRegistry } from '../../runtime/types.js';
import { connectWitness, WITNESS_VARIABLE } from '../support/witness-client.js';
import {
  type CallArg,
  type CallCommand,
  type CallInstanceOptions,
  SERVICE,
  type TestMethod,
  type Told,
} from './call-options.js';
import { APP, OPTIONS_VARIABLE, type Report } from './instance-options.js';

const options = JSON.parse(process.env[OPTIONS_VARIABLE] ?? '') as CallInstanceOptions;
const witness = await connectWitness(process.env[WITNESS_VARIABLE] ?? '');

/** A retry takes no longer than this. */
const RETRY_HOLD_MS = 40;

/** What a generated proxy would look like to its caller. */
interface Proxy {
  readonly call: (method: string, arg: CallArg) => Promise<void>;
  readonly enqueue: (calls: CallCommand) => Promise<void>;
}

const registry: AnyRegistry = {
  app: APP,
  configHash: options.configHash,
  database: { url: options.url, tablePrefix: '' },
  jobs: {},
  services: { [SERVICE]: serviceOf(options.methods) },
  errors: {},
};
const { leaseMs, graceMs, shutdownMs, schedule } = options;
const app = createApp(registry as never, { leaseMs, graceMs, shutdownMs, schedule, logger: false });

for (const event of ['instance.started', 'lease.lost', 'instance.ended', 'database.down', 'bug'] as const)
  app.on(event, (data) => report(event, data));
process.on('message', (command: CallCommand) => void makeCalls(command));
// nobody is left who would ever end it
process.on('disconnect', () => process.exit(1));
process.once('SIGTERM', () => void app.stop().then(() => process.exit(0)));
await app.start();
report('up', null);

function report(event: string, data: unknown): void {
  const text = (_key: string, value: unknown) => (value instanceof Error ? String(value.stack) : value);
  process.send?.({ event, wallMs: Date.now(), data: JSON.parse(JSON.stringify(data, text)) } satisfies Report);
}

function serviceOf(methods: readonly TestMethod[]): AnyServiceEntry {
  const bodies = methods.map(({ name }) => [name, (arg: CallArg) => execute(name, arg)] as const);
  const retries = methods.map(({ name }) => [companion('retry', name), retryOf(name)] as const);
  const upcasts = methods.map(({ name }) => [companion('upcast', name), (args: unknown) => args] as const);
  return {
    methods: Object.fromEntries(methods.map((method) => [method.name, entryOf(method)])),
    proxy,
    load: async () => Object.fromEntries<unknown>([...bodies, ...retries, ...upcasts]),
  };
}

function companion(prefix: string, method: string): string {
  return `${prefix}${method.charAt(0).toUpperCase()}${method.slice(1)}`;
}

function proxy(calls: ServiceCalls): Proxy {
  return {
    call: (method, arg) => calls.call(method, [arg]),
    enqueue: ({ method, args }) =>
      app.sequelize.transaction(async (transaction) => {
        for (const arg of args) await calls.enqueue({ transaction }, method, [arg]);
      }),
  };
}

function entryOf(method: TestMethod): MethodEntry {
  const { mode, maxRetries, onCrash, delayMs, jitter, concurrency, argsHash, upcast } = method;
  return {
    params: [{ name: 'order', type: 'Order', optional: false }],
    validate: () => true,
    argsHash,
    secrets: [],
    retry: {
      ...{ mode, for: ['BizRetryNeedError'], maxRetries, onCrash, key: null, concurrency, upcast },
      backoff: { type: 'fixed', delayMs, maxMs: delayMs, jitter },
      keep: { succeededMs: null, deadMs: null },
    },
  };
}

function retryOf(method: string): (context: RetryContext<[CallArg], object>) => Promise<boolean> {
  return async ({ params: [arg] }) => {
    await execute(method, arg);
    return true;
  };
}

async function execute(method: string, arg: CallArg): Promise<void> {
  const { n } = arg;
  const retry = retryContext();
  const facts = { call: n, method, attempt: retry?.attempt ?? 1, dispatched: retry !== undefined, pid: process.pid };
  await witness.tell({ event: 'CALL_START', ...facts });
  await delay(facts.attempt === 1 ? arg.holdMs : Math.min(arg.holdMs, RETRY_HOLD_MS));
  const failure = failureOf(arg, facts.attempt);
  await witness.tell({ event: 'CALL_END', outcome: failure === null ? 'returned' : 'threw', ...facts });
  if (failure !== null) throw failure;
}

function failureOf({ failures, end }: CallArg, attempt: number): Error | null {
  if (attempt <= failures) return new BizRetryNeedError('as planned');
  if (end === 'aborts') process.abort();
  return end === 'refuses' ? new Error('refused') : null;
}

async function makeCalls(command: CallCommand): Promise<void> {
  const shop = (app.services as Record<string, Proxy>)[SERVICE];
  if (shop === undefined) throw new Error('the app has no proxies');
  const { method, args, atOnce, outbox } = command;
  if (outbox) {
    await shop.enqueue(command);
    report('enqueued', args.length);
    return;
  }
  const waiting = [...args];
  const worker = async () => {
    for (let arg = waiting.shift(); arg !== undefined; arg = waiting.shift()) {
      report('told', await tellOf(method, arg, shop.call(method, arg)));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  report('called', args.length);
}

async function tellOf(method: string, { n }: CallArg, call: Promise<void>): Promise<Told> {
  try {
    await call;
    return { n, method, result: 'returned' };
  } catch (error) {
    const { name, message } = error as Error;
    if (error instanceof BizRetryNeedError) return { n, method, result: 'retryable' };
    if (message === 'refused') return { n, method, result: 'refused' };
    return { n, method, result: 'not recorded', error: `${name}: ${message}` };
  }
}

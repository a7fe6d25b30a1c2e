// One instance of bench/retry, in a process of its own: makes calls of a method that does nothing, or retries what is due.
// Talks to its parent by messages: 'ready', and the rate of each round of calls.
import { createApp, type MethodEntry, type ServiceCalls } from 'dal-job';
import { ARGS_HASH, benchRegistry } from './registry.js';

/** What the parent asks for. */
export type Command = { readonly calls: number; readonly atOnce: number } | 'stop';
export type Answer = { readonly ready: true } | { readonly perSecond: number };

interface Proxy {
  noop(n: number): Promise<void>;
}

const noop: MethodEntry = {
  params: [{ name: 'n', type: 'number', optional: false }],
  validate: () => true,
  argsHash: ARGS_HASH,
  secrets: [],
  retry: {
    ...{ mode: 'beforehand', for: ['Error'], maxRetries: 3, onCrash: 'retry', key: null, upcast: false },
    backoff: { type: 'fixed', delayMs: 1_000, maxMs: 1_000, jitter: 0 },
    keep: { succeededMs: null, deadMs: null },
    concurrency: Number(process.env.BENCH_CONCURRENCY ?? 16),
  },
};
const service = {
  methods: { noop },
  proxy: (calls: ServiceCalls): Proxy => ({ noop: (n) => calls.call('noop', [n]) }),
  load: async () => ({ noop: async () => {} }),
};
const registry = { ...benchRegistry({ count: 0 }), services: { bench: service } };
const app = createApp<never>(registry as never, {
  database: { url: process.env.BENCH_URL ?? '' },
  schedule: process.env.BENCH_SCHEDULE === '1',
  logger: false,
});
app.on('bug', ({ error }) => console.error(error));

function answer(message: Answer): void {
  process.send?.(message);
}

async function call({ calls, atOnce }: Exclude<Command, 'stop'>): Promise<void> {
  const { bench } = app.services as { bench: Proxy };
  let left = calls;
  const begin = performance.now();
  const worker = async () => {
    while (left-- > 0) await bench.noop(left);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  answer({ perSecond: (calls * 1_000) / (performance.now() - begin) });
}

async function stop(): Promise<void> {
  await app.stop();
  process.disconnect();
}

process.on('message', (command: Command) => void (command === 'stop' ? stop() : call(command)));
await app.start();
answer({ ready: true });

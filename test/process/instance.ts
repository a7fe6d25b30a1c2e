// A real instance for process tests: builds a registry by hand, runs the app on it until SIGTERM, and lets every handler
// report to the witness. Its handlers do what a careful application does: an effect in the same database under
// ctx.guard, an effect elsewhere under the fence, and they end when their signal says so (unless they are deaf).
// It stands beside the runtime that it runs, in the project or in a tree that was compiled from it (see build.ts).
import { setTimeout as delay } from 'node:timers/promises';
import { BizRetryNeedError, createApp, DalJobError, type JobContext } from '../../runtime/index.js';
import type { AnyRegistry, AppEvents, JobEntry } from '../../runtime/types.js';
import { connectWitness, WITNESS_VARIABLE } from '../support/witness-client.js';
import {
  APP,
  type Command,
  type InstanceOptions,
  OPTIONS_VARIABLE,
  type Report,
  type TestJob,
} from './instance-options.js';
import { randomFrom } from './random.js';

type Context = JobContext<string, undefined, object>;

const options = JSON.parse(process.env[OPTIONS_VARIABLE] ?? '') as InstanceOptions;
const witness = await connectWitness(process.env[WITNESS_VARIABLE] ?? '');
const random = randomFrom(options.seed);
const spins: Command['spin'][] = [];

const registry: AnyRegistry = {
  app: APP,
  configHash: options.configHash,
  database: { url: options.url, tablePrefix: '' },
  jobs: Object.fromEntries(options.jobs.map((job) => [job.name, entryOf(job)])),
  services: {},
  errors: {},
};
const { leaseMs, graceMs, shutdownMs } = options;
const app = createApp(registry as never, { leaseMs, graceMs, shutdownMs, concurrency: 50, logger: false });

for (const event of [
  ...(['instance.started', 'lease.lost', 'instance.ended', 'run.fenced', 'run.zombie', 'run.lost'] as const),
  ...(['fire.timedOut', 'job.registered', 'database.down', 'database.up', 'sweep.blocked', 'bug'] as const),
]) {
  app.on(event, (data) => report(event, plain(data)));
}
process.on('message', ({ spin }: Command) => spins.push(spin));
// nobody is left who would ever end it
process.on('disconnect', () => process.exit(1));
process.once('SIGTERM', () => void app.stop().then(() => process.exit(0)));
await app.start();
report('up', null);

function report(event: string, data: unknown): void {
  process.send?.({ event, wallMs: Date.now(), data } satisfies Report);
}

function plain(data: AppEvents[keyof AppEvents]): unknown {
  const text = (_key: string, value: unknown) => (value instanceof Error ? String(value.stack) : value);
  return JSON.parse(JSON.stringify(data, text));
}

function entryOf(job: TestJob): JobEntry<Context> {
  const backoff = { type: 'fixed', delayMs: 30, maxMs: 30, jitter: 0 } as const;
  return {
    definition: {
      ...{ description: job.name, cron: job.cron, timezone: 'UTC', dst: { gap: 'next', overlap: null } },
      ...{ globalSingle: job.single, timeoutMs: job.timeoutMs, misfire: 'latest', misfireLimit: 1 },
      ...{ overlap: job.overlap, onLost: job.onLost },
      retry: job.maxRetries === 0 ? null : { for: ['BizRetryNeedError'], maxRetries: job.maxRetries, backoff },
    },
    input: null,
    load: async () => (context) => witness.witnessRun(context, () => work(job, context)),
  };
}

async function work(job: TestJob, context: Context): Promise<void> {
  spin(context);
  const [least, most] = job.holdMs;
  const held = delay(least + (most - least) * random());
  await (job.deaf ? held : unlessAborted(context.signal, held));
  if (job.failsEvery > 0 && context.attempt === 1 && (context.fireTimeMs / 1000) % job.failsEvery === 0)
    throw new BizRetryNeedError('as planned');
  const effects = act(context);
  await (job.deaf ? effects : unlessAborted(context.signal, effects));
}

function spin({ job, fireTimeMs }: Context): void {
  const asked = spins.find((one) => one.job === job && one.fireMs === fireTimeMs);
  const end = performance.now() + (asked?.forMs ?? 0);
  while (performance.now() < end);
}

/** An obedient handler: it ends at once when it is told to, whatever it was waiting for. */
async function unlessAborted<T>(signal: AbortSignal, waiting: Promise<T>): Promise<T> {
  waiting.catch(() => {});
  return Promise.race([
    waiting,
    new Promise<never>((_resolve, reject) => {
      const stop = () => reject(signal.reason);
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
    }),
  ]);
}

async function act(context: Context): Promise<void> {
  if (context.fence === 0) return; // a run on every instance guards nothing that others share
  await guarded(context);
  await witness.effect(context);
}

/** The effect has a row of its own, so that the order of its commits can be read from it; nothing but the guard protects it. */
async function guarded(context: Context): Promise<void> {
  const { job, fence, fireTimeMs, attempt, kind, idempotencyKey } = context;
  const run = {
    job,
    key: idempotencyKey,
    fireTimeMs,
    fence,
    attempt,
    kind,
    instance: String(process.pid),
    pid: process.pid,
  };
  const resource = `table of ${job}`;
  const { sequelize } = app;
  try {
    await sequelize.transaction(async (transaction) => {
      const insert =
        'INSERT INTO effect (resource, version) VALUES (?, 1) ON DUPLICATE KEY UPDATE version = version + 1';
      await sequelize.query(insert, { replacements: [resource], transaction });
      const log =
        'INSERT INTO effect_log (resource, version, run) SELECT resource, version, ? FROM effect WHERE resource = ?';
      await sequelize.query(log, { replacements: [JSON.stringify(run), resource], transaction });
      await context.guard(transaction);
    });
  } catch (error) {
    if (error instanceof DalJobError) await witness.effectElsewhere(context, { resource, accepted: false });
    throw error;
  }
}

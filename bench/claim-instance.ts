// One instance of bench/claim, in a process of its own: each second it drains what waits. Its handler waits BENCH_WAIT_MS a
// row. Tells its parent when it is up, and of every run that had rows.
import { setTimeout as delay } from 'node:timers/promises';
import { createApp } from 'dal-job';
import { benchRegistry } from './registry.js';

const { BENCH_URL: url = '', BENCH_CLAIM = '{}', BENCH_WAIT_MS = '0' } = process.env;
const waitMs = Number(BENCH_WAIT_MS);
const base = benchRegistry({ count: 1, definition: { cron: '* * * * * *', globalSingle: false }, handler: () => {} });
const [[name, entry] = ['j0', {}]] = Object.entries(base.jobs);
const handler = async ({ rows }: { rows: readonly unknown[] }) => {
  firstMs ??= performance.timeOrigin + performance.now();
  if (rows.length > 0 && waitMs > 0) await delay(waitMs * rows.length);
};
const jobs = { [name]: { ...entry, claim: JSON.parse(BENCH_CLAIM), load: async () => handler } };
let firstMs: number | undefined;
const app = createApp<never>({ ...base, jobs } as never, { database: { url }, logger: false });
app.on('bug', ({ error }) => console.error(error));
app.on('run.finished', ({ rows, error }) => {
  if (error !== undefined) console.error(error);
  if (rows === undefined || rows.done === 0) return;
  process.send?.({ rows: rows.done, fromMs: firstMs, toMs: performance.timeOrigin + performance.now() });
  firstMs = undefined;
});
await app.start();
process.send?.({ ready: true });
process.once('message', async () => {
  await app.stop();
  process.disconnect();
});

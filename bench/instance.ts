// One instance of the benches, in a process of its own: drains a backlog, or just runs, as its environment says.
// Talks to its parent by messages: 'ready', then a report at the end.
import { createApp } from 'dal-job';
import { benchRegistry } from './registry.js';

const { BENCH_URL: url = '', BENCH_JOBS = '1', BENCH_DEFINITION = '{}', BENCH_CONCURRENCY = '50' } = process.env;
const lateness: number[] = [];
const registry = benchRegistry({
  count: Number(BENCH_JOBS),
  definition: JSON.parse(BENCH_DEFINITION),
  handler: ({ fireTimeMs }) => {
    lateness.push(Date.now() - fireTimeMs);
  },
});
const app = createApp<never>(registry as never, {
  database: { url },
  concurrency: Number(BENCH_CONCURRENCY),
  logger: false,
});
app.on('bug', ({ error }) => console.error(error));
await app.start();
process.send?.({ ready: true });
process.once('message', async () => {
  const { user, system } = process.cpuUsage();
  await app.stop();
  process.send?.({ lateness, cpuMs: (user + system) / 1000 });
  process.disconnect();
});

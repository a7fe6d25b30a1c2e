// A real instance for process tests of claims: each second it takes what rows wait, and every batch reports to the witness
// before it does anything and when it has ended. Its handler ends when its signal says so.
// It stands beside the runtime that it runs, in the project or in a tree that was compiled from it (see build.ts).
import { setTimeout as delay } from 'node:timers/promises';
import type { ClaimContext } from '../../runtime/claim-types.js';
import { createApp } from '../../runtime/index.js';
import type { AnyRegistry, JobDefinition } from '../../runtime/types.js';
import { connectWitness, WITNESS_VARIABLE } from '../support/witness-client.js';
import { type ClaimInstanceOptions, parcelClaim } from './claim-options.js';
import { APP, OPTIONS_VARIABLE, type Report } from './instance-options.js';

type Context = ClaimContext<'ship', { readonly id: number }, object>;

const options = JSON.parse(process.env[OPTIONS_VARIABLE] ?? '') as ClaimInstanceOptions;
const witness = await connectWitness(process.env[WITNESS_VARIABLE] ?? '');
let batches = 0;

const definition: JobDefinition = {
  ...{ description: 'ship', cron: '* * * * * *', timezone: 'UTC', dst: { gap: 'next', overlap: null } },
  ...{ globalSingle: false, timeoutMs: null, misfire: 'latest', misfireLimit: 1, overlap: 'skip', onLost: 'skip' },
  retry: null,
};
const registry: AnyRegistry = {
  app: APP,
  configHash: 'claims',
  database: { url: options.url, tablePrefix: '' },
  jobs: { ship: { definition, input: null, claim: parcelClaim(options.batch), load: async () => ship } },
  services: {},
  errors: {},
};
const { leaseMs, graceMs, shutdownMs } = options;
const app = createApp(registry as never, { leaseMs, graceMs, shutdownMs, logger: false });
for (const event of [
  'instance.started',
  'lease.lost',
  'instance.ended',
  'rows.released',
  'database.down',
  'bug',
] as const)
  app.on(event, (data) => report(event, data));
// nobody is left who would ever end it
process.on('disconnect', () => process.exit(1));
process.once('SIGTERM', () => void app.stop().then(() => process.exit(0)));
await app.start();
report('up', null);

function report(event: string, data: unknown): void {
  const text = (_key: string, value: unknown) => (value instanceof Error ? String(value.stack) : value);
  process.send?.({ event, wallMs: Date.now(), data: JSON.parse(JSON.stringify(data, text)) } satisfies Report);
}

async function ship({ rows, signal }: Context): Promise<void> {
  const batch = { batch: `${process.pid}-${batches++}`, pid: process.pid };
  await witness.tell({ event: 'ROWS_START', ...batch, rows: rows.map(({ id }) => id) });
  await delay(options.rowMs * rows.length, undefined, { signal }).catch(() => {});
  await witness.tell({ event: 'ROWS_END', ...batch, outcome: signal.aborted ? 'threw' : 'returned' });
  signal.throwIfAborted();
}

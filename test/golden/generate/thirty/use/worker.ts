// What an application writes, and what tsc must refuse. Never run: it is compiled, line by line as it stands here.
import { BizRetryNeedError } from 'dal-job';
import { Sequelize } from 'sequelize';
import {
  createApp,
  type Feed,
  type JobHandler,
  type JobName,
  type Order,
  type Service,
} from '../expected/generated/index.js';
import { initIndexTable, initOrders } from '../expected/generated/models/index.js';

const app = createApp();
await app.start();
await app.trigger('closeUnpaidOrders', { olderThan: '30m' });
await app.trigger('closeUnpaidOrders');
await app.trigger('closeUnpaidOrders', undefined);
await app.trigger('nightlyReport');
await app.trigger('nightlyReport', { day: '2026-01-31', to: [] });
await app.trigger('shipOrders');
const feed: Feed = { url: 'https://example.com', format: 'atom' };
await app.trigger('importFeed', feed);
await app.trigger('wordsAndNumbers', { kind: 'word', word: 'x' });
await app.trigger('anything', [1, { two: null }]);
const { fireTime } = await app.trigger('extended', { id: 'a', extra: 'b' });
fireTime.toISOString();
await app.pause('shipOrders');
// @ts-expect-error shipOrders takes no input
await app.trigger('shipOrders', 1);
await app.trigger('rebuildIndex', { full: true });
// @ts-expect-error input is required
await app.trigger('rebuildIndex');
// @ts-expect-error unknown job
await app.trigger('nope');
// @ts-expect-error wrong input
await app.trigger('rebuildIndex', { full: 'yes' });
// @ts-expect-error a property that the type does not have
await app.trigger('rebuildIndex', { full: true, half: false });
// @ts-expect-error not one of the formats
await app.trigger('importFeed', { url: 'x', format: 'csv' });
// @ts-expect-error one kind's property with the other kind
await app.trigger('wordsAndNumbers', { kind: 'word', number: 1 });
// @ts-expect-error half of an extended type
await app.trigger('extended', { id: 'a' });
// @ts-expect-error unknown job
await app.resume('nope');

const { JobInfo, JobLog } = app.models;
const log = await JobLog.findOne({ where: { jobName: 'shipOrders', outcome: 'failed' }, include: 'job' });
const seconds: number | null | undefined = log?.durationMs;
const startedAt: Date | undefined = log?.startedAtDate;
const finishedAt: Date | null | undefined = log?.finishedAtDate;
const job: JobName | undefined = log?.job?.name;
const infos = await JobInfo.findAll({ where: { paused: false } });
const logs = infos.flatMap((info) => info.logs ?? []);
logs.map(({ manual, kind }) => manual && kind === 'catch-up');
// @ts-expect-error no such job
infos.filter((info) => info.name === 'nope');
// @ts-expect-error no such column
await JobLog.findOne({ where: { job_name: 'shipOrders' } });
// @ts-expect-error no such outcome
infos.filter((info) => info.lastOutcome === 'fine');
// @ts-expect-error rows are the runtime's
if (log) log.note = 'x';
await app.stop();

/** A function declaration fits too. */
export async function rebuildIndex(...[{ input, log }]: Parameters<JobHandler<'rebuildIndex'>>): Promise<void> {
  const full: boolean = input.full;
  const shards: number[] | undefined = input.shards;
  log.info({ full, shards });
  if (full) throw new BizRetryNeedError();
}
export const closeUnpaidOrders: JobHandler<'closeUnpaidOrders'> = ({ input, job: name, signal }) => {
  const older: string | undefined = input?.olderThan;
  const only: Order | undefined = input?.only;
  const literal: 'closeUnpaidOrders' = name;
  // @ts-expect-error without a default a cron run has no input
  input.olderThan;
  if (!signal.aborted) void [older, only?.amount, literal];
};
export const nightlyReport: JobHandler<'nightlyReport'> = ({ input, fireTime: at, fireTimeMs }) => {
  // the default stands in for a missing input
  void [input.to?.[0], input.day, at.getTime() === fireTimeMs];
};
export const wordsAndNumbers: JobHandler<'wordsAndNumbers'> = async ({ input }) => {
  if (input.kind === 'word') void input.word?.length;
  else void input.number?.toFixed();
};
export const byHand: JobHandler<'byHand'> = async ({ input }) => {
  const nothing: undefined = input;
  void nothing;
};
export const shipOrders: JobHandler<'shipOrders'> = async ({ rows, done, fail, transaction, guard, signal }) => {
  for (const row of rows) {
    if (signal.aborted) return 'released';
    const at: Date = row.created_at;
    const id: number = row.id;
    await transaction(async (t) => {
      await guard(t);
      const settled: boolean = await done(row, { transaction: t });
      void [at, id, settled];
    });
    if (row.status === 'LATE') await fail(row, new Error('late'));
  }
  // @ts-expect-error no such column
  rows[0]?.state;
  // @ts-expect-error a row is what it was
  rows.pop();
  // @ts-expect-error not a row
  await done(1);
  return 'done';
};
/** Written before the job had a claim: its own line says that rows are waiting for an answer. */
// @ts-expect-error it says nothing of the rows
export const beforeTheClaim: JobHandler<'shipOrders'> = async ({ log }) => {
  log.info({}, 'shipped all there was');
};
// @ts-expect-error no more does one that is not async
export const beforeTheClaimToo: JobHandler<'shipOrders'> = ({ log }) => log.info({}, 'shipped');
// @ts-expect-error one way out says nothing
export const halfAnAnswer: JobHandler<'shipOrders'> = async ({ rows }) => {
  if (rows.length > 1) return 'done';
};
// @ts-expect-error no such answer
export const noAnswer: JobHandler<'shipOrders'> = async () => 'dropped';
/** The stub of a job without claim fits one with a claim: it says that it is not filled in. */
export const stillStub: JobHandler<'shipOrders'> = async () => {
  throw new Error('not implemented');
};
/** Before the job had a claim it had an input; its handler's own line says that this is over. */
export const routine14: JobHandler<'routine14'> = async ({ input, rows }) => {
  // @ts-expect-error with a claim there is no input
  input.full;
  const state: 1 | 2 | 3 | undefined = rows[0]?.state;
  const picked: Date | null | undefined = rows[0]?.select;
  const format: 'rss' | 'atom' | 'json' | undefined = rows[0]?.payload.format;
  void [state, picked, format];
  return 'done';
};
const { Orders } = app.models;
const paid = await Orders.findAll({ where: { status: 'PAID', claim_key: null } });
const placed: Date | undefined = paid[0]?.created_at;
await Orders.create({ status: 'PAID', created_at: new Date() });
// @ts-expect-error the runtime writes it
if (paid[0]) paid[0].claim_key = 'mine';
// @ts-expect-error no such column
await Orders.findAll({ where: { state: 'PAID' } });
const own: typeof Orders = initOrders(new Sequelize('sqlite::memory:'));
void [placed, own];
// @ts-expect-error a job without claim has no rows
export const wrongContext: JobHandler<'rebuildIndex'> = async ({ rows }) => void rows;
// @ts-expect-error a handler answers nothing
export const wrongAnswer: JobHandler<'byHand'> = async () => 1;
// @ts-expect-error unknown name
export type WrongName = JobHandler<'nope'>;
// @ts-expect-error there is no such service
export type WrongService = Service<'payment'>;
void [seconds, startedAt, finishedAt, job];

// Columns that Sequelize has members of the name of: by `getDataValue`, and the members stay.
const IndexRows = initIndexTable(new Sequelize('sqlite::memory:'));
const indexRow = IndexRows.build({ save: true, isNewRecord: 1 });
const isKept: boolean = indexRow.getDataValue('save');
const street: string = indexRow.getDataValue('_attributes');
await indexRow.save();
console.log(isKept, street, indexRow.isNewRecord ? 'new' : '', indexRow.price.toFixed());

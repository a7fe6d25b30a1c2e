// createTestApp: what a test of somebody's jobs can see and do, and that it owes nothing to real time.
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { GeneratedApp } from '../../../generated/index.js';
import { BizRetryNeedError, createApp } from '../../../runtime/index.js';
import { createTestApp, type TestApp, type TestAppOptions } from '../../../runtime/testing.js';
import type { App, JobContext, JobEntry } from '../../../runtime/types.js';
import { entry, retry } from '../../support/jobs.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** As generated: every job may be triggered with any input. */
interface Types {
  contexts: Record<string, JobContext<string, unknown, object>>;
  triggers: Record<string, [input?: unknown]>;
  implementations: object;
  services: object;
}

describe('createTestApp', () => {
  const open: TestApp<App<Types>>[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((test) => test.stop()));
  });

  async function start(jobs: Record<string, JobEntry<unknown>>, options?: TestAppOptions) {
    const database = { url: 'mysql://nobody@nowhere.invalid/none', tablePrefix: '' };
    const registry = { app: 'shop', configHash: 'v1', database, jobs, services: {}, errors: {} };
    const test = await createTestApp((given) => createApp<Types>(registry as never, given), options);
    open.push(test);
    return test;
  }

  it('starts at a time of its own, in a database of its own', async () => {
    const [one, other] = await Promise.all([start({ a: entry(() => {}) }), start({ a: entry(() => {}) }, { now: 0 })]);
    expect(one.now.toISOString()).to.equal('2026-06-01T00:00:00.000Z');
    expect(other.now.getTime()).to.equal(0);
    await one.runJob('a');
    expect([(await one.history()).length, (await other.history()).length]).to.deep.equal([1, 0]);
  });

  it('runs a job and tells how it went', async () => {
    const { runJob } = methods(
      await start({
        good: entry(({ log, input }) => log.info({ input }, 'hello')),
        bad: entry(() => {
          throw new RangeError('no');
        }),
      }),
    );
    const good = await runJob('good', { input: undefined });
    const log = [{ level: 'info', message: 'hello', fields: { input: undefined } }];
    expect(good).to.deep.equal({
      ...{ job: 'good', fireTime: new Date('2026-06-01T00:00:00Z'), kind: 'manual', outcome: 'succeeded', attempts: 1 },
      ...{ error: undefined, errors: [], durationMs: 0, log },
    });
    const bad = await runJob('bad');
    expect(bad).to.include({ outcome: 'failed', attempts: 1 });
    expect(bad.error).to.be.instanceOf(RangeError);
  });

  it('runs a job again and again', async () => {
    const { runJob } = methods(await start({ a: entry(() => {}) }));
    const runs = [await runJob('a'), await runJob('a'), await runJob('a')];
    expect(runs.map(({ outcome }) => outcome)).to.deep.equal(['succeeded', 'succeeded', 'succeeded']);
    expect(new Set(runs.map(({ fireTime }) => fireTime.getTime())).size).to.equal(3);
  });

  it('waits out the attempts of a run, by its own clock, and keeps each error', async () => {
    const handler = ({ attempt }: { attempt: number }) => {
      if (attempt < 3) throw new BizRetryNeedError(`${attempt}`);
    };
    const backoff = { type: 'exponential', delayMs: HOUR_MS, maxMs: DAY_MS, jitter: 0 } as const;
    const test = await start({ a: entry(handler, { retry: retry(3, { backoff }) }) });
    const run = await test.runJob('a');
    expect(run).to.include({ outcome: 'succeeded', attempts: 3, durationMs: 3 * HOUR_MS, error: undefined });
    expect(run.errors.map((error) => (error as Error).message)).to.deep.equal(['1', '2']);
    expect(test.now.toISOString()).to.equal('2026-06-01T03:00:00.000Z');
  });

  it('runs one job alone: no schedule fires while it waits, nor on the way to its time', async () => {
    const fail = () => {
      throw new Error('no');
    };
    const test = await start({
      once: entry(fail, { cron: null, retry: retry(2) }),
      minutely: entry(() => {}, { cron: '* * * * *' }),
      secondly: entry(() => {}, { cron: '* * * * * *', globalSingle: false }),
    });
    const run = await test.runJob('once', { at: '2026-06-02T12:00:00Z' });
    expect(run.fireTime.toISOString()).to.equal('2026-06-02T12:00:00.000Z');
    expect((await test.history()).map(({ jobName }) => jobName)).to.deep.equal(['once', 'once', 'once']);
    const fires = await test.advanceTo('2026-06-02T12:00:04Z');
    expect(fires.map(({ job, fireTime, kind }) => [job, fireTime.toISOString().slice(11, 19), kind])).to.deep.equal([
      ['secondly', '12:00:03', 'cron'],
      ['secondly', '12:00:04', 'cron'],
    ]);
    expect(await test.advanceTo('2026-06-02T12:01:00Z')).to.have.length(57);
    expect((await test.history('minutely')).map(({ kind }) => kind)).to.deep.equal(['cron']);
  });

  it('fires what would fire until a time, in its order, each at its time', async () => {
    const seen: string[] = [];
    const note = (name: string) =>
      entry(() => void seen.push(`${name} ${test.now.toISOString().slice(11, 16)}`), CRONS[name]);
    const CRONS: Record<string, object> = {
      hourly: { cron: '0 * * * *' },
      half: { cron: '30 1 * * *' },
      berlin: { cron: '0 4 * * *', timezone: 'Europe/Berlin' },
    };
    const test = await start({ hourly: note('hourly'), half: note('half'), berlin: note('berlin') });
    const runs = await test.advanceTo('2026-06-01T02:00:00Z');
    expect(seen.slice(0, 2)).to.deep.equal(['hourly 01:00', 'half 01:30']);
    expect(seen.slice(2)).to.have.members(['hourly 02:00', 'berlin 02:00']);
    expect(runs.map(({ outcome, durationMs }) => [outcome, durationMs])).to.deep.equal(
      Array.from({ length: 4 }, () => ['succeeded', 0]),
    );
    expect((await test.history()).length).to.equal(4);
  });

  it('awaits handlers that take real time; none is taken by its clock', async () => {
    const test = await start({ slow: entry(() => delay(30), { cron: '* * * * * *' }) });
    const runs = await test.advanceBy(3_000);
    expect(runs.map(({ outcome, durationMs }) => [outcome, durationMs])).to.deep.equal(
      Array.from({ length: 3 }, () => ['succeeded', 0]),
    );
  });

  it("comes to a job's timeout when its handler does not end", async () => {
    const hang = ({ signal }: { signal: AbortSignal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const test = await start({ hang: entry(hang, { timeoutMs: 90_000 }) }, { patienceMs: 10 });
    const run = await test.runJob('hang');
    expect(run).to.include({ outcome: 'timed_out', durationMs: 90_000 });
    expect(run.error).to.include({ code: 'DJ3004' });
  });

  it('says so when a handler does not end and nothing will end it', async () => {
    const test = await start({ hang: entry(() => new Promise(() => {})) }, { patienceMs: 10, graceMs: 0 });
    const error = await test.runJob('hang').catch((reason: unknown) => reason);
    expect((error as Error).message).to.match(/^the handler of hang has not ended within 10 ms, .*patienceMs/);
  });

  it('refuses to go back', async () => {
    const test = await start({ a: entry(() => {}) });
    const yesterday = test.runJob('a', { at: '2026-05-31T00:00:00Z' }).catch((error: unknown) => error);
    expect(await yesterday).to.be.instanceOf(RangeError);
    expect(await test.advanceTo(0).catch((error: unknown) => error)).to.be.instanceOf(RangeError);
    expect(await test.advanceTo('soon').catch((error: unknown) => error)).to.be.instanceOf(RangeError);
  });

  it('has the ordinary refusals', async () => {
    const test = await start({ a: entry(() => {}) });
    expect(await test.runJob('b').catch((error: unknown) => error)).to.include({ code: 'DJ4001' });
    await test.app.pause('a');
    expect(await test.runJob('a').catch((error: unknown) => error)).to.include({ code: 'DJ4003' });
    await test.app.resume('a');
    expect(await test.runJob('a')).to.include({ outcome: 'succeeded' });
  });

  it('hands log lines on to a logger, with the run they belong to', async () => {
    const lines: object[] = [];
    const write = (fields: object, message?: string) => void lines.push({ message, ...fields });
    const logger = { debug() {}, info: write, warn() {}, error() {} };
    const test = await start({ a: entry(({ log }) => log.info({ x: 1 }, 'hello')) }, { logger });
    await test.runJob('a');
    expect(lines).to.deep.include({
      message: 'hello',
      x: 1,
      job: 'a',
      fireTime: '2026-06-01T00:00:00.000Z',
      attempt: 1,
    });
  });

  it('stops in no time, also while a handler hangs, and stops twice', async () => {
    const test = await start({ hang: entry(() => new Promise(() => {}), { cron: '* * * * *' }) }, { patienceMs: 10 });
    await test.advanceBy(60_000);
    await test.stop();
    await test.stop();
  });

  it('takes what the types of the generated app say, and the compiler refuses the rest', () => {
    const compiled = async (test: TestApp<GeneratedApp>) => {
      await test.runJob('closeUnpaidOrders');
      await test.runJob('closeUnpaidOrders', { at: '2026-06-01T00:00:00Z' });
      await test.runJob('reportSales', { input: { days: 1 } });
      // @ts-expect-error: there is no such job
      await test.runJob('closeOrders');
      // @ts-expect-error: it takes no input
      await test.runJob('closeUnpaidOrders', { input: { days: 1 } });
      // @ts-expect-error: its input is required
      await test.runJob('reportSales');
      // @ts-expect-error: its input has another shape
      await test.runJob('reportSales', { input: { days: 'one' } });
    };
    expect(compiled).to.be.a('function');
  });

  it('lets a day pass in seconds', async function () {
    this.timeout(120_000);
    const test = await start({ a: entry(() => {}, { cron: '*/5 * * * *' }) });
    const runs = await test.advanceBy(DAY_MS);
    expect(runs).to.have.length(288);
  });
});

/** With their app. */
function methods(test: TestApp<App<Types>>) {
  return { runJob: test.runJob.bind(test) };
}

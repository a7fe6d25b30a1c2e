// Whole apps on a clock of the test's: every fire of hours and of nights when the clocks change, an outage, and a stop.
import { expect } from 'chai';
import { MONDAY_MS } from '../../../runtime/testing/fake-clock.js';
import type { JobEntry } from '../../../runtime/types.js';
import { eachDatabase } from '../../support/databases.js';
import { FakeApp, type FakeAppOptions } from '../../support/fake-app.js';
import { entry } from '../../support/jobs.js';
import { brokenRules, type InfoRow, type LogLine } from '../../support/log-rules.js';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

eachDatabase(
  (test) => {
    let running: FakeApp | undefined;

    beforeEach(() => test.recreate());
    afterEach(async () => {
      await running?.stop();
      running = undefined;
    });

    /** A started app whose tables are looked at by `check`. */
    async function run(
      jobs: Record<string, JobEntry<unknown>>,
      options: Partial<FakeAppOptions> = {},
    ): Promise<FakeApp> {
      running = new FakeApp(test.url, jobs, { startMs: MONDAY_MS, ...options });
      await running.start();
      return running;
    }

    async function check({ app, clock, bugs }: FakeApp): Promise<readonly LogLine[]> {
      expect(bugs).to.deep.equal([]);
      const read = async <Row>(sql: string) => (await app.sequelize.query(sql))[0] as readonly Row[];
      const log = await read<LogLine>('SELECT * FROM job_log ORDER BY started_at, id');
      const info = await read<InfoRow>('SELECT * FROM job_info');
      expect(brokenRules({ info, log, nowMs: clock.now() })).to.deep.equal([]);
      return log;
    }

    it('fires every second, each once, each in its own millisecond', async function () {
      this.timeout(180_000);
      const seconds = test.dialect === 'memory' ? 1_200 : 60;
      const app = await run({ second: entry(() => {}, { cron: '* * * * * *' }) });
      await app.clock.advance(seconds * 1_000);
      expect(app.fires('second')).to.deep.equal(Array.from({ length: seconds }, (_, n) => MONDAY_MS + (n + 1) * 1_000));
      expect(Math.max(...app.started.map(({ atMs, fireMs }) => atMs - fireMs))).to.be.lessThan(1);
      expect(app.outcomes('second').every((outcome) => outcome === 'succeeded')).to.equal(true);
      expect((await check(app)).filter(({ job_name }) => job_name === 'second')).to.have.length(seconds);
    });

    it('fires in the night when clocks go forward, and in the one when they go back', async function () {
      this.timeout(60_000);
      const cron = { timezone: 'Europe/Berlin' };
      const quiet = { leaseMs: 150_000, idleMs: 60_000 }; // nights are long
      const jobs = () => ({
        daily: entry(() => {}, { cron: '30 2 * * *', ...cron }),
        hourly: entry(() => {}, { cron: '15 * * * *', ...cron }),
      });
      const spring = await run(jobs(), { ...quiet, startMs: Date.UTC(2026, 2, 29) });
      await spring.clock.advance(80 * MINUTE_MS);
      const at = (app: FakeApp, job: string) =>
        app.fires(job).map((fireMs) => new Date(fireMs).toISOString().slice(11, 16));
      expect(at(spring, 'daily')).to.deep.equal(['01:00']);
      // the hour that never was has one, too: at its end
      expect(at(spring, 'hourly')).to.deep.equal(['00:15', '01:00', '01:15']);
      await check(spring);
      await spring.stop();
      await test.recreate();
      const autumn = await run(jobs(), { ...quiet, startMs: Date.UTC(2026, 9, 25) });
      await autumn.clock.advance(80 * MINUTE_MS);
      expect(at(autumn, 'daily')).to.deep.equal(['00:30']);
      expect(at(autumn, 'hourly')).to.deep.equal(['00:15', '01:15']);
      await check(autumn);
    });

    it('comes back after two hours asleep with one run and one missed row', async () => {
      const app = await run({ every: entry(() => {}) });
      await app.clock.advance(MINUTE_MS);
      app.clock.jump(2 * HOUR_MS);
      await app.clock.advance(10_000);
      expect(app.fires('every')).to.deep.equal([MONDAY_MS + MINUTE_MS, MONDAY_MS + 2 * HOUR_MS + MINUTE_MS]);
      expect(app.missed.map(({ job, count }) => [job, count])).to.deep.include(['every', 119]);
      await check(app);
    });

    it('runs a job again whose run an earlier app left behind', async () => {
      const first = await run({ every: entry(() => new Promise(() => {}), { onLost: 'rerun' }) });
      await first.clock.advance(MINUTE_MS); // and no further: it is as dead as one that was killed
      running = undefined;
      if (test.dialect === 'memory') return; // its database is gone with it
      const second = await run({ every: entry(() => {}, { onLost: 'rerun' }) }, { startMs: MONDAY_MS + MINUTE_MS });
      await second.clock.advance(28_500);
      const log = (await check(second)).filter(({ job_name }) => job_name === 'every');
      expect(log.map(({ attempt, outcome }) => [attempt, outcome])).to.deep.equal([
        [1, 'lost'],
        [2, 'succeeded'],
      ]);
    });

    it('runs a triggered job at once, and everything else as before', async () => {
      const inputs: unknown[] = [];
      const every = entry(({ input }) => void inputs.push(input));
      const app = await run({ every: { ...every, input: { validate: () => true, required: false } } });
      await app.clock.advance(1_000);
      const trigger = app.app.trigger as unknown as (job: string, input: unknown) => Promise<{ fireTime: Date }>;
      const { fireTime } = await trigger.call(app.app, 'every', { a: 1 });
      await app.clock.advance(1);
      expect([fireTime.getTime(), inputs]).to.deep.equal([MONDAY_MS + 1_000, [{ a: 1 }]]);
      await app.clock.advance(MINUTE_MS);
      expect(inputs).to.deep.equal([{ a: 1 }, undefined]);
      await check(app);
    });

    it('fires again although somebody emptied job_log under a run', async () => {
      let release = () => {};
      const work = () => new Promise<void>((resolve) => (release = resolve));
      const app = await run({ every: entry(work) });
      await app.clock.advance(MINUTE_MS);
      await app.app.sequelize.query('DELETE FROM job_log');
      release();
      await app.clock.advance(MINUTE_MS);
      release();
      await app.clock.settle();
      expect(app.fires('every')).to.deep.equal([MONDAY_MS + MINUTE_MS, MONDAY_MS + 2 * MINUTE_MS]);
      await check(app);
    });

    it('leaves nothing running when it stops', async () => {
      const app = await run({ every: entry(() => {}) });
      await app.clock.advance(MINUTE_MS);
      await app.stop();
      expect(app.clock.pending).to.equal(0);
      expect(app.bugs).to.deep.equal([]);
    });
  },
  { dialects: ['memory', 'sqlite', 'mariadb', 'mysql'] },
);

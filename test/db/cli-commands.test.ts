// The commands beside a running instance, on every database: what they print, what they ask of it, and what they refuse.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { dalJob, makeProject, type Outcome, Running } from '../support/cli.js';
import { eachDatabase } from '../support/databases.js';

const YAML = `version: 1
app: shop
database: { url: "\${DATABASE_URL}", tablePrefix: cli_ }
types:
  Days: { type: object, required: [days], properties: { days: { type: integer, minimum: 1 } } }
jobs:
  tick: { desc: Every second, cron: "* * * * * *" }
  everywhere: { cron: "* * * * * *", globalSingle: false }
  yearly: { cron: "0 0 0 1 1 ? 2090", desc: Once }
  report: { input: { $ref: "#/types/Days" } }
`;

const TICK = `export const tick = async () => {};\n`;
const EVERYWHERE = `export const everywhere = async () => {};\n`;
const REPORT = `export const report = async ({ input, log }) => { log.info({ input }, 'reported'); };\n`;
const YEARLY = `export const yearly = async () => { throw new RangeError('not this\\u001b[31m year'); };\n`;

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

type Json = Readonly<Record<string, unknown>>;

describe('the commands', function () {
  this.timeout(120_000);

  eachDatabase((database) => {
    let root: string;
    let instance: Running;
    const run = (...args: string[]): Promise<Outcome> => dalJob(root, args, { DATABASE_URL: database.url });
    const json = async <T = Json[]>(...args: string[]): Promise<T> => {
      const outcome = await run(...args, '--json');
      expect(outcome).to.include({ code: 0, err: '' });
      return JSON.parse(outcome.out) as T;
    };

    before(async () => {
      root = makeProject(`cli-commands-${database.dialect}`, {
        'jobs.yaml': YAML,
        'handlers/jobs/tick.ts': TICK,
        'handlers/jobs/everywhere.ts': EVERYWHERE,
        'handlers/jobs/report.ts': REPORT,
        'handlers/jobs/yearly.ts': YEARLY,
      });
      expect(await run('gen')).to.include({ code: 0 });
    });
    after(() => instance?.child.kill('SIGKILL'));

    it('refuse to ask a database without tables, and say what to do', async () => {
      const { code, err } = await run('status');
      expect(code).to.equal(1);
      expect(err).to.equal(
        'dal-job: error DJ2006 The tables of dal-job are missing: start an instance, or run npx dal-job migrate.\n',
      );
    });

    it('make the tables once', async () => {
      const first = await run('migrate');
      expect(first).to.include({ code: 0, err: '' });
      expect(first.out).to.match(/ran 0001-tables\n$/);
      expect((await run('migrate')).out).to.match(/the tables are up to date\n$/);
    });

    it('print the SQL that makes them, prefix and all', async () => {
      const { code, out } = await run('migrate', '--sql');
      expect(code).to.equal(0);
      expect(out).to.include('CREATE TABLE IF NOT EXISTS cli_job_info');
      expect(out.includes('ENGINE=InnoDB')).to.equal(database.dialect !== 'sqlite');
    });

    it('show what ran, by whom and for how long', async () => {
      instance = new Running(root, ['start'], { DATABASE_URL: database.url });
      await instance.says(/"job":"tick".*"run succeeded"/);
      const [row, ...more] = await json('logs', 'tick', '--outcome', 'succeeded', '--limit', '1');
      expect(more).to.deep.equal([]);
      expect(row).to.include({ jobName: 'tick', manual: false, kind: 'cron', slot: '', attempt: 1 });
      expect(row).to.include({ outcome: 'succeeded', errorName: null, missedCount: null });
      for (const time of ['fireAt', 'startedAt', 'finishedAt']) expect(row?.[time]).to.match(ISO);
      expect(row?.owner).to.match(/^[0-9A-Za-z]{22}$/);
      expect(row?.durationMs).to.be.a('number');
      const table = await run('logs', 'tick', '--outcome', 'succeeded', '--limit', '1');
      expect(table.out).to.match(/^STARTED \(UTC\) .*\n\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}tick .* m?s .*:\d+:\w{4}\n$/);
    });

    it('show every job and every living instance', async () => {
      await instance.says(/"job":"everywhere".*"run succeeded"/);
      const status = await json<{ app: string; now: string; jobs: Json[]; instances: Json[] }>('status');
      expect(status.app).to.equal('shop');
      expect(status.now).to.match(ISO);
      expect(status.jobs.map(({ jobName }) => jobName)).to.deep.equal([
        ...['dalJob.prune', 'everywhere', 'report', 'tick', 'yearly'],
      ]);
      const [, everywhere, report, tick, yearly] = status.jobs;
      expect(everywhere).to.include({ globalSingle: false, lastOutcome: 'succeeded' });
      expect(Date.parse(String(everywhere?.nextFireAt))).to.be.greaterThan(Date.parse(status.now));
      expect(report).to.include({ cron: null, nextFireAt: null, lastOutcome: null, lastDurationMs: null });
      expect(tick).to.include({ lastOutcome: 'succeeded', failuresInARow: 0 });
      expect(yearly).to.include({ nextFireAt: '2090-01-01T00:00:00.000Z' });
      expect(status.instances).to.have.length(1);
      expect(status.instances[0]).to.include({ pid: instance.child.pid, state: 'ALIVE' });
      const { out } = await run('status');
      expect(out).to.match(/^JOB +CRON +NEXT FIRE \(UTC\) +LAST +TOOK +ENDED +NOW\n/);
      expect(out).to.match(/\n1 instance:\n/);
    });

    it('trigger a run with an input that fits', async () => {
      const { jobName, fireAt } = await json<Json>('trigger', 'report', '--input', '{"days":3}');
      expect(jobName).to.equal('report');
      expect(fireAt).to.match(ISO);
      await instance.says(/"input":\{"days":3\},"msg":"reported"/);
      await instance.says(/"job":"report".*"run succeeded"/);
      const [row] = await json('logs', 'report');
      expect(row).to.include({ manual: true, kind: 'manual', fireAt, outcome: 'succeeded' });
    });

    it('trigger nothing with an input that does not fit', async () => {
      const unfit = (why: string) => `dal-job: error DJ4004 The input of ${why}\n`;
      const cases: [string[], string][] = [
        [['report', '--input', '{"days":0}'], unfit('report does not fit: days must be >= 1.')],
        [['report'], unfit('report does not fit: it needs one; give it with --input.')],
        [['tick', '--input', '1'], unfit('tick does not fit: the job takes none.')],
      ];
      for (const [args, err] of cases) expect(await run('trigger', ...args)).to.deep.equal({ code: 1, out: '', err });
      const { code, err } = await run('trigger', 'report', '--input', '{');
      expect(code).to.equal(1);
      expect(err).to.match(/^dal-job: error DJ4004 .*: it is not JSON: .*\n$/);
    });

    it('keep the message of a failed run on one line, without control characters', async () => {
      expect(await run('trigger', 'yearly')).to.include({ code: 0, err: '' });
      await instance.says(/"job":"yearly".*"run failed"/);
      const { out } = await run('logs', '--outcome', 'failed', '--since', '10m');
      expect(out.split('\n')).to.have.length(3);
      expect(out).to.include('RangeError: not this');
      expect(out).to.not.include('\u001b');
    });

    it('pause a job for good, and resume it', async () => {
      expect((await run('pause', 'tick')).out).to.match(/^tick is paused: /);
      expect((await run('pause', 'tick')).out).to.equal('tick was paused already\n');
      const { jobs } = await json<{ jobs: Json[] }>('status');
      expect(jobs.find(({ jobName }) => jobName === 'tick')).to.include({ paused: true, nextFireAt: null });
      const refused = await run('trigger', 'tick');
      expect(refused.code).to.equal(1);
      expect(refused.err).to.match(/^dal-job: error DJ4003 /);
      const { fireAt } = await json<Json>('trigger', 'tick', '--force');
      const fire = new RegExp(`"job":"tick","fireTime":"${fireAt}".*"run succeeded"`);
      await instance.says(fire);
      expect((await run('resume', 'tick')).out).to.match(/^tick is resumed: /);
      expect((await run('resume', 'tick')).out).to.equal('tick was not paused\n');
      const [row] = await json('logs', 'tick', '--outcome', 'skipped');
      expect(row).to.include({ note: 'paused', attempt: 0 });
    });

    it('name the nearest job for one that is not there', async () => {
      for (const command of ['trigger', 'pause', 'resume', 'logs']) {
        const outcome = await run(command, 'tik');
        expect(outcome).to.deep.equal({
          ...{ code: 1, out: '' },
          err: 'dal-job: error DJ4001 There is no job "tik". Did you mean "tick"?\n',
        });
      }
    });

    it('say that a triggered run waits when no instance is there', async () => {
      instance.signal('SIGTERM');
      expect((await instance.ended()).code).to.equal(0);
      const { code, err } = await run('trigger', 'yearly');
      expect(code).to.equal(0);
      expect(err).to.equal('warning: no instance is running; the run waits until one starts\n');
      const again = await run('trigger', 'yearly');
      expect(again.err).to.match(/^dal-job: error DJ4002 /);
      expect((await run('status')).out)
        .to.match(/yearly .*trigger waiting\n/)
        .and.to.match(/\nno instance is running\n$/);
    });

    it('say which variable the URL lacks, and where', async () => {
      const { code, err } = await dalJob(root, ['status']);
      expect(code).to.equal(1);
      expect(err).to.equal(
        'dal-job: error DJ2008 The environment variable DATABASE_URL is not set, and database.url (jobs.yaml:3) asks for it.\n',
      );
    });

    it('refuse to start with a generated/ that does not match jobs.yaml', async () => {
      writeFileSync(join(root, 'jobs.yaml'), YAML.replace('Every second', 'Each second'));
      const { code, err } = await run('start');
      expect(code).to.equal(1);
      expect(err).to.equal('dal-job: error DJ2007 generated/ does not match jobs.yaml: run npx dal-job gen.\n');
      writeFileSync(join(root, 'jobs.yaml'), YAML.replace('cron', 'crn'));
      expect((await run('start')).err).to.equal('dal-job: error DJ2007 jobs.yaml has 1 error: run npx dal-job gen.\n');
      const withGen = await run('start', '--gen');
      expect(withGen.code).to.equal(2);
      expect(withGen.err).to.match(/^jobs\.yaml:7:\d+ error DJ1003 /);
      writeFileSync(join(root, 'jobs.yaml'), YAML);
    });
  });
});

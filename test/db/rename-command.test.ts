// `dal-job rename` as a process: files and rows together, refused as a whole, repeated without harm, and
// in an image that has no jobs.yaml any more.
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { dalJob, makeProject, type Outcome, Running } from '../support/cli.js';
import { eachDatabase } from '../support/databases.js';

const YAML = `version: 1
app: shop
database: { url: "\${DATABASE_URL}", tablePrefix: ren_ }
jobs:
  # every second
  tick: { cron: "* * * * * *", input: { type: object, default: {} } }
  yearly: { cron: "0 0 0 1 1 ? 2090" }
`;
const TICK = `import type { JobHandler } from '../../generated/index.js';
export const tick: JobHandler<'tick'> = async () => {};
`;

describe('dal-job rename', function () {
  this.timeout(120_000);

  eachDatabase(
    (database) => {
      let root: string;
      const run = (...args: string[]): Promise<Outcome> => dalJob(root, args, { DATABASE_URL: database.url });
      const read = (file: string) => readFileSync(join(root, file), 'utf8');
      const logged = async (job: string) =>
        JSON.parse((await run('logs', job, '--json')).out) as readonly Readonly<Record<string, unknown>>[];

      before(async () => {
        const files = {
          'jobs.yaml': YAML,
          'handlers/jobs/tick.ts': TICK,
          'handlers/other.ts': "app.trigger('tick');\n",
        };
        root = makeProject(`rename-command-${database.dialect}`, files);
        expect(await run('gen')).to.include({ code: 0 });
      });

      it('renames files where there are no tables yet', async () => {
        expect(await run('rename', 'yearly', 'rare')).to.include({ code: 0, err: '' });
        expect(read('handlers/jobs/rare.ts')).to.include("NotImplementedError('rare')");
        expect(await run('rename', 'rare', 'yearly')).to.include({ code: 0, err: '' });
        expect(read('jobs.yaml')).to.equal(YAML);
      });

      it('is refused as a whole while an instance lives that has the old name', async () => {
        const instance = new Running(root, ['start'], { DATABASE_URL: database.url });
        await instance.says(/"job":"tick".*"run succeeded"/);
        const { code, out, err } = await run('rename', 'tick', 'tock');
        expect([code, out]).to.deep.equal([1, '']);
        expect(err).to.match(/^dal-job: error DJ401[01] /);
        expect(read('jobs.yaml')).to.equal(YAML);
        expect(read('handlers/jobs/tick.ts')).to.equal(TICK);
        instance.signal('SIGTERM');
        expect((await instance.ended()).code).to.equal(0);
      });

      it('takes jobs.yaml, handler, generated files and history along, and says what is left', async () => {
        const before = await logged('tick');
        const { code, out, err } = await run('rename', 'tick', 'tock');
        expect([code, err]).to.deep.equal([0, '']);
        expect(out.split('\n')).to.include.members([
          ...['write handlers/jobs/tock.ts', 'write jobs.yaml', 'delete handlers/jobs/tick.ts'],
          ...['update generated/registry.ts', 'the type TickInput is called TockInput now'],
          `database: "tick" is "tock" now; ${before.length} row${before.length === 1 ? '' : 's'} of history renamed`,
          "look at handlers/other.ts:1, which has the old name: app.trigger('tick');",
        ]);
        expect(read('jobs.yaml')).to.equal(YAML.replace('tick', 'tock'));
        expect(read('handlers/jobs/tock.ts')).to.equal(TICK.replaceAll('tick', 'tock'));
        expect(existsSync(join(root, 'handlers/jobs/tick.ts'))).to.equal(false);
        expect(await logged('tock')).to.deep.equal(before.map((row) => ({ ...row, jobName: 'tock' })));
        const again = await run('rename', 'tick', 'tock');
        expect(again).to.include({ code: 0, err: '' });
        expect(again.out).to.include('database: no "tick"; 0 rows of history renamed\n');
      });

      it('runs on under the new name', async () => {
        const instance = new Running(root, ['start'], { DATABASE_URL: database.url });
        await instance.says(/"job":"tock".*"run succeeded"/);
        instance.signal('SIGTERM');
        expect((await instance.ended()).code).to.equal(0);
      });

      it('renames files alone, and the rows later where there is no jobs.yaml', async () => {
        const history = (await logged('tock')).length;
        const files = await dalJob(root, ['rename', 'tock', 'tack', '--no-database']);
        expect(files).to.include({ code: 0, err: '' });
        expect(files.out).to.include('the database was left alone');
        renameSync(join(root, 'jobs.yaml'), join(root, 'jobs.yaml.away'));
        const rows = await run('rename', 'tock', 'tack');
        expect(rows).to.include({ code: 0, err: '' });
        expect(rows.out).to.equal(`database: "tock" is "tack" now; ${history} rows of history renamed\n`);
        const wrong = await run('rename', 'tack', 'tock');
        expect(wrong.code).to.equal(1);
        expect(wrong.err).to.match(/^dal-job: error DJ4001 There is no jobs\.yaml, and .* still has a job "tack"\.\n$/);
        renameSync(join(root, 'jobs.yaml.away'), join(root, 'jobs.yaml'));
        expect(await run('gen', '--check')).to.include({ code: 0 });
      });

      it('names the cause when it cannot be done', async () => {
        expect((await run('rename', 'nope', 'x')).err).to.match(/^dal-job: error DJ1230 jobs\.yaml has no job "nope"/);
        expect((await run('rename', 'yearly')).code).to.equal(64);
        const unset = await dalJob(root, ['rename', 'yearly', 'rare']);
        expect(unset.code).to.equal(1);
        expect(unset.err).to.match(/DJ2008 .*DATABASE_URL is not set.* With --no-database only files are renamed\.\n$/);
        expect(read('jobs.yaml')).to.include('yearly');
      });
    },
    { dialects: ['sqlite'] },
  ); // the rows are tested on every database: protocol/rename.test.ts
});

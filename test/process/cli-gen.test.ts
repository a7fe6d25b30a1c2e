// `dal-job gen` as a user runs it: looking without writing, the list of --check, formats for programs, and --watch.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { dalJob, makeProject, Running } from '../support/cli.js';

const YAML = `version: 1
app: shop
jobs:
  one: { cron: "* * * * *" }
  two: { cron: "@daily" }
`;

async function generated(name: string): Promise<string> {
  const root = makeProject(name, { 'jobs.yaml': YAML });
  expect((await dalJob(root, ['gen'])).code).to.equal(0);
  return root;
}

function edit(root: string, file: string, change: (text: string) => string): void {
  writeFileSync(join(root, file), change(readFileSync(join(root, file), 'utf8')));
}

describe('dal-job gen, looking only', function () {
  this.timeout(120_000);

  it('tells what it would do with --dry-run', async () => {
    const root = makeProject('dry', { 'jobs.yaml': YAML });
    const { code, out, err } = await dalJob(root, ['gen', '--dry-run']);
    expect([code, err]).to.deep.equal([0, '']);
    expect(out).to.include('create handlers/jobs/one.ts\n').and.include('create generated/index.ts\n');
    expect(out).to.match(/\n2 jobs: \d+ files would change \(\d+\.\d\d s\)\n$/);
    expect(existsSync(join(root, 'generated'))).to.equal(false);
  });

  it('prints with --diff what git apply makes the same of', async () => {
    const root = await generated('diff');
    const git = (...args: string[]) => spawnSync('git', args, { cwd: root, encoding: 'utf8' });
    git('init', '-q');
    edit(root, 'jobs.yaml', (text) => text.replace('@daily', '@hourly').replace('one:', 'uno:'));
    const { code, out, err } = await dalJob(root, ['gen', '--diff']);
    expect(code).to.equal(0);
    expect(err).to.match(/^2 jobs: \d+ files would change/m);
    expect(out).to.include('--- /dev/null\n+++ b/handlers/jobs/uno.ts\n@@ -0,0 +1,').and.include('\n--- a/generated/');
    writeFileSync(join(root, 'change.patch'), out);
    expect(git('apply', '--unidiff-zero', 'change.patch')).to.include({ status: 0, stderr: '' });
    const { out: after } = await dalJob(root, ['gen', '--dry-run']);
    expect(after).not.to.match(/^(?:create|update) /m);
  });

  it('lists with --check what is missing, changed, extra, an orphan or not filled in', async () => {
    const root = await generated('check');
    expect(await dalJob(root, ['gen', '--check'])).to.include({ code: 0, err: '' });
    edit(root, 'generated/index.ts', (text) => `${text}\nexport const x = 1;\n`);
    edit(root, 'generated/contracts.ts', (text) => text.replaceAll('\n', '\r\n'));
    edit(root, 'handlers/jobs/two.ts', (text) => text.replace(/throw .*;/, 'await 0;'));
    writeFileSync(join(root, 'generated/old.ts'), readFileSync(join(root, 'generated/types.ts')));
    mkdirSync(join(root, 'handlers/jobs'), { recursive: true });
    writeFileSync(join(root, 'handlers/jobs/gone.ts'), "export const gone: JobHandler<'gone'> = async () => {};\n");
    spawnSync('rm', [join(root, 'generated/registry.ts'), join(root, 'handlers/jobs/one.ts')]);
    const { code, out } = await dalJob(root, ['gen', '--check']);
    expect(code).to.equal(1);
    const words = out
      .trim()
      .split('\n')
      .slice(0, -1)
      .map((line) => line.replace(/ {2,}/, ': '))
      .sort();
    expect(words).to.deep.equal([
      'changed: generated/index.ts',
      'extra: generated/old.ts',
      'handler missing: handlers/jobs/one.ts',
      'missing: generated/registry.ts',
      'orphan: handlers/jobs/gone.ts',
    ]);
  });

  it('lets handlers not filled in pass, but not with --strict', async () => {
    const root = await generated('strict');
    const { code, out } = await dalJob(root, ['gen', '--check']);
    expect(code).to.equal(0);
    expect(out).to.match(
      /^unfilled {9}handlers\/jobs\/one\.ts\nunfilled {9}handlers\/jobs\/two\.ts\n2 jobs: nothing would change, 2 handlers not filled in \(/,
    );
    expect((await dalJob(root, ['gen', '--check', '--strict'])).code).to.equal(1);
  });

  it('refuses to watch and only look', async () => {
    const root = makeProject('both', { 'jobs.yaml': YAML });
    for (const other of ['--check', '--dry-run', '--diff'])
      expect((await dalJob(root, ['gen', '--watch', other])).code).to.equal(64);
  });
});

describe('dal-job gen for programs', function () {
  this.timeout(120_000);
  const BROKEN = YAML.replace('cron: "@daily"', 'crn: "50%, 1"');

  it('prints one object with --format json', async () => {
    const root = makeProject('json', { 'jobs.yaml': YAML });
    const { out, err } = await dalJob(root, ['gen', '--format', 'json']);
    expect(err).to.equal('');
    const said = JSON.parse(out) as { changes: object[] };
    expect(said).to.include({ exitCode: 0, written: true, jobs: 2 });
    expect(said.changes).to.deep.include({ kind: 'create', path: 'handlers/jobs/one.ts' });
    writeFileSync(join(root, 'jobs.yaml'), BROKEN);
    const broken = await dalJob(root, ['gen', '--format', 'json']);
    expect(broken).to.include({ code: 2, err: '' });
    const { problems, written } = JSON.parse(broken.out) as { problems: object[]; written: boolean };
    expect(written).to.equal(false);
    expect(problems[0]).to.include({
      code: 'DJ1003',
      severity: 'error',
      file: 'jobs.yaml',
      line: 5,
      column: 10,
      length: 3,
    });
  });

  it('prints annotations of the right file and line with --format github', async () => {
    const root = makeProject('github', { 'app/jobs.yaml': BROKEN });
    const args = ['gen', '--format', 'github'];
    const { code, out, err } = await dalJob(join(root, 'app'), args, { GITHUB_WORKSPACE: root });
    expect([code, err]).to.deep.equal([2, '']);
    expect(out).to.match(
      /^::error file=app\/jobs\.yaml,line=5,col=10,endColumn=13,title=dal-job DJ1003::unknown key "crn"/,
    );
    expect(out).to.include('%0Adid you mean "cron"?\n');
    writeFileSync(join(root, 'app/jobs.yaml'), YAML);
    const check = await dalJob(join(root, 'app'), [...args, '--check'], { GITHUB_WORKSPACE: root });
    expect(check.code).to.equal(1);
    expect(check.out).to.include('::error file=app/generated/index.ts,line=1,col=1,endColumn=2,title=dal-job DJ1206::');
  });
});

describe('dal-job gen --watch', function () {
  this.timeout(120_000);

  it('generates after a save, tells an error and keeps what it made, and ends with Ctrl-C', async () => {
    const root = makeProject('watch', { 'jobs.yaml': YAML });
    const running = new Running(root, ['gen', '--watch']);
    await running.says(/2 jobs: \d+ files changed.*\nwatching .*jobs\.yaml/s);
    edit(root, 'jobs.yaml', (text) => `${text}  three: { cron: "@hourly" }\n`);
    await running.says(/create handlers\/jobs\/three\.ts\n[\s\S]*3 jobs: /);
    const registry = readFileSync(join(root, 'generated/registry.ts'), 'utf8');
    edit(root, 'jobs.yaml', (text) => text.replace('@hourly', '@hurly'));
    await running.complains(/jobs\.yaml:6:19 error DJ1030/);
    expect(readFileSync(join(root, 'generated/registry.ts'), 'utf8')).to.equal(registry);
    running.signal('SIGINT');
    const { code, err } = await running.ended();
    expect(code).to.equal(0);
    expect(err).not.to.include('    at ');
  });
});

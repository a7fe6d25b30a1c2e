// `dal-job gen` as a process: exit codes, what goes where, and no stack trace for anybody who did not ask.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { scratchFolder } from '../../support/scratch.js';

const MAIN = fileURLToPath(new URL('../../../cli/main.ts', import.meta.url));
const TSX = createRequire(import.meta.url).resolve('tsx');
const YAML = 'version: 1\napp: shop\njobs: { one: { cron: "* * * * *" } }\n';

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function dalJob(cwd: string, args: readonly string[], environment: Record<string, string> = {}): Outcome {
  const command = ['--conditions=dal-job-source', '--import', TSX, MAIN, ...args];
  const { DEBUG: _, FORCE_COLOR: __, ...inherited } = process.env;
  const env = { ...inherited, ...environment };
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd, env, encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

function project(name: string, yaml = YAML): string {
  const root = scratchFolder(`cli-${name}`);
  writeFileSync(join(root, 'jobs.yaml'), yaml);
  return root;
}

describe('dal-job gen', function () {
  this.timeout(60_000);

  it('names each file it changed, then nothing, and finds jobs.yaml from a folder below', () => {
    const root = project('files');
    mkdirSync(join(root, 'src'));
    const first = dalJob(join(root, 'src'), ['gen']);
    expect(first).to.include({ code: 0, err: '' });
    expect(first.out.split('\n'))
      .to.include('create handlers/jobs/one.ts')
      .and.to.include('create generated/registry.ts');
    expect(first.out).to.match(/\n1 job: 12 files changed, 0 unchanged \(\d+\.\d\d s\)\n$/);
    const second = dalJob(root, ['gen', '--format', 'text']);
    expect(second).to.include({ code: 0, err: '' });
    expect(second.out).to.match(/^1 job: nothing changed \(\d+\.\d\d s\)\n$/);
    expect(dalJob(root, ['gen', '--check'])).to.include({ code: 0, err: '' });
  });

  it('exits with 1 when something differs or needs a person', () => {
    const root = project('unclean');
    const check = dalJob(root, ['gen', '--check']);
    expect(check.code).to.equal(1);
    expect(check.err).to.equal('');
    expect(check.out)
      .to.match(/^missing {10}generated\/contracts\.ts\n/)
      .and.to.match(/\n1 job: 11 files would change/);
    mkdirSync(join(root, 'handlers/jobs'), { recursive: true });
    writeFileSync(join(root, 'handlers/jobs/one.ts'), 'export const one = (\n');
    const broken = dalJob(root, ['gen']);
    expect(broken.code).to.equal(1);
    expect(broken.err).to.include('handlers/jobs/one.ts:1:21 warning DJ1202').and.to.not.include('Nothing was written');
  });

  it('exits with 2 when jobs.yaml has errors or is not there', () => {
    const root = project('invalid', YAML.replace('cron', 'crn'));
    const invalid = dalJob(root, ['gen'], { NO_COLOR: '1' });
    expect(invalid).to.include({ code: 2, out: '' });
    expect(invalid.err).to.match(/^jobs\.yaml:3:\d+ error DJ1003 .*\n[\s\S]*Nothing was written\.\n$/);
    const none = dalJob(root, ['gen', '--config', 'none.yaml']);
    expect(none).to.include({ code: 2, out: '' });
    expect(none.err).to.match(/^dal-job: error DJ1291 there is no \S*none\.yaml\n$/);
  });

  it('exits with 3 and one line when a file cannot be written, and shows the trace under DEBUG', () => {
    const root = project('files-fail');
    writeFileSync(join(root, 'generated'), '');
    const quiet = dalJob(root, ['gen']);
    expect(quiet).to.include({ code: 3, out: '' });
    expect(quiet.err).to.match(/^dal-job: error DJ1290 cannot write generated\/\S+: [^\n]+\n$/);
    expect(dalJob(root, ['gen'], { DEBUG: '1' }).err).to.include('\n    at ');
  });

  it('exits with 64 when it is used wrongly, and with 0 for help', () => {
    const root = project('usage');
    for (const args of [['gen', '--nope'], ['gen', '--format', 'xml'], ['nope'], ['gen', 'extra']]) {
      const { code, out, err } = dalJob(root, args);
      expect([code, out], args.join(' ')).to.deep.equal([64, '']);
      expect(err)
        .to.match(/^error: /)
        .and.to.not.include('    at ');
    }
    expect(dalJob(root, ['gen', '--help'])).to.include({ code: 0, err: '' });
  });
});

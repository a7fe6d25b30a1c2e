// The user's files under every command, as processes: each of the shapes in which handlers are written stays as it is to the
// byte; a gen that is killed in earnest, or whose disk is full, leaves old or new; rename touches only its own file.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { dalJob, makeProject, type Outcome } from '../support/cli.js';
import { everyShape } from '../support/handler-shapes.js';

const SHAPES = everyShape((index) => `shape${index}`);
const YAML = `version: 1
app: shop
jobs:
${[...SHAPES.keys()].map((job) => `  ${job}: {}\n`).join('')}  mine: { cron: "0 3 * * *" }
`;
const MINE = "export const mine: JobHandler<'mine'> = async () => {};\n";
const PRELOAD = fileURLToPath(new URL('../support/fs-fault-preload.ts', import.meta.url));

/** What belongs to the user, as it was written. */
const OWN: ReadonlyMap<string, string> = new Map([
  ...[...SHAPES].map(([job, text]) => [`handlers/jobs/${job}.ts`, text] as const),
  ['handlers/notes.md', 'mine\r\n'],
  ['handlers/jobs/helper.ts', 'export const help = 1'],
  ['generated/mine.txt', 'not a generated file'],
  ['src/app.ts', "app.trigger('mine');"],
]);

describe('the files of a user', function () {
  this.timeout(300_000);
  let root: string;

  const run = (...args: string[]): Promise<Outcome> => dalJob(root, args);
  const requireUntouched = (after: string): void => {
    for (const [file, text] of OWN)
      expect(readFileSync(join(root, file), 'utf8'), `${file} after ${after}`).to.equal(text);
  };

  before(() => {
    const handlers = Object.fromEntries(OWN);
    root = makeProject('user-code', { ...handlers, 'handlers/jobs/mine.ts': MINE, 'jobs.yaml': YAML });
  });

  const commands: readonly [command: string, codes: readonly number[]][] = [
    ['gen', [1]],
    ['gen --check', [1]],
    ['gen --dry-run', [1]],
    ['gen --diff', [1]],
    ['gen --prune', [1]],
    ['migrate', [0]],
    ['status', [0]],
    ['next mine', [0]],
    ['logs', [0]],
    ['schema', [0]],
    ['explain DJ1201', [0]],
    ['pause shape0', [1]],
    ['rename shape0 mine', [1]],
    ['rename mine yours', [1]],
  ];
  for (const [command, codes] of commands) {
    it(`are the same to the byte after ${command}`, async () => {
      const { code, err } = await run(...command.split(' '));
      expect(codes, err).to.include(code);
      requireUntouched(command);
    });
  }

  it('are changed by rename in the one file that it is for', async () => {
    expect(readFileSync(join(root, 'handlers/jobs/yours.ts'), 'utf8')).to.equal(MINE.replaceAll('mine', 'yours'));
    expect(readdirSync(join(root, 'handlers/jobs')).filter((file) => file.startsWith('mine'))).to.deep.equal([]);
  });

  /** A gen with a disk that breaks. */
  const broken = (fault: string, at: number): Promise<Outcome> => {
    const preload = `--import ${createRequire(import.meta.url).resolve('tsx')} --import ${PRELOAD}`;
    return dalJob(root, ['gen'], { NODE_OPTIONS: preload, DISK_ROOT: root, DISK_FAULT: fault, DISK_AT: String(at) });
  };

  it('survive a gen that is killed in earnest, which the next gen finishes', async () => {
    const registry = () => readFileSync(join(root, 'generated/registry.ts'), 'utf8');
    for (const [index, at] of [1, 4, 7, 10, 13].entries()) {
      const before = registry();
      writeFileSync(join(root, 'jobs.yaml'), YAML.replace('app: shop', `app: shop${index}`).replace('mine:', 'yours:'));
      const { code, out } = await broken('kill', at);
      expect([code, out], `write ${at}`).to.deep.equal([null, '']);
      requireUntouched(`a kill at write ${at}`);
      expect(registry() === before || registry().includes(`app: 'shop${index}'`), `write ${at}`).to.equal(true);
      await run('gen');
      expect(registry()).to.include(`app: 'shop${index}'`);
    }
  });

  it('and generated ones stay as they were when the disk cannot be written, which is exit code 3', async () => {
    const registry = readFileSync(join(root, 'generated/registry.ts'), 'utf8');
    writeFileSync(join(root, 'jobs.yaml'), YAML.replace('app: shop', 'app: full').replace('mine:', 'yours:'));
    for (const [fault, at, words] of [
      ['full', 1, 'the disk is full'],
      ['full', 3, 'the disk is full'],
      ['read-only', 1, 'the file system is read-only'],
      ['denied', 1, 'permission denied'],
    ] as const) {
      const { code, out, err } = await broken(fault, at);
      expect([code, out]).to.deep.equal([3, '']);
      expect(err)
        .to.match(/^dal-job: error DJ1290 cannot write \S+: .*\n$/)
        .and.to.include(`: ${words}\n`);
      requireUntouched(`a disk that is ${fault}`);
      expect(readFileSync(join(root, 'generated/registry.ts'), 'utf8')).to.equal(registry);
    }
  });
});

// The disk fails at any write of gen and rename: every file has its old text or its new one, what fails leaves everything as it
// was, and the next run finishes. The user's files are the same to the byte, whatever happens.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect } from 'chai';
import { MARK } from '../../../generator/header.js';
import { FileError, generate } from '../../../generator/index.js';
import { applyRename, planRename } from '../../../generator/rename/index.js';
import { breakDisk, type Fault, Killed } from '../../support/fs-faults.js';
import { everyShape } from '../../support/handler-shapes.js';
import { scratchFolder } from '../../support/scratch.js';

const SHAPES = new Map([...everyShape((index) => `shape${index}`)].filter((_, index) => index % 5 === 0));
const BEFORE = `version: 1
app: shop
jobs:
  # comment
  old: { cron: "0 1 * * *" }
  stub: { cron: "0 2 * * *", desc: Gone soon }
  filled: { cron: "0 3 * * *" }
${[...SHAPES.keys()].map((job) => `  ${job}: {}\n`).join('')}`;
const AFTER = BEFORE.replace('app: shop', 'app: store')
  .replace(/ {2}(stub|filled): .*\n/g, '')
  .concat('  newOne: {}\n  newTwo: {}\n');
const handler = (job: string) => `export const ${job}: JobHandler<'${job}'> = async () => { ${job}; };\n`;

type Files = Readonly<Record<string, string>>;

/** Text by path, with folders as such; without temporary files if so asked. */
function filesOf(root: string, temporary = true): Files {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  const found = entries.map((entry): [string, string] => {
    const path = join(entry.parentPath, entry.name);
    return [relative(root, path), entry.isDirectory() ? '(folder)' : readFileSync(path, 'latin1')];
  });
  return Object.fromEntries(found.filter(([path]) => temporary || !path.endsWith('.tmp')));
}

/** A project as the last gen left it, and jobs.yaml changed since. */
async function start(name: string): Promise<string> {
  const root = scratchFolder(`faults-${name}`);
  mkdirSync(join(root, 'handlers/jobs'), { recursive: true });
  writeFileSync(join(root, 'jobs.yaml'), BEFORE);
  for (const job of ['old', 'filled']) writeFileSync(join(root, `handlers/jobs/${job}.ts`), handler(job));
  for (const [job, text] of SHAPES) writeFileSync(join(root, `handlers/jobs/${job}.ts`), text);
  await generate({ root });
  writeFileSync(join(root, 'generated/models/Old.ts'), `${MARK}\nexport {};\n`);
  return root;
}

class Scene {
  readonly root: string;
  readonly before: Files;
  readonly after: Files;
  readonly #copy: string;
  readonly #work: (root: string) => Promise<unknown>;

  private constructor(
    root: string,
    work: (root: string) => Promise<unknown>,
    [before, after]: readonly [Files, Files],
  ) {
    this.root = root;
    this.#copy = `${root}-before`;
    this.#work = work;
    this.before = before;
    this.after = after;
  }

  /** Plays the work once on a disk that holds. */
  static async play(name: string, yaml: string, work: (root: string) => Promise<unknown>): Promise<Scene> {
    const root = await start(name);
    writeFileSync(join(root, 'jobs.yaml'), yaml);
    cpSync(root, `${root}-before`, { recursive: true });
    const before = filesOf(root);
    await work(root);
    const after = filesOf(root);
    expect(after).to.not.deep.equal(before);
    return new Scene(root, work, [before, after]);
  }

  work(): Promise<unknown> {
    return this.#work(this.root);
  }

  /** Plays it with all of a folder refusing to be written; what it threw. */
  async breakBelow(folder: string, fault: Fault): Promise<unknown> {
    this.#reset();
    const mend = breakDisk({ root: join(this.root, folder), at: 1, fault });
    const thrown = await this.#thrown();
    expect(mend()).to.be.at.least(1);
    return thrown;
  }

  /** Plays it with a fault at every write in turn; `judge` gets what each threw. The number of writes. */
  async breakEach(fault: Fault, judge: (thrown: unknown, at: number) => Promise<void> | void): Promise<number> {
    for (let at = 1; ; at++) {
      this.#reset();
      const mend = breakDisk({ root: this.root, at, fault });
      const thrown = await this.#thrown();
      if (mend() < at) return at - 1;
      await judge(thrown, at);
    }
  }

  #reset(): void {
    rmSync(this.root, { recursive: true });
    cpSync(this.#copy, this.root, { recursive: true });
  }

  /** null: nothing. */
  #thrown(): Promise<unknown> {
    return this.work().then(
      () => null,
      (error: unknown) => error,
    );
  }
}

interface SceneOptions {
  readonly yaml: string;
  /** Writes. */
  readonly least: number;
  /** What it writes to. */
  readonly folders: readonly string[];
  readonly work: (root: string) => Promise<unknown>;
}

const SCENES: Readonly<Record<string, SceneOptions>> = {
  'gen --prune': {
    ...{ yaml: AFTER, least: 20, folders: ['.', 'generated', 'handlers'] },
    work: (root) => generate({ root, prune: true }),
  },
  rename: { yaml: BEFORE, least: 8, folders: ['.', 'handlers'], work: (root) => renameOld(root) },
};

async function renameOld(root: string): Promise<void> {
  const plan = await planRename({ root, from: 'old', to: 'renamed' });
  if ('problems' in plan) throw new Error('jobs.yaml has errors');
  applyRename(plan);
}

for (const [name, { yaml, least, folders, work }] of Object.entries(SCENES)) {
  describe(`on a failing disk, ${name}`, function () {
    this.timeout(120_000);
    let scene: Scene;
    before(async () => {
      scene = await Scene.play(name.replaceAll(/\W+/g, '-'), yaml, work);
    });

    it('leaves each file old or new when it is killed at any write, and finishes the next time', async () => {
      const { root, before, after } = scene;
      const writes = await scene.breakEach('kill', async (_, at) => {
        const left = filesOf(root, false);
        const paths = new Set([...Object.keys(left), ...Object.keys(before), ...Object.keys(after)]);
        for (const path of paths) expect([before[path], after[path]], `write ${at}: ${path}`).to.include(left[path]);
        await scene.work();
        expect(filesOf(root, false), `write ${at}`).to.deep.equal(after);
      });
      expect(writes).to.be.at.least(least);
    });

    for (const [fault, what] of [
      ['refused', 'one write is refused'],
      ['full', 'the disk is full from a write on'],
    ] as const) {
      it(`does all or nothing when ${what}, says so, and leaves no temporary file`, async () => {
        let failures = 0;
        await scene.breakEach(fault, (thrown, at) => {
          if (thrown !== null) {
            failures += 1;
            expect(thrown, `write ${at}`).to.be.instanceOf(FileError);
            expect(thrown).to.include({ code: 'DJ1290', exitCode: 3 });
            expect((thrown as Error).message).to.match(/: the disk is full$/);
          }
          const files = filesOf(scene.root, fault === 'full');
          expect(files, `write ${at}`).to.deep.equal(thrown === null ? scene.after : scene.before);
        });
        expect(failures).to.be.at.least(least / 2);
      });
    }

    for (const [fault, words] of [
      ['read-only', 'the file system is read-only'],
      ['denied', 'permission denied'],
    ] as const) {
      it(`changes nothing and says so where the project, or a folder of it, is ${fault}`, async () => {
        for (const folder of folders) {
          const thrown = await scene.breakBelow(folder, fault);
          expect(thrown).to.be.instanceOf(FileError).and.to.include({ code: 'DJ1290', exitCode: 3 });
          const place = folder === '.' ? '' : `${folder}/`;
          expect((thrown as Error).message).to.match(new RegExp(`^cannot \\w+ ${place}\\S+: ${words}$`));
          expect(filesOf(scene.root), folder).to.deep.equal(scene.before);
        }
      });
    }

    it('never touches a file of the user but the one that it is for', () => {
      for (const [job, text] of SHAPES) {
        const path = `handlers/jobs/${job}.ts`;
        expect(Buffer.from(scene.after[path] ?? '', 'latin1').toString(), job).to.equal(text);
        expect(scene.before[path]).to.equal(scene.after[path]);
      }
    });
  });
}

describe('on a disk that cannot be written, gen', () => {
  it('looks, and finds what is right to be right', async () => {
    const root = scratchFolder('faults-unwritable');
    writeFileSync(join(root, 'jobs.yaml'), 'version: 1\napp: shop\njobs: { only: {} }\n');
    await generate({ root });
    const files = filesOf(root);
    const mend = breakDisk({ root, at: 1, fault: 'read-only' });
    const reports = [await generate({ root }), await generate({ root, check: true })].map(({ exitCode }) => exitCode);
    expect([reports, mend()]).to.deep.equal([[0, 0], 0]);
    expect(filesOf(root)).to.deep.equal(files);
  });
});

describe('the broken disk of these tests', () => {
  it('breaks at the write asked for, half way through, and is whole again afterwards', () => {
    const root = scratchFolder('faults-itself');
    const mend = breakDisk({ root, at: 2, fault: 'kill' });
    writeFileSync(join(root, 'one'), 'whole');
    expect(() => writeFileSync(join(root, 'two'), 'half of it')).to.throw(Killed);
    expect(() => rmSync(join(root, 'one'))).to.throw(Killed);
    expect(mend()).to.equal(3);
    expect([existsSync(join(root, 'one')), readFileSync(join(root, 'two'), 'utf8')]).to.deep.equal([true, 'half ']);
    rmSync(join(root, 'one'));
  });
});

// What becomes of a job's handler when the job goes, is renamed in jobs.yaml, or its file is moved.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { type GenerateOptions, generate } from '../../../generator/index.js';
import { scratchFolder } from '../../support/scratch.js';

const FILLED = (job: string) => `import type { JobHandler } from '../../generated/index.js';
export const ${job}: JobHandler<'${job}'> = async () => { console.log('at work'); };
`;

class Project {
  readonly root: string;

  constructor(name: string) {
    this.root = scratchFolder(`life-${name}`);
    mkdirSync(join(this.root, 'node_modules'));
  }

  /** Writes jobs.yaml with these jobs. */
  jobs(...jobs: readonly string[]): this {
    return this.write('jobs.yaml', `version: 1\napp: shop\njobs:\n${jobs.map((job) => `  ${job}\n`).join('')}`);
  }

  write(file: string, text: string): this {
    mkdirSync(dirname(join(this.root, file)), { recursive: true });
    writeFileSync(join(this.root, file), text);
    return this;
  }

  read(file: string): string {
    return readFileSync(join(this.root, file), 'utf8');
  }

  has(file: string): boolean {
    return existsSync(join(this.root, file));
  }

  /** Changes outside of generated/, findings and exit code of a run. */
  async gen(options: Partial<GenerateOptions> = {}): Promise<{ did: string[]; said: string[]; exitCode: number }> {
    const { changes, findings, exitCode } = await generate({ root: this.root, ...options });
    const others = changes.filter(({ path }) => !path.startsWith('generated/'));
    return {
      did: others.map((change) => `${change.kind} ${change.path}${change.kind === 'move' ? ` -> ${change.to}` : ''}`),
      said: findings
        .filter(({ file }) => !file.startsWith('generated/'))
        .map(({ code, file, line, column, message }) => `${code} ${file}:${line}:${column} ${message}`),
      exitCode,
    };
  }
}

const HOURLY = 'cron: "0 * * * *"';
const CLAIM =
  'globalSingle: false, claim: { table: t, key: id, where: { s: A }, columns: { id: { type: integer }, s: { type: string } }, done: { s: B } }';
const DAILY = 'cron: "0 3 * * *"';

describe('a job that is gone', () => {
  for (const [what, job] of [
    ['without a description', `a: { ${HOURLY} }`],
    ['with a description', `a: { ${HOURLY}, desc: "Sends */ things, every * hour" }`],
    ['with a long description', `a: { ${HOURLY}, desc: "Sends.\\n\\n  Two lines;\\nand three?" }`],
    ['with quotes in it', `a: { ${HOURLY}, desc: 'It''s "x" \\\\ and \\\\'' so' }`],
    ['with a claim', `a: { ${HOURLY}, ${CLAIM} }`],
    ['with an odd description', `a: { ${HOURLY}, desc: " \\t* /** \\u2028 x 。" }`],
  ] as const) {
    it(`takes the stub that nobody touched along, ${what}`, async () => {
      const project = new Project(`stub-${what}`).jobs(job, `b: { ${DAILY} }`);
      await project.gen();
      const text = project.read('handlers/jobs/a.ts');
      project.write('handlers/jobs/a.ts', text.replaceAll('\n', '\r\n'));
      project.jobs(`b: { ${DAILY} }`);
      expect(await project.gen({ check: true })).to.deep.equal({
        did: ['delete handlers/jobs/a.ts'],
        said: [
          'DJ1206 handlers/jobs/a.ts:1:1 no job has this stub for its handler any more',
          'DJ1208 handlers/jobs/b.ts:8:3 the handler is not filled in: it throws NotImplementedError',
        ],
        exitCode: 1,
      });
      expect(await project.gen()).to.deep.equal({ did: ['delete handlers/jobs/a.ts'], said: [], exitCode: 0 });
      expect(readdirSync(join(project.root, 'handlers/jobs'))).to.deep.equal(['b.ts']);
    });
  }

  const touches: readonly [what: string, touch: (stub: string) => string][] = [
    ['a blank line', (stub) => `${stub}\n`],
    ['no line end', (stub) => stub.trimEnd()],
    ['a comment', (stub) => stub.replace('};', '}; // soon')],
    ['a note in the comment', (stub) => stub.replace('Receives', 'TODO ask Ann\n * Receives')],
    ['a note that is a sentence', (stub) => stub.replace('Receives', 'Ask Ann first.\n * Receives')],
    ['a note after the comment', (stub) => stub.replace(' */', ' * ask Ann\n */')],
    ['another body', (stub) => stub.replace('throw new', 'await 0; throw new')],
    ['another import', (stub) => `import 'x';\n${stub}`],
    ['a byte-order mark', (stub) => `\uFEFF${stub}`],
    ['another name in the error', (stub) => stub.replace("Error('a')", "Error('b')")],
  ];
  for (const [what, touch] of touches) {
    it(`leaves a stub that got ${what}`, async () => {
      const project = new Project(`touched-${what}`).jobs(`a: { ${HOURLY} }`, `b: { ${DAILY} }`);
      await project.gen();
      const text = touch(project.read('handlers/jobs/a.ts'));
      project.write('handlers/jobs/a.ts', text).jobs(`b: { ${DAILY} }`);
      expect(await project.gen()).to.deep.equal({
        did: [],
        said: ['DJ1205 handlers/jobs/a.ts:1:1 the handler "a" belongs to no job'],
        exitCode: 0,
      });
      expect(project.read('handlers/jobs/a.ts')).to.equal(text);
    });
  }

  it('leaves a stub with notes beside the description, or with one that nobody knows any more', async () => {
    const project = new Project('notes').jobs(`a: { ${HOURLY}, desc: Sends. }`, `b: { ${DAILY}, desc: Old. }`);
    await project.gen();
    const text = project.read('handlers/jobs/a.ts').replace('Sends.', 'Sends.\n * Ask Ann first.');
    project.write('handlers/jobs/a.ts', text).jobs(`b: { ${DAILY}, desc: New. }`);
    await project.gen();
    project.jobs(`c: { ${DAILY} }`);
    expect((await project.gen()).did).to.deep.equal(['create handlers/jobs/c.ts']);
    expect(project.read('handlers/jobs/a.ts')).to.equal(text);
    expect(project.read('handlers/jobs/b.ts')).to.include('Old.');
  });

  it('leaves its filled handler, which gen --prune moves aside, never over an earlier one', async () => {
    const project = new Project('prune').jobs(`b: { ${DAILY} }`).write('handlers/jobs/a.ts', FILLED('a'));
    project.write('handlers/.orphans/a.ts', 'earlier').write('handlers/jobs/helper.ts', 'export const helper = 1;\n');
    await project.gen();
    expect((await project.gen()).said).to.have.length(1);
    expect(await project.gen({ prune: true })).to.deep.equal({
      did: ['move handlers/jobs/a.ts -> handlers/.orphans/a.2.ts'],
      said: [],
      exitCode: 0,
    });
    expect(project.read('handlers/.orphans/a.ts')).to.equal('earlier');
    expect(project.read('handlers/.orphans/a.2.ts')).to.equal(FILLED('a'));
    expect(project.has('handlers/jobs/a.ts')).to.equal(false);
    expect(project.has('handlers/jobs/helper.ts')).to.equal(true);
    expect((await project.gen({ prune: true })).did).to.deep.equal([]);
    project.write('handlers/jobs/a.ts', FILLED('a'));
    expect((await project.gen({ prune: true })).did).to.deep.equal([
      'move handlers/jobs/a.ts -> handlers/.orphans/a.3.ts',
    ]);
  });

  it('leaves the file alone when another job has its handler there', async () => {
    const project = new Project('shared').jobs(`b: { ${DAILY}, handler: ./handlers/jobs/a.ts#a }`);
    project.write('handlers/jobs/a.ts', FILLED('a'));
    expect(await project.gen({ prune: true })).to.deep.equal({ did: [], said: [], exitCode: 0 });
  });
});

describe('a job that got another name in jobs.yaml', () => {
  const said = 'DJ1221 jobs.yaml:4:3 job "b" looks like "a" under another name';

  it('is seen by its schedule, and the command is told', async () => {
    const project = new Project('renamed').jobs(`a: { ${HOURLY}, desc: Old }`, `c: { ${DAILY} }`);
    await project.gen();
    project.jobs(`b: { ${HOURLY}, desc: New }`, `c: { ${DAILY} }`);
    expect((await project.gen({ check: true })).said).to.include(said);
    const report = await generate({ root: project.root });
    expect(report.findings.map(({ hint }) => hint)).to.deep.equal([
      'dal-job rename a b takes its handler and its history along',
    ]);
    expect(report.exitCode).to.equal(0);
    expect((await project.gen()).said).to.deep.equal([]);
  });

  it('is seen by the filled handler that it left, whatever else was changed', async () => {
    const project = new Project('renamed-filled').jobs(`a: { ${HOURLY} }`).write('handlers/jobs/a.ts', FILLED('a'));
    await project.gen();
    project.jobs(`b: { ${DAILY} }`);
    expect(await project.gen()).to.deep.equal({
      did: ['create handlers/jobs/b.ts'],
      said: [said, 'DJ1205 handlers/jobs/a.ts:1:1 the handler "a" belongs to no job'],
      exitCode: 0,
    });
  });

  it('is not guessed when several could be meant, or nothing speaks for it', async () => {
    const project = new Project('not-renamed').jobs(`a: { ${HOURLY} }`, `b: { ${HOURLY} }`, `c: { ${DAILY} }`);
    await project.gen();
    project.jobs(`d: { ${HOURLY} }`, `e: { ${HOURLY} }`, `f: { cron: "1 1 * * *" }`);
    expect((await project.gen()).said).to.deep.equal([]);
    project.jobs(`d: { ${HOURLY} }`, `e: { ${HOURLY} }`, `g: { cron: "2 2 * * *" }`);
    expect((await project.gen()).said).to.deep.equal([]);
  });
});

describe('a handler that was moved', () => {
  const moves: readonly [to: string, text: string, place: string, handler: string][] = [
    ['handlers/billing/a.ts', FILLED('a'), '2:14', './handlers/billing/a.ts'],
    ['handlers/all.ts', FILLED('a').replace('const a:', 'const run:'), '2:14', './handlers/all.ts#run'],
    [
      'handlers/one.ts',
      "const x = (async () => {}) satisfies JobHandler<'a'>;\nexport { x as a };",
      '2:10',
      './handlers/one.ts',
    ],
    [
      'handlers/two.ts',
      "export default (async () => {}) satisfies JobHandler<'a'>;",
      '1:16',
      './handlers/two.ts#default',
    ],
  ];
  for (const [index, [to, text, place, handler]] of moves.entries()) {
    it(`to ${to} is found, and no stub is made in its place`, async () => {
      const project = new Project(`moved-${index}`).jobs(`a: { ${HOURLY} }`).write('handlers/jobs/a.ts', FILLED('a'));
      await project.gen();
      rmSync(join(project.root, 'handlers/jobs/a.ts'));
      project.write(to, text);
      for (const check of [false, true]) {
        const { findings, exitCode } = await generate({ root: project.root, check });
        expect(
          findings.map(({ code, file, line, column, hint }) => `${code} ${file}:${line}:${column} ${hint}`),
        ).to.deep.equal([`DJ1222 ${to}:${place} add to the job: handler: ${handler}`]);
        expect(exitCode).to.equal(1);
      }
      expect(project.has('handlers/jobs/a.ts')).to.equal(false);
      project.jobs(`a: { ${HOURLY}, handler: "${handler}" }`);
      expect(await project.gen()).to.deep.equal({ did: [], said: [], exitCode: 0 });
      expect(project.read(to)).to.equal(text);
    });
  }

  it('is not taken for one that was only mentioned, or set aside', async () => {
    const project = new Project('mentioned').jobs(`a: { ${HOURLY} }`);
    project.write('handlers/notes.ts', "// JobHandler<'a'> comes here\nexport const a = \"JobHandler<'a'>\";\n");
    project.write('handlers/inner.ts', "export function make() { const x: JobHandler<'a'> = f; return x; }\n");
    project.write('handlers/.orphans/a.ts', FILLED('a'));
    expect((await project.gen()).did).to.deep.equal(['create handlers/jobs/a.ts']);
  });

  it('comes back when it is moved back', async () => {
    const project = new Project('back').jobs(`a: { ${HOURLY} }`).write('handlers/x.ts', FILLED('a'));
    expect((await project.gen()).exitCode).to.equal(1);
    mkdirSync(join(project.root, 'handlers/jobs'));
    renameSync(join(project.root, 'handlers/x.ts'), join(project.root, 'handlers/jobs/a.ts'));
    expect(await project.gen()).to.deep.equal({ did: [], said: [], exitCode: 0 });
  });
});

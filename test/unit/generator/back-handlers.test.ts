// The user's files: whatever shape they have, they are read for their exports and never written.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { generate } from '../../../generator/index.js';
import { BROKEN, FINE, MISSING } from '../../support/handler-shapes.js';
import { scratchFolder } from '../../support/scratch.js';

const JOB = 'send';
const HANDLER = `handlers/jobs/${JOB}.ts`;

/** A project with one job, whose handler's file has this text. */
function project(name: string, text: string, extra = ''): string {
  const root = scratchFolder(`handlers-${name.replaceAll(/\W+/g, '-')}`);
  mkdirSync(join(root, 'handlers/jobs'), { recursive: true });
  writeFileSync(join(root, 'jobs.yaml'), `version: 1\napp: shop\njobs: { ${JOB}: { cron: "* * * * *" } }\n${extra}`);
  writeFileSync(join(root, HANDLER), text);
  return root;
}

async function generated(root: string): Promise<{ words: string[]; exitCode: number }> {
  const { findings, exitCode } = await generate({ root });
  return { words: findings.map(({ code, line, column, message }) => `${code} ${line}:${column} ${message}`), exitCode };
}

describe('the handler of a job', () => {
  for (const [shape, text] of FINE) {
    it(`may be ${shape}, and stays as it is`, async () => {
      const root = project(shape, text);
      expect(await generated(root)).to.deep.equal({ words: [], exitCode: 0 });
      expect(readFileSync(join(root, HANDLER), 'utf8')).to.equal(text);
    });
  }

  for (const [shape, text, words] of [...MISSING, ...BROKEN]) {
    it(`is missed or questioned when there is ${shape}, and stays as it is`, async () => {
      const root = project(`bad ${shape}`, text);
      expect(await generated(root)).to.deep.equal({ words: [words], exitCode: 1 });
      expect(readFileSync(join(root, HANDLER), 'utf8')).to.equal(text);
      expect(readFileSync(join(root, 'generated/registry.ts'), 'utf8')).to.include('m.send');
    });
  }

  it('is named when its job is gone, and kept', async () => {
    const root = project('orphan', 'export const send = () => {};');
    const text = "export const gone: JobHandler<'gone'> = async () => {};";
    writeFileSync(join(root, 'handlers/jobs/gone.ts'), text);
    writeFileSync(join(root, 'handlers/jobs/helper.ts'), 'export const help = 1;');
    expect(await generated(root)).to.deep.equal({
      words: ['DJ1205 1:1 the handler "gone" belongs to no job'],
      exitCode: 0,
    });
    expect(readFileSync(join(root, 'handlers/jobs/gone.ts'), 'utf8')).to.equal(text);
  });

  it('is looked at again as soon as it changes, and not before', async () => {
    const root = project('again', 'export const sent = 1;');
    mkdirSync(join(root, 'node_modules'));
    expect((await generated(root)).words).to.have.length(1);
    expect((await generated(root)).words).to.have.length(1);
    writeFileSync(join(root, HANDLER), 'export const send = 1;');
    expect(await generated(root)).to.deep.equal({ words: [], exitCode: 0 });
    writeFileSync(join(root, HANDLER), 'export const send = ;');
    expect((await generated(root)).words).to.have.length(1);
  });
});

describe('the class of an error', () => {
  const errors = 'errors: { Slow: ./handlers/errors.ts, Late: ./handlers/errors.ts }\n';

  it('is missed with its file', async () => {
    const root = project('errors none', 'export const send = 1;', errors);
    const { words, exitCode } = await generated(root);
    expect(words).to.deep.equal([
      'DJ1203 4:17 the file of error class "Slow" is missing',
      'DJ1203 4:45 the file of error class "Late" is missing',
    ]);
    expect(exitCode).to.equal(1);
  });

  it('is missed alone, and a syntax error of its file is told once', async () => {
    const root = project('errors one', 'export const send = 1;', errors);
    writeFileSync(join(root, 'handlers/errors.ts'), 'export class Slow extends Error {\n');
    const { words } = await generated(root);
    expect(words).to.have.length(2);
    expect(words.join()).to.include('DJ1204 4:45 no error class "Late" is exported by handlers/errors.ts');
    expect(words.join()).to.include('DJ1202');
  });

  for (const [shape, text] of [
    ['a class', 'export class Slow extends Error {}\nexport class Late extends Error {}'],
    ['a renamed export', 'class A extends Error {}\nexport { A as Slow, A as Late };'],
    ['exports from elsewhere', "export { Slow } from './slow.js';\nexport { Tardy as Late } from './late.js';"],
    ['export *', "export * from '../errors.js';"],
    ['a constant', 'export const Slow = make(), Late = make();'],
  ] as const) {
    it(`is found as ${shape}`, async () => {
      const root = project(`errors ${shape}`, 'export const send = 1;', errors);
      writeFileSync(join(root, 'handlers/errors.ts'), text);
      expect(await generated(root)).to.deep.equal({ words: [], exitCode: 0 });
    });
  }

  for (const [shape, text, words] of [
    ['only a type', 'export interface Late {}', 'DJ1204 4:45'],
    ['exported as a type', 'class Late {}\nexport type { Late };', 'DJ1204 1:7'],
    ['re-exported as a type', "export type { Late } from './late.js';", 'DJ1204 4:45'],
    ['exported under another name', "export { Late as Tardy } from './late.js';", 'DJ1204 4:45'],
    ['not exported', '\n  class Late extends Error {}', 'DJ1204 2:9'],
    ['the default export', 'export default class Late extends Error {}', 'DJ1204 1:22'],
  ] as const) {
    it(`is missed, at its place or where jobs.yaml names it, when it is ${shape}`, async () => {
      const root = project(`errors ${shape}`, 'export const send = 1;', errors);
      writeFileSync(join(root, 'handlers/errors.ts'), `${text}\nexport class Slow {}`);
      expect((await generated(root)).words).to.deep.equal([
        `${words} no error class "Late" is exported by handlers/errors.ts`,
      ]);
    });
  }

  it('is told at its new place when only jobs.yaml has changed', async () => {
    const root = project('errors moved', 'export const send = 1;', errors);
    mkdirSync(join(root, 'node_modules'));
    writeFileSync(join(root, 'handlers/errors.ts'), 'export class Slow extends Error {}');
    expect((await generated(root)).words.join()).to.include('DJ1204 4:45');
    const yaml = readFileSync(join(root, 'jobs.yaml'), 'utf8');
    writeFileSync(join(root, 'jobs.yaml'), `# one line more\n${yaml}`);
    expect((await generated(root)).words.join()).to.include('DJ1204 5:45');
  });
});

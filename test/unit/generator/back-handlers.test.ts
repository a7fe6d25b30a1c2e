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
      'DJ1203 1:1 the file of error class "Late" is missing',
      'DJ1203 1:1 the file of error class "Slow" is missing',
    ]);
    expect(exitCode).to.equal(1);
  });

  it('is missed alone, and a syntax error of its file is told once', async () => {
    const root = project('errors one', 'export const send = 1;', errors);
    writeFileSync(join(root, 'handlers/errors.ts'), 'export class Slow extends Error {\n');
    const { words } = await generated(root);
    expect(words).to.have.length(2);
    expect(words.join()).to.include('no error class "Late" is exported').and.to.include('DJ1202');
  });
});

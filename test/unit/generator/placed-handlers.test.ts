// `handler: path#export` of a job: generated code loads that export, no stub is made, and what is wrong is told.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { generate } from '../../../generator/index.js';
import { readConfig } from '../../../generator/read.js';
import { scratchFolder } from '../../support/scratch.js';

/** A project with the job `send`, whose handler is said to be at this place. */
function project(name: string, handler: string, files: Readonly<Record<string, string>> = {}): string {
  const root = scratchFolder(`placed-${name}`);
  writeFileSync(join(root, 'jobs.yaml'), `version: 1\napp: shop\njobs: { send: { handler: "${handler}" } }\n`);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return root;
}

async function findings(root: string): Promise<string[]> {
  const report = await generate({ root });
  return report.findings.map(({ code, file, message, hint = '' }) => `${code} ${file} ${message}: ${hint}`);
}

function registry(root: string): string {
  return readFileSync(join(root, 'generated/registry.ts'), 'utf8');
}

describe('handler: path#export', () => {
  const places: readonly [place: string, file: string, text: string, load: string][] = [
    ['./src/billing.ts#bill', 'src/billing.ts', 'export const bill = 1;', "'../src/billing.js').then((m) => m.bill)"],
    ['./src/send.mts', 'src/send.mts', 'export const send = 1;', "'../src/send.mjs').then((m) => m.send)"],
    ['./a/../b/x.tsx#default', 'b/x.tsx', 'export default 1;', "'../b/x.js').then((m) => m.default)"],
    ['./handlers/jobs/all.js#$one', 'handlers/jobs/all.js', 'export let $one;', "'../handlers/jobs/all.js').then"],
  ];
  for (const [index, [place, file, text, load]] of places.entries()) {
    it(`loads ${place} and makes no stub`, async () => {
      const root = project(`good-${index}`, place, { [file]: text });
      expect(await findings(root)).to.deep.equal([]);
      expect(registry(root)).to.include(`load: () => import(${load}`);
      expect(existsSync(join(root, 'handlers/jobs/send.ts'))).to.equal(false);
      expect(readFileSync(join(root, file), 'utf8')).to.equal(text);
    });
  }

  it('says which file is missing, and makes none', async () => {
    const root = project('absent', './src/billing.ts#bill');
    expect(await findings(root)).to.deep.equal([
      'DJ1220 src/billing.ts the file of the handler of job "send" is missing: create it, or correct `handler` in jobs.yaml',
    ]);
    expect(existsSync(join(root, 'src'))).to.equal(false);
  });

  it('says which export is missing, and how to get one', async () => {
    const without = project('without', './src/a.ts#bill', { 'src/a.ts': 'export const send = 1;' });
    expect(await findings(without)).to.deep.equal([
      `DJ1201 src/a.ts no export "bill" for job "send": add: export const bill: JobHandler<'send'> = async () => {};`,
    ]);
    const other = project('default', './src/a.ts#bill', { 'src/a.ts': 'export default 1;' });
    expect((await findings(other)).join()).to.include('for its default export: handler: ./src/a.ts#default');
    const none = project('no-default', './src/a.ts#default', { 'src/a.ts': 'export const send = 1;' });
    expect((await findings(none)).join()).to.include(
      "add: export default (async () => {}) satisfies JobHandler<'send'>;",
    );
  });

  it('finds a file that two jobs share, each with its own export', async () => {
    const root = project('shared', './src/all.ts#send', { 'src/all.ts': 'export const send = 1;' });
    const yaml =
      'version: 1\napp: shop\njobs: { send: { handler: ./src/all.ts }, mail: { handler: ./src/all.ts#post } }\n';
    writeFileSync(join(root, 'jobs.yaml'), yaml);
    expect((await findings(root)).map((words) => words.split(':')[0])).to.deep.equal([
      'DJ1201 src/all.ts no export "post" for job "mail"',
    ]);
  });

  it('takes the stub along that nobody touched, and leaves what somebody wrote', async () => {
    const own = 'handlers/jobs/send.ts';
    const yaml = 'version: 1\napp: shop\njobs: { send: { desc: Send it } }\n';
    for (const touch of [(stub: string) => stub, (stub: string) => stub.replace('Receives', 'Ask Ann.\n * Receives')]) {
      const root = project(`leftover-${touch('Receives').length}`, './src/a.ts', {
        'src/a.ts': 'export const send = 1;',
      });
      writeFileSync(join(root, 'jobs.yaml'), yaml);
      await generate({ root });
      const stub = readFileSync(join(root, own), 'utf8');
      writeFileSync(join(root, own), touch(stub));
      writeFileSync(join(root, 'jobs.yaml'), yaml.replace('Send it', 'Send it, handler: ./src/a.ts'));
      expect(await findings(root)).to.deep.equal([]);
      expect(existsSync(join(root, own))).to.equal(touch(stub) !== stub);
    }
  });

  it('is refused when it names no file below or beside jobs.yaml', () => {
    for (const handler of ['src/a.ts', './src/a', './a.ts#', './a.ts#x.y', '/a.ts', './a.json', './a#b.ts', 'bill']) {
      const text = `version: 1\napp: shop\njobs: { send: { handler: "${handler}" } }\n`;
      const { problems } = readConfig({ text, file: 'jobs.yaml' });
      expect(
        problems.map(({ code }) => code),
        handler,
      ).to.deep.equal(['DJ1008']);
    }
  });
});

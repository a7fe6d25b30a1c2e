// jobs.yaml that names other folders than before: no empty stub beside a filled handler, and no generated file left behind.
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { generate } from '../../../generator/index.js';
import { makeProject } from '../../support/cli.js';

const YAML = `version: 1
app: shop
jobs: { a: {}, b: {} }
services: { s: { methods: { m: {} } } }
`;

async function gen(root: string): Promise<{ did: string[]; said: string[]; exitCode: number }> {
  const { changes, findings, exitCode } = await generate({ root });
  const shown = changes.filter(({ path }) => !/generated\/(?!index)/.test(path));
  return {
    did: shown.map(({ kind, path }) => `${kind} ${path}`).sort(),
    said: findings.map(({ code, file, message, hint }) => `${code} ${file} ${message}: ${hint}`),
    exitCode,
  };
}

const project = (name: string) => makeProject(`former-${name}`, { 'jobs.yaml': YAML });

describe('another folder of handlers', () => {
  it('gets no stub of what is in the one before, which is named until it is moved', async () => {
    const root = project('handlers');
    await gen(root);
    writeFileSync(join(root, 'jobs.yaml'), `${YAML.replace('b: {}', 'b: {}, c: {}')}handlers: src/tasks\n`);
    const said = ['jobs/a', 'jobs/b', 'services/s'].map((file) => {
      const [kind, name] = file.split('s/');
      const what = kind === 'job' ? `handler of job "${name}"` : `implementation of service "${name}"`;
      return `DJ1222 handlers/${file}.ts the ${what} is in the folder that jobs.yaml named before: move it to src/tasks/${file}.ts`;
    });
    expect(await gen(root)).to.deep.equal({ did: ['create src/tasks/jobs/c.ts'], said, exitCode: 1 });
    expect(await gen(root)).to.deep.equal({ did: [], said, exitCode: 1 });
    for (const file of ['jobs/a.ts', 'jobs/b.ts', 'services/s.ts']) {
      mkdirSync(join(root, 'src/tasks/services'), { recursive: true });
      renameSync(join(root, 'handlers', file), join(root, 'src/tasks', file));
    }
    expect(await gen(root)).to.deep.equal({ did: [], said: [], exitCode: 0 });
  });
});

describe('another folder of generated files', () => {
  it('leaves none in the one before, but what somebody else wrote', async () => {
    const root = project('output');
    await gen(root);
    writeFileSync(join(root, 'generated/types.ts'), 'export const mine = 1;\n');
    writeFileSync(join(root, 'jobs.yaml'), `${YAML}output: lib/generated\n`);
    const { findings } = await generate({ root, check: true });
    const gone = findings.find(({ file, code }) => file === 'generated/index.ts' && code === 'DJ1206');
    expect(gone?.message).to.equal('the generated file should not be there any more');
    const { did } = await gen(root);
    expect(did).to.deep.equal(['create lib/generated/index.ts', 'delete generated/index.ts']);
    expect(existsSync(join(root, 'generated/models/JobLog.ts'))).to.equal(false);
    expect(existsSync(join(root, 'generated/types.ts'))).to.equal(true);
    expect(await gen(root)).to.include({ exitCode: 0 });
  });
});

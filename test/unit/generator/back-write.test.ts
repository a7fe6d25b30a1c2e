// What generation does to a folder: everything or nothing, nothing twice, never a file of the user's.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { MARK } from '../../../generator/header.js';
import { FileError, generate, generatedHash, modelHash } from '../../../generator/index.js';
import { scratchFolder } from '../../support/scratch.js';

const YAML = `version: 1
app: shop
jobs:
  one: { desc: The first, cron: "* * * * *", input: { $ref: "#/types/Order" } }
  two: { cron: "0 3 * * *" }
types:
  Order: { type: object, properties: { id: { type: integer } } }
`;

/** A project folder; with node_modules, so that runs remember. */
function project(name: string): string {
  const root = scratchFolder(`write-${name}`);
  mkdirSync(join(root, 'node_modules'));
  writeFileSync(join(root, 'jobs.yaml'), YAML);
  return root;
}

function allFiles(root: string): string[] {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Text and time of every file. */
function snapshot(root: string): Record<string, string> {
  return Object.fromEntries(
    allFiles(root).map((path) => [path, `${statSync(path).mtimeMs} ${readFileSync(path, 'utf8')}`]),
  );
}

describe('generating into a folder', () => {
  it('writes nothing the second time, with or without its memory', async () => {
    const root = project('twice');
    const first = await generate({ root });
    expect(first.changes).to.have.length(13);
    const before = snapshot(root);
    const second = await generate({ root });
    expect(second).to.include({ exitCode: 0, unchanged: 13, jobs: 2 });
    expect(second.changes).to.deep.equal([]);
    rmSync(join(root, 'node_modules', '.cache'), { recursive: true });
    const third = await generate({ root });
    expect(third.changes).to.deep.equal([]);
    expect(snapshot(root)).to.deep.equal(before);
  });

  it('brings generated/ back byte for byte', async () => {
    const root = project('deleted');
    await generate({ root });
    const texts = allFiles(root).map((path) => [path, readFileSync(path, 'utf8')]);
    rmSync(join(root, 'generated'), { recursive: true });
    const report = await generate({ root });
    expect(report.changes).to.have.length(11);
    expect(allFiles(root).map((path) => [path, readFileSync(path, 'utf8')])).to.deep.equal(texts);
  });

  it('mends a generated file that was edited, and leaves one with other line ends alone', async () => {
    const root = project('edited');
    await generate({ root });
    const registry = join(root, 'generated/registry.ts');
    const contracts = join(root, 'generated/contracts.ts');
    const text = readFileSync(registry, 'utf8');
    writeFileSync(registry, `${text}<<<<<<< ours\n`);
    writeFileSync(contracts, readFileSync(contracts, 'utf8').replaceAll('\n', '\r\n'));
    const { changes } = await generate({ root });
    expect(changes).to.deep.equal([{ kind: 'update', path: 'generated/registry.ts' }]);
    expect(readFileSync(registry, 'utf8')).to.equal(text);
    expect(readFileSync(contracts, 'utf8')).to.include('\r\n');
  });

  it('deletes what it made and no longer makes, and nothing else', async () => {
    const root = project('orphans');
    await generate({ root });
    writeFileSync(join(root, 'generated/models/Old.ts'), `${MARK}\nexport {};\n`);
    writeFileSync(join(root, 'generated/notes.md'), 'mine');
    const outside = join(root, 'elsewhere.ts');
    writeFileSync(outside, `${MARK}\n`);
    symlinkSync(outside, join(root, 'generated/link.ts'));
    const { changes } = await generate({ root });
    expect(changes).to.deep.equal([{ kind: 'delete', path: 'generated/models/Old.ts' }]);
    expect(existsSync(join(root, 'generated/models/Old.ts'))).to.equal(false);
    expect(readFileSync(join(root, 'generated/notes.md'), 'utf8')).to.equal('mine');
    expect(existsSync(outside)).to.equal(true);
    expect((await generate({ root })).changes).to.deep.equal([]);
  });

  it('removes what a killed run left behind, but not what another run is writing', async () => {
    const root = project('killed');
    await generate({ root });
    const left = join(root, 'generated/types.ts.1.tmp');
    const current = join(root, 'generated/types.ts.2.tmp');
    for (const path of [left, current]) writeFileSync(path, `${MARK}\n`);
    utimesSync(left, 1_000, 1_000);
    await generate({ root });
    expect([existsSync(left), existsSync(current)]).to.deep.equal([false, true]);
  });

  it('writes nothing when jobs.yaml has an error', async () => {
    const root = project('invalid');
    writeFileSync(join(root, 'jobs.yaml'), YAML.replace('cron:', 'crn:'));
    const report = await generate({ root });
    expect(report).to.include({ exitCode: 2, modelHash: null });
    expect(report.problems[0]).to.include({ code: 'DJ1003', file: 'jobs.yaml', line: 4 });
    expect(readdirSync(root).sort()).to.deep.equal(['jobs.yaml', 'node_modules']);
  });

  it('only looks with check', async () => {
    const root = project('check');
    const empty = await generate({ root, check: true });
    expect(empty.exitCode).to.equal(1);
    expect(new Set(empty.findings.map(({ code }) => code))).to.deep.equal(new Set(['DJ1206', 'DJ1207']));
    expect(readdirSync(root).sort()).to.deep.equal(['jobs.yaml', 'node_modules']);
    await generate({ root });
    expect((await generate({ root, check: true })).exitCode).to.equal(0);
    writeFileSync(join(root, 'generated/index.ts'), 'x');
    const drifted = await generate({ root, check: true });
    expect(drifted.findings.map(({ code, file }) => `${code} ${file}`)).to.deep.equal([
      'DJ1206 generated/index.ts',
      'DJ1208 handlers/jobs/one.ts',
      'DJ1208 handlers/jobs/two.ts',
    ]);
    expect(readFileSync(join(root, 'generated/index.ts'), 'utf8')).to.equal('x');
  });

  it('leaves everything as it was when a file cannot be written', async () => {
    const root = project('blocked');
    await generate({ root });
    const before = snapshot(root);
    writeFileSync(join(root, 'jobs.yaml'), YAML.replace('app: shop', 'app: store'));
    mkdirSync(join(root, `generated/registry.ts.${process.pid}.tmp`));
    const error = await generate({ root }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(FileError);
    expect(error).to.include({ code: 'DJ1290', exitCode: 3 });
    expect((error as Error).message).to.equal('cannot write generated/registry.ts: it is a folder');
    expect({ ...snapshot(root), [join(root, 'jobs.yaml')]: '' }).to.deep.equal({
      ...before,
      [join(root, 'jobs.yaml')]: '',
    });
  });

  it('says in one line what stands in its way', async () => {
    const root = project('in-the-way');
    writeFileSync(join(root, 'generated'), 'a file');
    const error = await generate({ root }).catch((thrown: unknown) => thrown);
    expect((error as Error).message).to.match(/^cannot write generated\/\S+: a file stands where a folder should be$/);
    expect(readdirSync(root).sort()).to.deep.equal(['generated', 'jobs.yaml', 'node_modules']);
  });

  it('forgets when its memory is damaged', async () => {
    const root = project('memory');
    await generate({ root });
    const state = join(root, 'node_modules/.cache/dal-job/state.json');
    for (const damage of ['', '{', '[]', 'null', '{"key":1}']) {
      writeFileSync(state, damage);
      expect(await generate({ root })).to.include({ exitCode: 0, unchanged: 13 });
    }
  });
});

describe('the hash of the model', () => {
  it('is in the registry, and is the same for the same meaning', async () => {
    const root = project('hash');
    expect(generatedHash(root, 'generated')).to.equal(null);
    const { hash } = await modelHash({ root });
    await generate({ root });
    expect(generatedHash(root, 'generated'))
      .to.equal(hash)
      .and.to.match(/^[0-9a-f]{64}$/);
    writeFileSync(
      join(root, 'jobs.yaml'),
      `# a comment\n${YAML.replace('{ desc: The first, cron: "* * * * *",', '{ cron: "* * * * *", globalSingle: true, desc: The first,')}`,
    );
    expect((await modelHash({ root })).hash).to.equal(hash);
    writeFileSync(join(root, 'jobs.yaml'), YAML.replace('0 3 * * *', '0 4 * * *'));
    expect((await modelHash({ root })).hash).to.not.equal(hash);
  });
});

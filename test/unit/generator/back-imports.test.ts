// Folders of the project's own, and imports as its tsconfig wants them.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { withExtension } from '../../../generator/emit/imports.js';
import { generate, placesOf } from '../../../generator/index.js';
import { importExtension } from '../../../generator/tsconfig.js';
import { scratchFolder } from '../../support/scratch.js';

type Files = Readonly<Record<string, unknown>>;

function folder(name: string, files: Files): string {
  const root = scratchFolder(`imports-${name}`);
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return root;
}

const compiler = (compilerOptions: object) => ({ 'tsconfig.json': { compilerOptions } });
const MODULE = { 'package.json': { type: 'module' } };
const COMMON = { 'package.json': {} };

describe('the extension of relative imports', () => {
  const cases: readonly (readonly [what: string, files: Files, extension: string])[] = [
    ['no tsconfig', MODULE, '.js'],
    ['NodeNext', { ...MODULE, ...compiler({ module: 'NodeNext' }) }, '.js'],
    [
      'node16 in a CommonJS package, whose import() takes no short name',
      { ...COMMON, ...compiler({ module: 'node16' }) },
      '.js',
    ],
    ['Bundler in an ESM package', { ...MODULE, ...compiler({ module: 'ESNext', moduleResolution: 'Bundler' }) }, '.js'],
    ['Bundler in another package', { ...COMMON, ...compiler({ module: 'preserve', moduleResolution: 'bundler' }) }, ''],
    [
      'CommonJS with classic resolution',
      { ...COMMON, ...compiler({ module: 'CommonJS', moduleResolution: 'node' }) },
      '',
    ],
    ['a tsconfig that says nothing', { ...COMMON, 'tsconfig.json': '{}' }, ''],
    [
      'sources imported by their name',
      { ...MODULE, ...compiler({ module: 'NodeNext', allowImportingTsExtensions: true }) },
      '.ts',
    ],
    [
      'sources imported by their name and rewritten',
      { ...COMMON, ...compiler({ rewriteRelativeImportExtensions: true }) },
      '.ts',
    ],
    ['a tsconfig that cannot be read', { ...MODULE, 'tsconfig.json': '{ "compilerOptions": {' }, '.js'],
  ];
  for (const [what, files, extension] of cases) {
    it(`is "${extension}" with ${what}`, () => {
      expect(importExtension(folder(what.replace(/\W/g, '-'), files))).to.equal(extension);
    });
  }

  it('is found through comments, trailing commas, extended files, packages and references', () => {
    const text =
      '\uFEFF{ // "a"\n "extends": ["./base", "@shop/tsconfig/node.json"], /* { */ "include": ["src/**/*"], }';
    const nodenext = { compilerOptions: { module: 'nodenext' } };
    const extended = folder('extends', {
      ...COMMON,
      'tsconfig.json': { files: [], references: [{ path: './app' }] },
      'app/tsconfig.json': text,
      'app/base.json': { compilerOptions: { module: 'commonjs' } },
      'node_modules/@shop/tsconfig/node.json': nodenext,
    });
    expect(importExtension(join(extended, 'src/generated'))).to.equal('.js');
    const circle = folder('circle', { ...COMMON, 'tsconfig.json': { extends: './tsconfig.json' } });
    expect(importExtension(circle)).to.equal('');
  });
});

describe('relative imports', () => {
  const rewritten = (text: string, extension: '.js' | '.ts' | '') =>
    withExtension({ path: 'gen/models/a.ts', output: 'gen', text, extension });

  it('name what is generated, and the files of the user, as the project does', () => {
    const text =
      "import type { A } from '../b.js';\nexport { c } from './c.js';\nx(() => import('../../handlers/d.ts'));\n";
    expect(rewritten(text, '.js')).to.equal(text.replace('.ts', '.js'));
    expect(rewritten(text, '.ts')).to.equal(text.replaceAll('.js', '.ts'));
    expect(rewritten(text, '')).to.equal(text.replaceAll(/\.[jt]s'/g, "'"));
  });

  it('leave packages, JavaScript of the user, module kinds and all other text alone', () => {
    const text =
      "import { a } from 'dal-job/x.js';\nimport('../../lib/e.js');\nconst t = 'import(\\'./f.js\\')';\n// from './g.js'\n";
    for (const extension of ['.js', '.ts', ''] as const) expect(rewritten(text, extension)).to.equal(text);
    expect(rewritten("import('../../lib/h.mts')", '')).to.equal("import('../../lib/h.mjs')");
  });
});

describe('folders of jobs.yaml', () => {
  const YAML =
    'version: 1\napp: shop\noutput: ./src/generated/\nhandlers: src/tasks\nentry: dist/generated/index.js\njobs: { one: {} }\n';

  it('are where files are written and looked for, and nowhere else', async () => {
    const root = folder('places', { 'jobs.yaml': YAML, ...MODULE });
    const { changes, exitCode } = await generate({ root });
    expect(exitCode).to.equal(0);
    expect(changes.filter(({ path }) => !path.startsWith('src/generated/'))).to.deep.equal([
      { kind: 'create', path: 'src/tasks/jobs/one.ts' },
    ]);
    const registry = readFileSync(join(root, 'src/generated/registry.ts'), 'utf8');
    expect(registry).to.include("load: () => import('../tasks/jobs/one.js').then((m) => m.one)");
    expect(readFileSync(join(root, 'src/tasks/jobs/one.ts'), 'utf8')).to.include("from '../../generated/index.js'");
    const places = { folders: { output: 'src/generated', handlers: 'src/tasks' }, entry: 'dist/generated/index.js' };
    expect(await placesOf({ root })).to.deep.equal(places);
    writeFileSync(join(root, 'src/tasks/jobs/two.ts'), "export const two: JobHandler<'two'> = async () => {};\n");
    expect((await generate({ root })).findings.map(({ code }) => code)).to.deep.equal(['DJ1205']);
  });

  it('are written anew when the tsconfig changes, and known of a file with errors', async () => {
    const root = folder('tsconfig', { 'jobs.yaml': YAML, 'node_modules/x': '', ...COMMON });
    await generate({ root });
    expect((await generate({ root })).changes).to.deep.equal([]);
    writeFileSync(join(root, 'tsconfig.json'), '{ "compilerOptions": { "module": "commonjs" } }');
    expect((await generate({ root })).changes.map(({ path }) => path)).to.include('src/generated/index.ts');
    expect(readFileSync(join(root, 'src/generated/index.ts'), 'utf8')).to.include("from './registry';");
    writeFileSync(join(root, 'jobs.yaml'), 'nothing: known\noutput: lib/gen\nhandlers: 7\n');
    expect(await placesOf({ root })).to.deep.equal({
      folders: { output: 'lib/gen', handlers: 'handlers' },
      entry: null,
    });
  });

  it('lose no file that somebody else wrote there', async () => {
    const mine = 'export const mine = 1;\n';
    const root = folder('foreign', { 'jobs.yaml': YAML, 'src/generated/index.ts': mine, 'src/generated/types.ts': '' });
    const error = await generate({ root }).catch((thrown: unknown) => thrown);
    expect((error as Error).message).to.match(
      /^cannot write src\/generated\/index\.ts: a file that dal-job did not make/,
    );
    expect(readFileSync(join(root, 'src/generated/index.ts'), 'utf8')).to.equal(mine);
    expect(readFileSync(join(root, 'src/generated/types.ts'), 'utf8')).to.equal('');
  });
});

// The package as a user gets it: the tarball, installed in an empty folder, compiles a jobs.yaml and runs a fire from plain
// JavaScript. The private condition, the worker's path, migrations and schema break only here.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { npmInstall, type PackedPackage, packProject, pinned, run } from '../support/package.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { scratchFolder } from '../support/scratch.js';
import { compiler } from '../support/user-project.js';

const JOBS_YAML = `version: 1
app: packed
database:
  url: "sqlite:./jobs.sqlite"
jobs:
  tick:
    desc: One run each second
    cron: "* * * * * *"
    input: { type: object, properties: { at: { type: string, format: date-time } } }
`;

const TSCONFIG = {
  compilerOptions: {
    ...{ target: 'ES2022', lib: ['ES2023'], module: 'NodeNext', moduleResolution: 'NodeNext', types: ['node'] },
    ...{ strict: true, noUnusedLocals: true, noUnusedParameters: true, noUncheckedIndexedAccess: true },
    ...{ exactOptionalPropertyTypes: true, verbatimModuleSyntax: true, skipLibCheck: true },
    ...{ rootDir: '.', outDir: 'dist' },
  },
  include: ['generated', 'handlers'],
};

const MAIN = `import { createApp } from './dist/generated/index.js';
const app = createApp({ leaseMs: 1500, logger: false });
const fired = new Promise((resolve) => { globalThis.fired = resolve; });
const beaten = async () => {
  const [rows] = await app.sequelize.query('SELECT beats FROM job_instance');
  return rows[0].beats >= 2 ? rows[0].beats : new Promise((resolve) => setTimeout(resolve, 50)).then(beaten);
};
await app.start();
const fireTime = await fired;
const beats = await beaten();
await app.stop();
console.log('RESULT ' + JSON.stringify({ fireTime, beats }));
`;

/** Reads what is left in the file, with the installed driver, when nothing of ours runs any more. */
const LOOK = `import Database from 'libsql';
const database = new Database('./jobs.sqlite');
const all = (sql) => database.prepare(sql).all();
console.log(JSON.stringify({
  tables: all("SELECT name FROM sqlite_master WHERE type = 'table'").map(({ name }) => name),
  runs: all("SELECT fire_at, outcome FROM job_log WHERE job_name = 'tick' ORDER BY fire_at"),
  instances: all('SELECT state FROM job_instance'),
}));
`;

const CLI = 'node_modules/dal-job/dist/cli/main.js';

/** Makes Node write down which files it loaded. */
const TRACE = { NODE_V8_COVERAGE: 'loaded' };

/** Of ajv only the helpers that compiled validators call may be there. */
const OF_THE_GENERATOR =
  /node_modules\/(?:ts-morph|@ts-morph|typescript|diff|json-schema-to-typescript|yaml|commander|ajv\/(?!dist\/runtime\/))|dal-job\/dist\/(?:generator|cli)\//;

/** What a user of the package has beside it. */
const PEERS = pinned(['sequelize', 'mysql2', 'libsql', '@types/node']);

describe('the packed package', function () {
  this.timeout(600_000);
  let packed: PackedPackage;
  let app: string;
  let registry: Registry;

  before(async () => {
    const folder = scratchFolder('pack');
    packed = await packProject(folder);
    app = join(folder, 'app');
    mkdirSync(app);
    writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'shop', private: true, type: 'module' }));
    registry = await startRegistry();
    await npmInstall(app, registry.url, [packed.tarball, ...PEERS]);
  });
  after(() => registry.close());

  it('has no private condition, scripts or development dependencies, and leaves ours in place', () => {
    const text = readFileSync(join(app, 'node_modules/dal-job/package.json'), 'utf8');
    expect(text).to.not.include('dal-job-source');
    expect(JSON.parse(text)).to.not.have.any.keys('devDependencies', 'scripts');
    expect(readFileSync(join(packed.source, 'package.json'), 'utf8')).to.include('dal-job-source');
    expect(existsSync(join(packed.source, '.package.json.before-pack'))).to.equal(false);
  });

  it('ships what runs, and no TypeScript sources or tests', async () => {
    const files = (await run('tar', ['-tzf', packed.tarball], { cwd: app })).out.split('\n');
    expect(files).to.include.members(['package/jobs.schema.json', 'package/LICENSE', 'package/dist/cli/main.js']);
    const known = /^package\/(dist\/(runtime|generator|cli)\/.*\.(js|js\.map|d\.ts|d\.cts)|docs\/\w+\.md|[^/]*)$/;
    expect(files.filter((file) => file !== '' && !known.test(file))).to.deep.equal([]);
    const maps = files.filter((file) => file.startsWith('package/dist/runtime/') && file.endsWith('.map'));
    const sources = maps.flatMap((file): string[] => {
      const path = join(app, 'node_modules/dal-job', file.slice('package/'.length));
      return JSON.parse(readFileSync(path, 'utf8')).sourcesContent;
    });
    expect(sources.filter((text) => text.includes('export class DalJobError extends'))).to.have.length(1); // one copy
  });

  it('is one copy for import and for require, whatever part of it is asked for, and its classes have their names', async () => {
    const { exports } = JSON.parse(readFileSync(join(app, 'node_modules/dal-job/package.json'), 'utf8'));
    const parts = Object.keys(exports).filter((part) => !part.endsWith('.json'));
    expect(parts).to.have.members(['.', './models', './testing', './validate']);
    const names = JSON.stringify(parts.map((part) => join('dal-job', part)));
    const check = `import { createRequire } from 'node:module';
      const require = createRequire(process.cwd() + '/x');
      for (const name of ${names}) {
        const [imported, required] = [await import(name), require(name)];
        for (const key of Object.keys(imported)) if (imported[key] !== required[key]) console.log(name, key);
        for (const key of ['DalJobError', 'BizRetryNeedError', 'NotImplementedError'])
          if (key in imported && imported[key].name !== key) console.log(key, imported[key].name);
      }`;
    const args = ['--no-warnings', '--input-type=module', '-e', check];
    expect((await run(process.execPath, args, { cwd: app })).out).to.equal('');
  });

  it('generates, compiles and runs a fire from compiled JavaScript, with a heartbeat from its worker', async () => {
    writeFileSync(join(app, 'jobs.yaml'), JOBS_YAML);
    writeFileSync(join(app, 'tsconfig.json'), JSON.stringify(TSCONFIG));
    await run('npx', ['--no-install', 'dal-job', 'gen'], { cwd: app });
    const started = await run(process.execPath, [CLI, 'start'], { cwd: app }).catch((error: Error) => error.message);
    expect(started).to.include(
      'dal-job: error DJ2007 generated/ is TypeScript, and there is nothing to run it with: npm i -D',
    );
    fillIn(join(app, 'handlers/jobs/tick.ts'));
    await run(process.execPath, [compiler('7'), '-p', '.'], { cwd: app });

    writeFileSync(join(app, 'main.mjs'), MAIN);
    const result = JSON.parse(
      /RESULT (.*)/.exec((await run(process.execPath, ['main.mjs'], { cwd: app, env: TRACE })).out)?.[1] ?? '{}',
    );
    expect(result.beats).to.be.greaterThan(0);

    writeFileSync(join(app, 'look.mjs'), LOOK);
    const left = JSON.parse((await run(process.execPath, ['look.mjs'], { cwd: app })).out);
    expect(left.tables).to.include.members([
      'job_info',
      'job_log',
      'job_instance',
      'job_retry',
      'job_beforehand_retry',
    ]);
    expect(left.runs).to.deep.include({ fire_at: result.fireTime, outcome: 'succeeded' });
    expect(left.runs.map(({ outcome }: { outcome: string }) => outcome)).to.not.include('running');
    expect(left.instances).to.deep.equal([{ state: 'STOPPED' }]);
  });

  it('has nothing of the generator in the process of a started app', () => {
    const loaded = loadedFiles(join(app, TRACE.NODE_V8_COVERAGE));
    const packages = new Set(loaded.map((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]));
    expect(packages).to.include.keys('dal-job', 'sequelize', 'libsql', 'ajv-formats');
    expect(loaded.filter((file) => OF_THE_GENERATOR.test(file))).to.deep.equal([]);
  });

  it('has nothing left to generate a second time', async () => {
    expect((await run('npx', ['--no-install', 'dal-job', 'gen', '--check'], { cwd: app })).out).to.include('nothing');
  });
});

/** Every file that a process loaded, its workers included. */
function loadedFiles(folder: string): string[] {
  const reports = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
  return reports.flatMap(({ result }: { result: { url: string }[] }) => result.map(({ url }) => url));
}

/** Gives the generated stub a body, as a user would. */
function fillIn(file: string): void {
  const stub = readFileSync(file, 'utf8');
  const body =
    'async (context) => {\n  (globalThis as { fired?: (fireTimeMs: number) => void }).fired?.(context.fireTimeMs);\n};\n';
  const filled = stub
    .replace(/^import \{ NotImplementedError \}.*\n/m, '')
    .replace(/async \(\) => \{[\s\S]*?\n\};\n/, body);
  expect(filled).to.include('fireTimeMs');
  writeFileSync(file, filled);
}

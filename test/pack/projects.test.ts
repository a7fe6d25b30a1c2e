// The package in somebody else's project: from the tarball, offline, by the steps that `dal-job init` prints, to a job that
// runs. Each way in which TypeScript projects import and compile, checked by the oldest, a current and the newest compiler.
import { join } from 'node:path';
import { expect } from 'chai';
import { type PackedPackage, packProject, pinned } from '../support/package.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { scratchFolder } from '../support/scratch.js';
import { COMPILERS, type CompilerVersion, UserProject } from '../support/user-project.js';

const [NODE_TYPES = ''] = pinned(['@types/node']).map((name) => name.slice('@types/node@'.length));

const STRICT = {
  ...{ target: 'ES2022', lib: ['ES2023'], types: ['node'], strict: true, skipLibCheck: true, noImplicitOverride: true },
  ...{
    noUnusedLocals: true,
    noUnusedParameters: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
  },
  ...{ noImplicitReturns: true, noFallthroughCasesInSwitch: true, rootDir: '.', outDir: 'dist', declaration: true },
};

/** Added to what init wrote: a type, an error class of the user's, an input. */
const MORE_YAML = `    retry: { for: [ShopClosed], maxRetries: 1, backoff: { delay: 500ms, max: 1s } }
    input: { $ref: "#/types/Greeting", default: { name: everybody } }

services:
  door:
    methods:
      open: { params: { visitor: { $ref: "#/types/Greeting" } }, result: { type: integer }, retry: { mode: beforehand } }
      ring: { params: { visitor: { $ref: "#/types/Greeting" } }, retry: { mode: afterward, key: visitor.name } }

types:
  Greeting: { type: object, required: [name], properties: { name: { type: string } } }
errors:
  ShopClosed: ./lib/errors.ts
`;

const ERRORS = 'export class ShopClosed extends Error {}\n';

/** What a reader of generated code and of the package's types writes. */
const USER_CODE = `import { BizRetryNeedError, DalJobError, NotImplementedError } from 'dal-job';
import { createTestApp } from 'dal-job/testing';
import { callContext, createApp, type Greeting, type JobHandler, type JobName } from 'dal-job-generated';

const greeting: Greeting = { name: 'you' };
const name: JobName = 'sayHello';
export const again: JobHandler<'sayHello'> = async ({ input, signal, fireTime, sequelize }) => {
  if (signal.aborted || input.name === '') throw new BizRetryNeedError(fireTime.toISOString());
  await sequelize.query('SELECT 1');
};
export async function use(): Promise<string[]> {
  const app = createApp({ schedule: false, logger: false });
  await app.start();
  const { fireTime } = await app.trigger('sayHello', greeting);
  const opened: number = await app.services.door.open(greeting);
  // @ts-expect-error a name is a string
  await app.trigger('sayHello', { name: 1 });
  // @ts-expect-error there is no such job
  await app.trigger('sayGoodbye');
  const rows: InstanceType<typeof app.models.JobLog>[] = await app.models.JobLog.findAll({ where: { jobName: name, fireAt: fireTime.getTime() } });
  await app.stop();
  return [...rows.map((row) => row.outcome), String(opened)];
}
export const known = [DalJobError, NotImplementedError];
export const testing = () => createTestApp(createApp);
export const { trigger, on, services } = createApp();
export const contextAndAsk = () => [callContext(), trigger('sayHello', greeting)];
`;

interface Way {
  readonly title: string;
  readonly compilerOptions: object;
  /** How relative imports end. */
  readonly extension: string;
  /** Left out: all three. */
  readonly compilers?: readonly CompilerVersion[];
  /** Compiled too, and started from there. */
  readonly emits?: true;
}

const ESM: readonly Way[] = [
  {
    title: 'NodeNext',
    compilerOptions: { module: 'NodeNext', verbatimModuleSyntax: true },
    extension: '.js',
    emits: true,
  },
  { title: 'Bundler', compilerOptions: { module: 'ESNext', moduleResolution: 'Bundler' }, extension: '.js' },
  {
    title: 'Bundler with sources imported by their name',
    compilerOptions: {
      module: 'Preserve',
      moduleResolution: 'Bundler',
      allowImportingTsExtensions: true,
      noEmit: true,
    },
    extension: '.ts',
  },
];

const COMMON_JS: readonly Way[] = [
  {
    title: 'CommonJS as ever',
    compilerOptions: { module: 'CommonJS', esModuleInterop: true },
    extension: '',
    emits: true,
  },
  { title: 'CommonJS under NodeNext', compilerOptions: { module: 'NodeNext' }, extension: '.js', emits: true },
];

describe("the package in somebody else's project", function () {
  this.timeout(300_000);
  let folder: string;
  let packed: PackedPackage;
  let registry: Registry;

  before(async () => {
    folder = scratchFolder('projects');
    [packed, registry] = await Promise.all([packProject(folder), startRegistry()]);
  });
  after(() => registry.close());

  describe('that is an empty folder', () => {
    let project: UserProject;

    it('runs a job after the steps that init prints, with nothing configured', async () => {
      project = new UserProject(join(folder, 'empty'), registry.url);
      await project.install(packed.tarball);
      const steps = await project.dalJob('init');
      expect(steps)
        .to.include('1. npm install\n')
        .and.to.include('npx dal-job gen')
        .and.to.include('npx dal-job start');
      await project.install();
      addToYaml(project);
      expect(await project.dalJob('gen')).to.include('create handlers/jobs/sayHello.ts');
      fillIn(project, 'handlers', '.js');
      expect(await project.startUntil(/"msg":"hello"/)).to.include('"name":"everybody"');
    });

    it('is not touched by a second init', async () => {
      const files = ['jobs.yaml', 'package.json', '.gitignore', '.gitattributes'];
      const before = files.map((file) => project.read(file));
      expect(await project.dalJob('init')).to.include('nothing to do');
      expect(files.map((file) => project.read(file))).to.deep.equal(before);
    });

    for (const way of COMMON_JS) it(`takes ${way.title}`, () => takes(project, way));
  });

  describe('that is of ES modules', () => {
    let project: UserProject;

    before(async () => {
      const manifest = { name: 'esm', private: true, type: 'module', devDependencies: { '@types/node': NODE_TYPES } };
      project = new UserProject(join(folder, 'esm'), registry.url, { 'package.json': manifest });
      await project.install(packed.tarball);
      await project.dalJob('init');
      await project.install();
      addToYaml(project);
    });

    for (const way of ESM) it(`takes ${way.title}`, () => takes(project, way));

    it('is told at the line of a handler that its job has a claim now, by every compiler', () => claimsLater(project));
  });
});

const claimed = (about: string) =>
  `version: 1\napp: esm\njobs: { sendOrders: { cron: "* * * * *", globalSingle: false, ${about} } }\n`;
const CLAIM =
  'claim: { table: t, key: id, where: { s: PAID }, columns: { id: { type: integer }, s: { type: string } }, done: { s: SENT } }';
const sendOrders = (parameter: string, end: string) => `import type { JobHandler } from '../../generated/index.js';

export const sendOrders: JobHandler<'sendOrders'> = async ({ ${parameter} }) => {
  log.info({}, 'sent');
${end}};
`;

/** A handler that any job may have: it compiles, its job gets a claim, and its own first line is the one error. */
async function claimsLater(project: UserProject): Promise<void> {
  const handler = 'handlers/jobs/sendOrders.ts';
  project.remove('generated', 'handlers', 'lib');
  project.write('tsconfig.json', { compilerOptions: { ...STRICT, module: 'NodeNext' }, include: ['handlers'] });
  project.write('jobs.yaml', claimed('desc: Send what is paid'));
  await project.dalJob('gen');
  const stub = project.read(handler);
  project.write(handler, sendOrders('log', ''));
  await compiles(project);

  project.write('jobs.yaml', claimed(CLAIM));
  await project.dalJob('gen');
  for (const version of COMPILERS) {
    const said = await project.tsc(version, '-p', '.', '--noEmit', '--pretty', 'false').then(() => '', String);
    const errors = said.split('\n').filter((text) => /^\S+\(\d+,\d+\): error/.test(text));
    expect(errors, version).to.have.length(1);
    expect(errors[0]).to.include(`${handler}(3,14): error TS2322`);
  }
  for (const mended of [stub, sendOrders('log, rows', "  return rows.length > 9 ? 'done' : 'released';\n")]) {
    project.write(handler, mended); // what was never filled in fits as it is
    await compiles(project);
  }
}

/** Generates anew for the tsconfig, checks types, starts the sources and, where it compiles, what comes out. */
async function takes(project: UserProject, way: Way): Promise<void> {
  const { compilerOptions, extension, compilers = COMPILERS } = way;
  project.remove('generated', 'handlers', 'dist');
  project.write('tsconfig.json', {
    compilerOptions: { ...STRICT, ...compilerOptions },
    include: ['generated', 'handlers', 'lib'],
  });
  await project.dalJob('gen');
  expect(project.read('generated/registry.ts')).to.include(`import('../handlers/jobs/sayHello${extension}')`);
  fillIn(project, 'handlers', extension);
  project.write('lib/use.ts', USER_CODE.replaceAll('dal-job-generated', `../generated/index${extension}`));
  await compiles(project, compilers);
  await project.startUntil(/"msg":"hello"/);
  if (way.emits !== true) return;
  await project.tsc('7', '-p', '.');
  await project.imageOf('dist').startUntil(/"msg":"hello"/, ['--entry', 'dist/generated/index.js']);
}

async function compiles(project: UserProject, compilers: readonly CompilerVersion[] = COMPILERS): Promise<void> {
  await Promise.all(compilers.map((version) => project.tsc(version, '-p', '.', '--noEmit')));
}

function addToYaml(project: UserProject): void {
  project.write('lib/errors.ts', ERRORS);
  project.write(
    'jobs.yaml',
    `${project.read('jobs.yaml').replace('*/10 * * * * *', '* * * * * *').trimEnd()}\n${MORE_YAML}`,
  );
}

/** Gives the stub a body, as a user would, that imports something of the user's own. */
function fillIn(project: UserProject, handlers: string, extension: string): void {
  const file = `${handlers}/jobs/sayHello.ts`;
  const stub = project.read(file);
  expect(stub).to.match(new RegExp(`from '\\.\\./\\.\\./generated/index${extension.replace('.', '\\.')}';`));
  const filled = stub
    .replace(/^import \{ NotImplementedError \}.*\n/, `import { ShopClosed } from '../../lib/errors${extension}';\n`)
    .replace(
      /async \(\) => \{\n[^}]*\};\n/,
      "async ({ input, log }) => {\n  if (input.name === '') throw new ShopClosed();\n  log.info({ name: input.name }, 'hello');\n};\n",
    );
  expect(filled).to.include('hello');
  project.write(file, filled);
}

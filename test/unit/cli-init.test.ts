// `dal-job init`: what it writes into an empty folder, into a project that is there, and a second time.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { appName, newJobsYaml } from '../../cli/init/project-files.js';
import { readConfig } from '../../generator/read.js';
import { dalJob, makeProject } from '../support/cli.js';
import { scratchFolder } from '../support/scratch.js';

const textsOf = (root: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => [name, readFileSync(join(root, name), 'utf8')]),
  );

describe('dal-job init', function () {
  this.timeout(60_000);

  it('makes an empty folder a project that generates, and changes nothing the second time', async () => {
    const root = join(scratchFolder('init-empty'), 'Web Shop!');
    const first = await dalJob(join(root, '..'), ['init', 'Web Shop!']);
    expect(first).to.include({ code: 0, err: '' });
    expect(first.out).to.equal(`create jobs.yaml
create package.json
create .gitignore
create .gitattributes

Next:
  1. cd Web Shop! && npm install
  2. edit jobs.yaml, then npx dal-job gen: it makes a stub of each handler in handlers/jobs
  3. fill in the stubs, then npx dal-job start
`);
    const texts = textsOf(root);
    expect(texts['jobs.yaml']).to.match(
      /^# yaml-language-server: \$schema=\.\/node_modules\/dal-job\/jobs\.schema\.json\n/,
    );
    expect(texts['jobs.yaml']).to.include('\napp: Web-Shop\n');
    expect(texts['.gitignore']).to.equal('node_modules/\n.dal-job/\n');
    expect(texts['.gitattributes']).to.equal('generated/** linguist-generated=true text eol=lf\n');
    const manifest = JSON.parse(texts['package.json']!);
    expect(manifest).to.include({ private: true, type: 'module' });
    expect(manifest.dependencies).to.have.keys('dal-job', 'libsql', 'sequelize');
    expect(manifest.devDependencies).to.have.keys('tsx');

    expect((await dalJob(root, ['gen'])).out).to.include('create handlers/jobs/sayHello.ts');
    const before = textsOf(root);
    const second = await dalJob(root, ['init']);
    expect(second.out).to.match(/^nothing to do: all of it is there\n\nNext:\n {2}1\. npm install\n/);
    expect(textsOf(root)).to.deep.equal(before);
  });

  it('adds to what is there, and touches nothing of it', async () => {
    const manifest =
      '{\r\n\t"name": "@acme/orders.api",\r\n\t"scripts": { "gen": "mine" },\r\n\t"dependencies": { "zod": "3", "mysql2": "3.1.0" }\r\n}';
    const root = makeProject('init-existing', {
      'package.json': manifest,
      'src/index.ts': 'export {};\n',
      'pnpm-lock.yaml': '',
      '.gitignore': 'dist\n.dal-job/',
      '.gitattributes': '* text=auto',
    });
    const { code, out } = await dalJob(root, ['init', '--database', 'mysql']);
    expect(code).to.equal(0);
    expect(out.split('\n').slice(0, 5)).to.deep.equal([
      'create jobs.yaml',
      'update package.json',
      'update .gitattributes',
      'keep scripts.gen of package.json, which is not "dal-job gen"',
      '',
    ]);
    expect(out).to.include('1. pnpm install\n').and.to.include('src/handlers/jobs');
    expect(out).to.include('DATABASE_URL=mysql://user:password@host:3306/name pnpm exec dal-job start');
    const texts = textsOf(root);
    expect(texts['jobs.yaml']).to.include('app: orders-api\noutput: src/generated\nhandlers: src/handlers\n');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a template of jobs.yaml
    expect(texts['jobs.yaml']).to.include('url: "${DATABASE_URL}"');
    expect(texts['.gitignore']).to.equal('dist\n.dal-job/');
    expect(texts['.gitattributes']).to.equal('* text=auto\nsrc/generated/** linguist-generated=true text eol=lf\n');
    expect(texts['package.json']).to.match(
      /^\{\r\n\t"name": "@acme\/orders\.api",\r\n\t"scripts": \{\r\n\t\t"gen": "mine",\r\n/,
    );
    const { scripts, dependencies } = JSON.parse(texts['package.json']!);
    expect(scripts).to.include({ gen: 'mine', 'gen:check': 'dal-job gen --check', jobs: 'dal-job start' });
    expect(dependencies).to.include({ zod: '3', mysql2: '3.1.0' }).and.to.not.have.any.keys('libsql', 'tsx');
    expect(await dalJob(root, ['gen', '--check'])).to.include({ code: 1 });
    expect((await dalJob(root, ['gen'])).out).to.include('create src/generated/index.ts\n');
  });

  it('has node_modules ignored where there is no .gitignore yet', async () => {
    const root = makeProject('init-ignore', { 'package.json': '{}' });
    await dalJob(root, ['init']);
    expect(textsOf(root)['.gitignore']).to.equal('node_modules/\n.dal-job/\n');
  });

  it('keeps a jobs.yaml that is there, and fits its lines to that', async () => {
    const yaml = 'version: 1\napp: x\noutput: lib/gen\n';
    const root = makeProject('init-kept', { 'jobs.yml': yaml });
    mkdirSync(join(root, 'src'));
    await dalJob(root, ['init', '--database', 'mariadb']);
    const texts = textsOf(root);
    expect(texts).to.include({ 'jobs.yml': yaml }).and.to.not.have.any.keys('jobs.yaml');
    expect(texts['.gitattributes']).to.equal('lib/gen/** linguist-generated=true text eol=lf\n');
  });

  it('says in one line what it cannot read or do', async () => {
    const root = makeProject('init-refused', { 'package.json': '{ "name": ' });
    const broken = await dalJob(root, ['init']);
    expect(broken).to.include({ code: 3, out: '' });
    expect(broken.err).to.match(/^dal-job: error DJ1290 cannot read package\.json: it is not JSON \([^\n]+\)\n$/);
    for (const dir of ['package.json', 'package.json/below']) {
      const { code, err } = await dalJob(root, ['init', dir]);
      expect({ code, err }).to.deep.equal({
        code: 3,
        err: `dal-job: error DJ1290 cannot write ${dir}: a file stands where a folder should be\n`,
      });
    }
    expect((await dalJob(root, ['init', '--database', 'oracle'])).code).to.equal(64);
    writeFileSync(join(root, 'package.json'), '{}');
    mkdirSync(join(root, '.gitignore'));
    expect((await dalJob(root, ['init'])).err).to.match(
      /^dal-job: error DJ1290 cannot read \.gitignore: it is a folder\n$/,
    );
  });

  it('writes each name so that it is read as one', () => {
    for (const app of ['true', 'Null', 'no', 'shop', 'True-x', 'e']) {
      const text = newJobsYaml({ app, database: 'sqlite', folders: null });
      const { config, problems } = readConfig({ text, file: 'jobs.yaml' });
      expect([config?.app, ...problems.map(({ message }) => message)]).to.deep.equal([app]);
      expect(text.includes(`app: ${app}\n`), app).to.equal(!['true', 'Null', 'no'].includes(app));
    }
  });

  it('makes a name of any name', () => {
    const names = { shop: 'shop', '@a/b.c': 'b-c', '1st-2nd': 'st-2nd', 商店: 'app', 'a ': 'a', '': 'app' };
    for (const [given, name] of Object.entries(names)) expect(appName(given), given).to.equal(name);
  });
});

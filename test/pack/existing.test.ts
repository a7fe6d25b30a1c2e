// The package in a project that was there before: its own tsconfig, its sources below src/, and its own Sequelize instance, in
// whose database dal-job puts its tables and in whose transactions it never writes.
import { join } from 'node:path';
import { expect } from 'chai';
import { eachDatabase } from '../support/databases.js';
import { packProject, pinned } from '../support/package.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { scratchFolder } from '../support/scratch.js';
import { COMPILERS, UserProject } from '../support/user-project.js';

const versions = (names: readonly string[]) =>
  Object.fromEntries(
    pinned(names).map((name) => [name.slice(0, name.lastIndexOf('@')), name.slice(name.lastIndexOf('@') + 1)]),
  );

const MANIFEST = {
  ...{
    name: '@acme/warehouse',
    version: '3.1.0',
    private: true,
    type: 'module',
    scripts: { start: 'node build/main.js' },
  },
  ...{ dependencies: versions(['mysql2', 'sequelize']), devDependencies: versions(['@types/node']) },
};

const BASE = `{
  // shared by all of our services
  "compilerOptions": {
    "module": "NodeNext", "target": "ES2022", "types": ["node"],
    "strict": true, "noUnusedLocals": true, "noUnusedParameters": true, "skipLibCheck": true,
  },
}
`;

const DB = `import { DataTypes, Sequelize } from 'sequelize';

export const sequelize = new Sequelize(process.env.DATABASE_URL ?? '', { dialect: 'mysql', logging: false });
export const Stock = sequelize.define('stock', { item: DataTypes.STRING(40) }, { timestamps: false });
`;

const HANDLER_BODY = `async (context) => {
  await Stock.create({ item: context.sequelize === sequelize ? 'counted' : 'another Sequelize' });
};
`;

/** A transaction of the application is open while a run begins and ends, and is rolled back then. */
const MAIN = `import { Stock, sequelize } from './db.js';
import { createApp } from './generated/index.js';

await sequelize.sync();
const app = createApp({ sequelize, logger: false });
await app.start();
const transaction = await sequelize.transaction();
await Stock.create({ item: 'rolled back' }, { transaction });
const outcome = await new Promise((resolve) => app.on('run.finished', (run) => resolve(run.outcome)));
await transaction.rollback();
const runs = await app.models.JobLog.count({ where: { outcome: 'succeeded' } });
await app.stop();
const items = new Set((await Stock.findAll()).map((row) => row.get('item')));
const [tables] = await sequelize.query("SHOW TABLES LIKE 'job%'");
console.log('RESULT ' + JSON.stringify({ outcome, items: [...items], tables: tables.flatMap((row) => Object.values(row ?? {})), runs }));
await sequelize.close();
`;

describe('the package in a project that was there before', () => {
  eachDatabase(
    (test) => {
      let project: UserProject;
      let registry: Registry;
      const environment = () => ({ DATABASE_URL: test.url.replace(/^mariadb:/, 'mysql:') });

      before(async function () {
        this.timeout(300_000);
        const folder = scratchFolder('existing');
        const packing = packProject(folder);
        registry = await startRegistry();
        project = new UserProject(join(folder, 'warehouse'), registry.url, {
          'package.json': MANIFEST,
          'tsconfig.base.json': BASE,
          'tsconfig.json': {
            extends: './tsconfig.base.json',
            compilerOptions: { rootDir: 'src', outDir: 'build' },
            include: ['src'],
          },
          '.gitignore': 'node_modules\nbuild\n',
          'src/db.ts': DB,
        });
        await project.install((await packing).tarball);
      });
      after(() => registry.close());

      it('takes its place below src, and leaves what was there', async function () {
        this.timeout(300_000);
        const steps = await project.dalJob('init', '--database', 'mysql');
        expect(steps).to.include('create jobs.yaml\nupdate package.json\nupdate .gitignore\ncreate .gitattributes\n');
        await project.install();
        const { scripts, dependencies } = JSON.parse(project.read('package.json'));
        expect(scripts.start).to.equal('node build/main.js');
        expect(dependencies).to.include(MANIFEST.dependencies);

        const yaml = project
          .read('jobs.yaml')
          .replace('*/10 * * * * *', '* * * * * *')
          .replaceAll('sayHello', 'countStock');
        project.write('jobs.yaml', yaml.replace('\n\njobs:', '\nentry: build/generated/index.js\n\njobs:'));
        const said = await project.dalJob('gen');
        expect(said).to.include('create src/handlers/jobs/countStock.ts');
        const written = said.split('\n').flatMap((line) => /^(?:create|update) (\S+)/.exec(line)?.[1] ?? []);
        expect(written.filter((file) => !/^src\/(generated|handlers)\//.test(file))).to.deep.equal([]);
      });

      it('runs jobs over its Sequelize, and writes nothing in its transactions', async function () {
        this.timeout(300_000);
        const stub = project.read('src/handlers/jobs/countStock.ts');
        const filled = stub
          .replace(/^import \{ NotImplementedError \}.*\n/, "import { Stock, sequelize } from '../../db.js';\n")
          .replace(/async \(\) => \{\n[^}]*\};\n/, HANDLER_BODY);
        project.write('src/handlers/jobs/countStock.ts', filled);
        project.write('src/main.ts', MAIN);
        await Promise.all(COMPILERS.map((version) => project.tsc(version, '-p', '.', '--noEmit')));
        await project.tsc('7', '-p', '.');

        const said = await project.node(['build/main.js'], environment());
        const { runs, tables, ...result } = JSON.parse(/RESULT (.*)/.exec(said)?.[1] ?? '{}');
        expect(result).to.deep.equal({ outcome: 'succeeded', items: ['counted'] });
        expect(tables).to.include.members(['job_info', 'job_log', 'job_instance', 'job_retry', 'job_beforehand_retry']);
        expect(runs).to.be.greaterThan(0);
      });

      it('starts the compiled entry that its jobs.yaml names', async function () {
        this.timeout(120_000);
        const said = await project.startUntil(/"job":"countStock"/, [], environment());
        expect(said).to.not.include('"level":50');
      });
    },
    { dialects: ['mariadb'] },
  );
});

// The project keeps to its own rules of import and construction, and the checker that says so can fail.
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { violations } from '../support/architecture.js';
import { readSource, readSources } from '../support/sources.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What the checker says of made-up files. */
function breaches(files: Readonly<Record<string, string>>): string[] {
  return violations(Object.entries(files).map(([path, text]) => readSource(path, text)));
}

describe('the architecture', () => {
  it('is kept by every file of the project', () => {
    const sources = readSources(root);
    expect(sources.map(({ path }) => path)).to.include('runtime/types.ts');
    expect(violations(sources)).to.deep.equal([]);
  });
});

describe('the architecture checker', () => {
  const planted: readonly [rule: string, path: string, text: string, complaint: string][] = [
    ['a later layer', 'runtime/db/a.ts', "import { x } from '../lock/b.js';", 'which is of a later layer'],
    ['a later layer by type', 'runtime/clock.ts', "import type { X } from './run/b.js';", 'which is of a later layer'],
    [
      'a later layer by name',
      'runtime/run/a.ts',
      "import { x } from 'dal-job';",
      'runtime/index.ts, which is of a later',
    ],
    ['the generator in runtime', 'runtime/index.ts', "await import('../generator/index.js');", 'runtime imports only'],
    ['handlers in runtime', 'runtime/run/a.ts', "export { x } from '../../handlers/a.js';", 'runtime imports only'],
    ['sequelize outside of db', 'runtime/lock/a.ts', "import type { Model } from 'sequelize';", 'only runtime/db'],
    ['mysql2 below its name', 'cli/a.ts', "import { x } from 'mysql2/promise';", 'only runtime/db'],
    ['sequelize as a value in types', 'runtime/types.ts', "import { Model } from 'sequelize';", 'only runtime/db'],
    ['cron outside of schedule', 'runtime/run/a.ts', "import { CronTime } from 'cron';", 'only runtime/schedule'],
    ['ts-morph at run time', 'runtime/index.ts', "type P = import('ts-morph').Project;", 'only generator imports it'],
    ['the runtime in generator', 'generator/a.ts', "import type { X } from '../runtime/types.js';", 'generator takes'],
    ['a static generator in cli', 'cli/a.ts', "import { x } from '../generator/index.js';", 'by dynamic import'],
    ['export *', 'cli/a.ts', "export * from './b.js';", 'has an export *'],
    ['export * as', 'cli/a.ts', "export * as b from './b.js';", 'has an export *'],
    ['a default export', 'cli/a.ts', 'export default function f() {}', 'has a default export'],
    ['a default by name', 'cli/a.ts', 'const a = 1; export { a as default };', 'has a default export'],
    ['an enum', 'test/a.ts', 'enum A { B }', 'has an enum'],
    ['a long file', 'cli/a.ts', 'x();\n'.repeat(251), 'has 251 lines'],
    ['NOW()', 'runtime/db/a.ts', "const now = 'UNIX_TIMESTAMP(NOW(3))';", 'has NOW() in SQL'],
    ['now() in a statement', 'runtime/db/a.ts', 'const s = `UPDATE t SET a = now()`;', 'has NOW() in SQL'],
    ['CURRENT_TIMESTAMP', 'runtime/lock/a.ts', "const s = 'DEFAULT CURRENT_TIMESTAMP';", 'has CURRENT_TIMESTAMP in'],
    [
      'an own clock in SQL',
      'runtime/lock/a.ts',
      `const s = \`UPDATE t SET a = \${Date.now()}\`;`,
      'has Date.now in SQL',
    ],
  ];
  for (const [rule, path, text, complaint] of planted) {
    it(`finds ${rule}`, () => {
      const found = breaches({ [path]: text });
      expect(found).to.have.length(1);
      expect(found[0]).to.include(`${path}: `).and.to.include(complaint);
    });
  }

  it('finds a cycle, and tells it once', () => {
    const found = breaches({
      'cli/a.ts': "import { b } from './b.js';",
      'cli/b.ts': "import { c } from './c.js';",
      'cli/c.ts': "import { a } from './a.js';",
    });
    expect(found).to.deep.equal(['cycle of imports: cli/a.ts -> cli/b.ts -> cli/c.ts -> cli/a.ts']);
  });

  it('lets pass what the rules allow', () => {
    const found = breaches({
      'runtime/types.ts': "import type { Sequelize } from 'sequelize';",
      'runtime/lock/a.ts': "import { t } from '../db/tables.js'; import { m } from '../schedule/misfire.js';",
      'runtime/run/a.ts': "import { a } from '../lock/a.js'; log('now (late)'); const t = Date.now();",
      'runtime/validate.ts': "import equal from 'ajv/dist/runtime/equal.js';",
      'generator/a.ts': "import { t } from '../runtime/db/tables.js'; import { c } from '../runtime/schedule/cron.js';",
      'cli/a.ts': "import type { M } from '../generator/model.js'; const g = await import('../generator/index.js');",
      'handlers/jobs/a.ts': "import type { H } from '../../generated/index.js'; import { Op } from 'sequelize';",
      'generated/index.ts': "import { x } from '../handlers/jobs/a.js';",
      'some.config.ts': 'export default {};',
      'generated/config.gen.ts': 'x();\n'.repeat(300),
    });
    expect(found).to.deep.equal([]);
  });
});

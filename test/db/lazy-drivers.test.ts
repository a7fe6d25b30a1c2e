// What loads when: a user of SQLite need not have mysql2, and Sequelize waits until it is asked for.
import { spawnSync } from 'node:child_process';
import { expect } from 'chai';

describe('opening an SQLite database', () => {
  it('loads neither mysql2 nor Sequelize nor umzug before they are needed', () => {
    expect(loadedAfter('await openDatabase(o)')).to.deep.equal(['libsql']);
  });

  it('loads Sequelize when it is asked for, and still no mysql2', () => {
    expect(loadedAfter('(await openDatabase(o)).sequelize')).to.deep.equal(['libsql', 'sequelize']);
  });
});

function loadedAfter(expression: string): string[] {
  const script = `
    import { createRequire } from 'node:module';
    import { openDatabase } from ${JSON.stringify(new URL('../../runtime/db/open.ts', import.meta.url).href)};
    const o = { url: 'sqlite::memory:', tablePrefix: '' };
    ${expression};
    const paths = Object.keys(createRequire(import.meta.url).cache);
    const loaded = ['libsql', 'mysql2', 'sequelize', 'umzug'].filter((name) => paths.some((path) => path.includes('/' + name + '/')));
    console.log(JSON.stringify(loaded));
  `;
  const flags = ['--conditions=dal-job-source', '--import', 'tsx', '--input-type=module'];
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, '-e', script], { encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

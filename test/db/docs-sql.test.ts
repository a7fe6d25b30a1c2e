// The SQL that the documentation shows is understood by every database: the statements of docs/protocol.md are the code's
// own and are explained with values, those of docs/operations.md run as they stand, its GRANTs are enough and not too many.
import { expect } from 'chai';
import type { Database } from '../../runtime/db/database.js';
import { openDatabase } from '../../runtime/db/open.js';
import type { Statement } from '../../runtime/db/step.js';
import { createApp, type DalJobError, type Registry } from '../../runtime/index.js';
import { protocolBlocks } from '../../scripts/docs/steps.js';
import { eachDatabase } from '../support/databases.js';
import { readPage, runnable } from '../support/docs.js';

const NOTHING = {
  ...{ app: 'docs', configHash: 'docs', database: { url: '', tablePrefix: '' } },
  ...{ jobs: {}, services: {}, errors: {} },
} satisfies Registry<{ contexts: object; triggers: object; implementations: object; services: object }>;

eachDatabase((test) => {
  const onServer = test.dialect !== 'sqlite';
  let database: Database;

  beforeEach(async () => {
    await test.recreate();
    database = await test.openTestDatabase();
  });

  it('explains every statement of docs/protocol.md', async () => {
    const blocks = await protocolBlocks(database.dialect.name);
    const shown = [...readPage('docs/protocol.md').matchAll(/<!-- made: ([\w-]+) -->/g)].map(([, name]) => name);
    expect(blocks.filter(({ name }) => shown.includes(name)).length).to.be.at.least(25);
    for (const { name, sent } of blocks) {
      for (const statement of sent.filter(isStatement)) await explain(database, name, statement);
    }
  });

  it('runs the queries of docs/operations.md', async () => {
    const queries = runnable('sql').filter(({ file, remark }) => {
      return file !== 'docs/protocol.md' && remark !== 'sql: grants' && (onServer || remark !== 'sql: servers');
    });
    expect(queries.length).to.be.at.least(5);
    for (const { text, place } of queries) expect(await database.query(text, []), place).to.deep.equal([]);
  });

  if (!onServer) return;

  describe('with the rights that docs/operations.md grants', () => {
    const user = `docs_${test.dialect}`;
    const name = () => new URL(test.url).pathname.slice(1);
    const url = () => {
      const own = new URL(test.url);
      own.username = user;
      own.password = 'secret';
      return own.href;
    };
    const [rows = '', create = ''] = runnable('sql')
      .filter(({ remark }) => remark === 'sql: grants')
      .map(({ text }) => text);
    const run = async (statements: string) => {
      const own = statements.replaceAll("'jobs'", `'${user}'`).replaceAll('shop.', `\`${name()}\`.`);
      for (const sql of own.split(';\n')) await test.server.query(sql.replace(/;$/, ''));
    };
    const startAndStop = async () => {
      const app = createApp(NOTHING, { database: { url: url() }, leaseMs: 1_000, logger: false });
      await app.start();
      await app.stop();
    };

    beforeEach(() => run(rows));
    afterEach(() => test.server.query(`DROP USER '${user}'@'%'`));

    it('an instance starts where the tables are made', async () => {
      await startAndStop();
      expect(await database.query("SELECT state FROM job_instance WHERE app = 'docs'", [])).to.deep.equal([
        { state: 'STOPPED' },
      ]);
    });

    it('an instance makes the tables itself if it may create them, and else says what to run', async () => {
      await test.recreate();
      const refused = await startAndStop().then(
        () => undefined,
        (error: DalJobError) => error.code,
      );
      expect(refused).to.equal('DJ2006');
      await run(create);
      await startAndStop();
      const opened = await openDatabase({ url: url(), tablePrefix: '' });
      expect(await opened.query("SELECT state FROM job_instance WHERE app = 'docs'", [])).to.have.length(1);
      await opened.close();
    });
  });
});

function isStatement(sent: Statement | string): sent is Statement {
  return typeof sent !== 'string';
}

async function explain(database: Database, name: string, { sql, values }: Statement): Promise<void> {
  const plan = await database.query(`EXPLAIN ${sql}`, values).catch((error: Error) => {
    throw new Error(`${name}: ${error.message}\n${sql}`);
  });
  expect(plan.length, `${name}: ${sql}`).to.be.at.least(1);
}

// The heartbeat's connection: each execute answers or rejects in time, and the next one works again.
import { expect } from 'chai';
import { type Bare, openBare } from '../../runtime/db/bare.js';
import { DatabaseError } from '../../runtime/db/errors.js';
import { openDatabase } from '../../runtime/db/open.js';
import { loadSqlite } from '../../runtime/db/sqlite-file.js';
import { eachDatabase } from '../support/databases.js';
import { startProxy, type TestProxy } from '../support/proxy.js';

const LIMIT_MS = 1_000; // what must succeed has to, on a busy machine too

eachDatabase((test) => {
  const onServer = test.dialect !== 'sqlite';
  const opened: Bare[] = [];
  const open = async (url = test.url) => {
    const bare = await openBare({ url, statementTimeoutMs: LIMIT_MS });
    opened.push(bare);
    return bare;
  };
  const beat = (bare: Bare) => bare.execute('UPDATE t SET b = b + 1 WHERE a = ?', [1]);

  beforeEach(async () => {
    const database = await openDatabase({ url: test.url, tablePrefix: '' });
    await database.execute('DROP TABLE IF EXISTS t', []);
    await database.execute('CREATE TABLE t (a INTEGER PRIMARY KEY, b BIGINT)', []);
    await database.execute('INSERT INTO t VALUES (1, 0)', []);
    await database.close();
  });
  afterEach(() => Promise.all(opened.splice(0).map((bare) => bare.close())));

  it('counts the rows that changed', async () => {
    const bare = await open();
    expect(await beat(bare)).to.equal(1);
    expect(await bare.execute('UPDATE t SET b = b + 1 WHERE a = ?', [2])).to.equal(0);
  });

  it('rejects with a DatabaseError and goes on', async () => {
    const bare = await open();
    expect((await failure(bare.execute('UPDATE nope SET b = 1', []))).kind).to.equal('bug');
    expect((await failure(bare.execute('UPDATE t SET b = ?', []))).kind).to.equal('bug');
    expect(await beat(bare)).to.equal(1);
  });

  it('loads no Sequelize', async () => {
    const { spawnSync } = await import('node:child_process');
    const script = `
      import { openBare } from ${JSON.stringify(new URL('../../runtime/db/bare.ts', import.meta.url).href)};
      import { createRequire } from 'node:module';
      const bare = await openBare({ url: ${JSON.stringify(test.url)}, statementTimeoutMs: 2000 });
      const changed = await bare.execute('UPDATE t SET b = b + 1', []);
      await bare.close();
      const loaded = Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('/sequelize/'));
      console.log(JSON.stringify({ changed, loaded }));
    `;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--conditions=dal-job-source', '--import', 'tsx', '--input-type=module', '-e', script],
      { encoding: 'utf8' },
    );
    expect(stdout.trim(), stderr).to.equal('{"changed":1,"loaded":false}');
  });

  if (!onServer) {
    it('waits for a lock without blocking, and no longer than the limit', async () => {
      const bare = await open();
      const Driver = await loadSqlite();
      const other = new Driver(test.url.slice('sqlite:'.length), { timeout: 0 });
      await beat(bare);
      other.exec('BEGIN IMMEDIATE');
      const start = performance.now();
      const waiting = failure(beat(bare));
      await new Promise((resolve) => setImmediate(resolve));
      expect(performance.now() - start).to.be.lessThan(LIMIT_MS / 2);
      expect(await waiting).to.include({ kind: 'reconnect', reason: 'SQLITE_BUSY' });
      expect(performance.now() - start).to.be.within(LIMIT_MS - 50, LIMIT_MS * 3);
      other.exec('COMMIT');
      other.close();
      expect(await beat(bare)).to.equal(1);
    });

    it('is refused for a database in memory', async () => {
      const error = await openBare({ url: 'sqlite::memory:', statementTimeoutMs: 1 }).catch(
        (reason: unknown) => reason,
      );
      expect(error).to.include({ code: 'DJ2010' });
    });
    return;
  }

  describe('through a bad network', () => {
    let proxy: TestProxy;
    let bare: Bare;
    beforeEach(async () => {
      proxy = await startProxy(test.server.port);
      bare = await open(proxy.url(test.url));
    });
    afterEach(() => proxy.close());

    it('uses one connection for many beats', async () => {
      for (let i = 0; i < 3; i += 1) await beat(bare);
      const beats = proxy.statements.filter(({ sql }) => sql.startsWith('UPDATE'));
      expect(beats.map(({ connection }) => connection)).to.deep.equal([0, 0, 0]);
    });

    it('rejects in time while the server is silent, connecting included, and works when it speaks again', async () => {
      await beat(bare);
      proxy.freeze();
      for (let i = 0; i < 3; i += 1) {
        const start = performance.now();
        expect((await failure(beat(bare))).kind).to.equal('reconnect');
        expect(performance.now() - start).to.be.lessThan(LIMIT_MS * 2);
      }
      proxy.thaw();
      expect(await beat(bare)).to.equal(1);
    });

    it('works at once after the connection was cut between two beats', async () => {
      await beat(bare);
      proxy.cutAll();
      const first = await beat(bare).catch(() => 'rejected');
      expect(first === 1 || first === 'rejected').to.equal(true);
      expect(await beat(bare)).to.equal(1);
    });

    it('rejects a beat whose reply was eaten', async () => {
      await beat(bare);
      const fault = proxy.inject(/^UPDATE/, { kind: 'eatReply' });
      expect((await failure(beat(bare))).kind).to.equal('reconnect');
      expect(fault.hits).to.have.length(1);
      expect(await beat(bare)).to.equal(1);
    });
  });
});

async function failure(promise: Promise<unknown>): Promise<DatabaseError> {
  const error = await promise.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof DatabaseError) return error;
  throw error;
}

// Servers the protocol cannot be right on are refused at start, and one that becomes read-only later is left at once.
// Each kind has a server of its own here: global settings are changed.
import { expect } from 'chai';
import type { Database } from '../../runtime/db/database.js';
import { openDatabase } from '../../runtime/db/open.js';
import { findServer, SERVER_KINDS } from '../support/find-server.js';
import type { TestServer } from '../support/server.js';
import { startServer } from '../support/servers.js';

for (const kind of SERVER_KINDS) {
  const found = findServer(kind);
  describe('reason' in found ? `an unfit ${kind} (not tested: ${found.reason})` : `an unfit ${kind}`, () => {
    let server: TestServer;
    const urlOf = (user: string) => {
      const url = new URL(server.url('shop'));
      url.username = user;
      url.password = 'pw';
      return url.href;
    };
    const open = () => openDatabase({ url: urlOf('clerk'), tablePrefix: '' });

    before(async function () {
      if ('reason' in found) return this.skip();
      this.timeout(120_000);
      server = await startServer(kind);
      await server.query('CREATE DATABASE shop');
      await server.query("CREATE USER 'clerk'@'%' IDENTIFIED BY 'pw'");
      await server.query("GRANT ALL ON shop.* TO 'clerk'@'%'");
    });
    after(async function () {
      this.timeout(60_000);
      await server?.stop();
    });

    it('is refused while it is read-only: DJ2005', async () => {
      await server.query('SET GLOBAL read_only = ON');
      const error = await refusal(open());
      await server.query('SET GLOBAL read_only = OFF');
      expect(error).to.include({ code: 'DJ2005' });
      expect(error.message).to.include('read_only = ON');
    });

    it('is refused with another default engine than InnoDB: DJ2004', async () => {
      await server.query('SET GLOBAL default_storage_engine = MyISAM');
      const error = await refusal(open());
      await server.query('SET GLOBAL default_storage_engine = InnoDB');
      expect(error).to.include({ code: 'DJ2004' });
      expect(error.message).to.include('default_storage_engine must be InnoDB');
    });

    it('that turns read-only later loses its connections, and is used again when it is writable', async () => {
      const database = await open();
      await database.execute('CREATE TABLE t (a INTEGER PRIMARY KEY)', []);
      const before = await idOf(database);
      await server.query('SET GLOBAL read_only = ON');
      const error = await database.execute('INSERT INTO t VALUES (1)', []).catch((reason: unknown) => reason);
      await server.query('SET GLOBAL read_only = OFF');
      expect(error).to.include({ kind: 'reconnect', reason: 1290, commitUnknown: false });
      expect(await database.execute('INSERT INTO t VALUES (1)', [])).to.equal(1);
      expect(await idOf(database)).not.to.equal(before);
      await database.close();
    });

    it('that is killed and comes back is used again without a restart', async () => {
      const database = await open();
      await database.query('SELECT 1', []);
      await server.kill9();
      const error = await database.query('SELECT 1', []).catch((reason: unknown) => reason);
      expect(error).to.include({ kind: 'reconnect' });
      await server.restart();
      expect(await database.query('SELECT 1 AS one', [])).to.deep.equal([{ one: 1 }]);
      await database.close();
    }).timeout(60_000);

    it('that is frozen costs each caller its limit and no more, and can be left', async () => {
      const database = await openDatabase({ url: urlOf('clerk'), tablePrefix: '', statementTimeoutMs: 1_000 });
      await database.query('SELECT 1', []);
      await database.sequelize.transaction(); // of a handler that never ends
      server.freeze();
      const start = performance.now();
      const errors = await Promise.all(
        Array.from({ length: 6 }, () => database.query('SELECT 1', []).catch((reason: unknown) => reason)),
      );
      const tookMs = performance.now() - start;
      await database.close();
      const closedMs = performance.now() - start - tookMs;
      server.thaw();
      for (const error of errors) expect(error).to.include({ kind: 'reconnect' });
      expect(tookMs).to.be.lessThan(2_500);
      expect(closedMs).to.be.lessThan(4_000);
    });
  });
}

async function idOf(database: Database): Promise<number | undefined> {
  return (await database.query<{ id: number }>('SELECT CONNECTION_ID() AS id', []))[0]?.id;
}

async function refusal(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Error) return error;
  throw new Error('it was not refused');
}

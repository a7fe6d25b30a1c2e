// The test servers themselves: what every other database and process test stands on.
import { expect } from 'chai';
import { findFaketime, skewed } from '../support/clocks.js';
import { SERVER_KINDS } from '../support/find-server.js';
import type { TestServer } from '../support/server.js';
import { missingServer, startServer } from '../support/servers.js';

for (const kind of SERVER_KINDS) {
  describe(`a private ${kind} server`, function () {
    this.timeout(90_000);
    let server: TestServer;

    before(async function () {
      if (missingServer(kind)) this.skip();
      server = await startServer(kind);
    });
    after(() => server?.kill9());

    it('answers by its url and is of the kind asked for', async () => {
      const [row] = await server.query<{ version: string; sync: number }>(
        'SELECT version() AS version, @@innodb_flush_log_at_trx_commit AS sync',
      );
      expect(row?.version.includes('MariaDB')).to.equal(kind === 'mariadb');
      expect(row?.sync).to.equal(1);
      expect(server.url('x')).to.match(new RegExp(`^${kind}://.*@127.0.0.1:${server.port}/x$`));
    });

    it('keeps what was committed when it is killed and restarted', async () => {
      await server.query('CREATE DATABASE kept');
      await server.query('CREATE TABLE kept.t (id INT PRIMARY KEY)');
      await server.query('INSERT INTO kept.t VALUES (7)');
      const before = server.pid;
      await server.kill9();
      await server.restart();
      expect(server.pid).to.not.equal(before);
      expect(await server.query('SELECT id FROM kept.t')).to.deep.equal([{ id: 7 }]);
    });

    it('does not answer while frozen, and answers again once thawed', async () => {
      server.freeze();
      let answered = false;
      const answer = server.query('SELECT 1 AS one').then((rows) => {
        answered = true;
        return rows;
      });
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(answered).to.equal(false);
      server.thaw();
      expect(await answer).to.deep.equal([{ one: 1 }]);
    });

    it('takes environment variables at a restart', async function () {
      const library = findFaketime();
      if (library === undefined) return this.skip();
      await server.restart({ env: skewed(library, 3600) });
      const [row] = await server.query<{ now: number }>('SELECT UNIX_TIMESTAMP() AS now');
      expect(Number(row?.now) - Date.now() / 1000).to.be.within(3590, 3610);
      await server.restart();
    });
  });
}

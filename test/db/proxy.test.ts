// The fault proxy on real servers: each fault does what its name says, to the statement it is aimed at and to no other.
import { expect } from 'chai';
import { type Connection, createConnection } from 'mysql2/promise';
import { eachDatabase } from '../support/databases.js';
import { startProxy, type TestProxy } from '../support/proxy.js';

eachDatabase(
  (database) => {
    let proxy: TestProxy;
    let connection: Connection;
    const opened: Connection[] = [];

    const open = async (): Promise<Connection> => {
      const fresh = await createConnection({ uri: proxy.url(database.url) });
      fresh.on('error', () => {});
      opened.push(fresh);
      return fresh;
    };
    const rows = () => database.server.query(`SELECT id FROM \`${new URL(database.url).pathname.slice(1)}\`.t`);

    beforeEach(async () => {
      await database.recreate();
      proxy = await startProxy(database.server.port);
      connection = await open();
      await connection.query('CREATE TABLE t (id INT PRIMARY KEY)');
    });
    afterEach(async () => {
      for (const one of opened.splice(0)) one.destroy();
      await proxy.close();
    });

    it('passes statements on, and logs them in order with their connection', async () => {
      const second = await open();
      await connection.query('INSERT INTO t VALUES (?)', [1]);
      await second.query('INSERT INTO t VALUES (2)');
      await connection.execute('INSERT INTO t VALUES (?)', [3]);
      const seen = proxy.statements.map(({ connection: id, sql }) => `${id} ${sql}`);
      expect(seen.slice(-3)).to.deep.equal([
        '0 INSERT INTO t VALUES (1)',
        '1 INSERT INTO t VALUES (2)',
        '0 INSERT INTO t VALUES (?)',
      ]);
      expect(proxy.count(/^INSERT/)).to.equal(3);
      expect(await rows()).to.have.length(3);
    });

    it('eats the reply to COMMIT after the server has committed, and cuts the connection', async () => {
      const fault = proxy.inject(/^COMMIT/, { kind: 'eatReply' });
      await connection.query('START TRANSACTION');
      await connection.query('INSERT INTO t VALUES (1)');
      const failure = await codeOf(connection.query('COMMIT'));
      expect(failure).to.match(/PROTOCOL_CONNECTION_LOST|ECONNRESET/);
      await fault.first;
      expect(fault.hits.map(({ sql }) => sql)).to.deep.equal(['COMMIT']);
      expect(await rows()).to.deep.equal([{ id: 1 }]);
    });

    it('loses a request and cuts the connection: the server never hears of it', async () => {
      const fault = proxy.inject(/VALUES \(1\)/, { kind: 'cut' });
      expect(await codeOf(connection.query('INSERT INTO t VALUES (1)'))).to.match(
        /PROTOCOL_CONNECTION_LOST|ECONNRESET/,
      );
      expect(fault.hits).to.have.length(1);
      expect(await rows()).to.deep.equal([]);
    });

    it('drops a request in silence, and strikes only as often as told', async () => {
      proxy.inject(/^INSERT/, { kind: 'dropRequest' });
      const failure = codeOf(connection.query({ sql: 'INSERT INTO t VALUES (1)', timeout: 200 }));
      expect(await failure).to.equal('PROTOCOL_SEQUENCE_TIMEOUT');
      await (await open()).query('INSERT INTO t VALUES (2)');
      expect(await rows()).to.deep.equal([{ id: 2 }]);
    });

    it('delays a reply: the server has acted long before the client knows', async () => {
      const fault = proxy.inject(/^INSERT/, { kind: 'delayReply', ms: 400 });
      const start = performance.now();
      const answer = connection.query('INSERT INTO t VALUES (1)').then(() => performance.now() - start);
      await fault.first;
      while ((await rows()).length === 0);
      expect(performance.now() - start).to.be.lessThan(390);
      expect(await answer).to.be.greaterThan(390);
    });

    it('delivers a delayed request although its client has left', async () => {
      const fault = proxy.inject(/^INSERT/, { kind: 'delayRequest', ms: 200 });
      void connection.query('INSERT INTO t VALUES (1)').catch(() => {});
      await fault.first;
      connection.destroy();
      expect(await rows()).to.deep.equal([]);
      while ((await rows()).length === 0);
    });

    it('is a black hole while frozen, for new connections too, and delivers after the thaw', async () => {
      proxy.freeze();
      const insert = connection.query('INSERT INTO t VALUES (1)');
      const second = open();
      while (proxy.count(/^INSERT/) === 0) await new Promise(setImmediate);
      expect(await rows()).to.deep.equal([]);
      expect(await Promise.race([second.then(() => 'open'), soon('silent')])).to.equal('silent');
      proxy.thaw();
      await insert;
      await (await second).query('INSERT INTO t VALUES (2)');
      expect(await rows()).to.have.length(2);
    });

    it('leaves statements alone that a cancelled fault was aimed at', async () => {
      const fault = proxy.inject(/^INSERT/, { kind: 'cut' }, 5);
      fault.cancel();
      await connection.query('INSERT INTO t VALUES (1)');
      expect(fault.hits).to.deep.equal([]);
    });
  },
  { dialects: ['mariadb', 'mysql'] },
);

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no error',
    (error: { code?: string }) => error.code ?? 'no code',
  );
}

function soon<T>(value: T): Promise<T> {
  return new Promise((resolve) => setTimeout(resolve, 100, value));
}

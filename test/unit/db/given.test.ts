// What an application's Sequelize instance tells of its database, and which instances are refused.
import { resolve } from 'node:path';
import { expect } from 'chai';
import { type Options, Sequelize } from 'sequelize';
import { addressOfSequelize } from '../../../runtime/db/given.js';

const SECRET = 'hunter2';
const ADDRESS = { host: 'db.local', port: 3307, username: 'me', password: SECRET, database: 'shop' };
/** In the shape that Sequelize demands; nothing connects. */
const driver = { OPEN_READWRITE: 2, OPEN_CREATE: 4, Database: class {} };

function mysql(more: Options = {}): Sequelize {
  return new Sequelize({ dialect: 'mysql', ...ADDRESS, ...more });
}

function mariadb(ssl: unknown): Sequelize {
  return new Sequelize({ dialect: 'mariadb', dialectModule: {}, ...ADDRESS, dialectOptions: { ssl } });
}

function sqlite(more: Options = {}): Sequelize {
  return new Sequelize({ dialect: 'sqlite', dialectModule: driver, ...more });
}

function refusal(sequelize: unknown, url?: string): string {
  try {
    addressOfSequelize(sequelize as Sequelize, url);
  } catch (error) {
    expect(error).to.include({ code: 'DJ2012' });
    expect((error as Error).message).to.not.include(SECRET);
    return (error as Error).message;
  }
  throw new Error('it was taken');
}

describe('the address of a Sequelize instance', () => {
  const server = { kind: 'server', host: 'db.local', port: 3307, user: 'me', password: SECRET, database: 'shop' };

  it('is what the instance was made with', () => {
    expect(addressOfSequelize(mysql())).to.deep.equal(server);
    expect(addressOfSequelize(mariadb(undefined))).to.deep.equal(server);
    const url = new Sequelize(`mysql://me:${SECRET}@db.local:3307/shop`);
    expect(addressOfSequelize(url)).to.deep.include({ ...server, port: 3307 });
    expect(addressOfSequelize(mysql({ port: undefined as never }))).to.include({ port: 3306 });
  });

  it('is a socket, another user or another database, where dialectOptions say so', () => {
    const dialectOptions = { socketPath: '/run/mysqld.sock', user: 'jobs', database: 'other' };
    expect(addressOfSequelize(mysql({ dialectOptions }))).to.include(dialectOptions);
  });

  it("has the instance's TLS options, whole", () => {
    const ssl = { ca: [Buffer.from('pem')], rejectUnauthorized: true, servername: 'db' };
    expect(addressOfSequelize(mysql({ dialectOptions: { ssl } }))).to.deep.include({ ssl });
    expect(addressOfSequelize(mysql({ dialectOptions: { ssl: 'Amazon RDS' } }))).to.include({ ssl: 'Amazon RDS' });
  });

  it('checks no less than the driver of the mariadb dialect does', () => {
    expect(addressOfSequelize(mariadb(true))).to.deep.include({ ssl: { verifyIdentity: true } });
    const unchecked = { rejectUnauthorized: false };
    expect(addressOfSequelize(mariadb(unchecked))).to.deep.include({ ssl: unchecked });
  });

  it('is that of the writer, where it is replicated', () => {
    const replication = { read: [{ host: 'replica' }], write: { host: 'primary', password: 'other' } };
    expect(addressOfSequelize(mysql({ replication }))).to.deep.equal({ ...server, host: 'primary', password: 'other' });
  });

  it('is the file, with the driver that opens it', () => {
    const { path, driver: opened } = addressOfSequelize(sqlite({ storage: 'a/b.sqlite' })) as never as Record<
      string,
      unknown
    >;
    expect(path).to.equal(resolve('a/b.sqlite'));
    expect(opened).to.deep.equal({ lib: driver, mode: 6 });
  });

  it('is the URL that is given beside it, for a server', () => {
    const hooked = mysql();
    hooked.addHook('beforeConnect', () => {});
    const url = 'mysql://jobs@elsewhere/shop';
    expect(addressOfSequelize(hooked, url)).to.include({ host: 'elsewhere', user: 'jobs' });
  });

  it('is refused where a function decides how to connect, with the way out', () => {
    const hooked = mysql();
    hooked.addHook('beforeConnect', () => {});
    expect(refusal(hooked)).to.include('beforeConnect').and.to.include('database: { url }');
    const stream = () => {};
    expect(refusal(mysql({ dialectOptions: { stream } }))).to.include('dialectOptions.stream');
    const ssl = { checkServerIdentity: () => {} };
    expect(refusal(mysql({ dialectOptions: { ssl } }))).to.include('dialectOptions.ssl');
  });

  it('is refused for what nobody else can see or what is no database of ours', () => {
    for (const storage of [':memory:', '', 'file::memory:?cache=shared']) {
      expect(refusal(sqlite({ storage }))).to.include('in memory');
    }
    expect(refusal(new Sequelize({ dialect: 'postgres', dialectModule: { types: {} } }))).to.include('postgres');
    expect(refusal(mysql({ database: '' }))).to.include('no database');
    expect(refusal({})).to.include('Sequelize 6');
    expect(refusal(sqlite({ storage: 'a.sqlite' }), 'sqlite:a.sqlite')).to.include('only name a server');
    expect(refusal(mysql(), 'sqlite:a.sqlite')).to.include('only name a server');
  });
});

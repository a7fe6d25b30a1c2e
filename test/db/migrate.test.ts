// Making and checking our tables: by ten at once, by someone without rights, with a prefix, on tables that do not fit.
import { expect } from 'chai';
import type { Database } from '../../runtime/db/database.js';
import { checkTables, migrate, migrationSql } from '../../runtime/db/migrate.js';
import { openDatabase } from '../../runtime/db/open.js';
import { TABLES } from '../../runtime/db/tables.js';
import { DalJobError } from '../../runtime/errors.js';
import { eachDatabase } from '../support/databases.js';

eachDatabase((test) => {
  const onServer = test.dialect !== 'sqlite';
  const opened: Database[] = [];
  const open = async (tablePrefix = '', url = test.url) => {
    const database = await openDatabase({ url, tablePrefix });
    opened.push(database);
    return database;
  };
  const closeAll = () => Promise.all(opened.splice(0).map((database) => database.close()));

  beforeEach(() => test.recreate());
  afterEach(closeAll);

  it('creates every table, and does nothing the second time', async () => {
    const database = await open();
    expect(await migrate(database)).to.deep.equal(['0001-tables']);
    await checkTables(database);
    expect(await migrate(database)).to.deep.equal([]);
    for (const { name } of TABLES) expect(await database.query(`SELECT * FROM ${name}`, [])).to.deep.equal([]);
  });

  it('puts the prefix before every table and index, so that two prefixes live side by side', async () => {
    const plain = await open();
    const shop = await open('Shop_');
    await migrate(plain);
    await migrate(shop);
    await checkTables(shop);
    expect(shop.tables.job_log).to.equal('Shop_job_log');
    expect(await shop.query('SELECT name FROM Shop_job_migration', [])).to.deep.equal([{ name: '0001-tables' }]);
    expect(await plain.query('SELECT name FROM job_migration', [])).to.deep.equal([{ name: '0001-tables' }]);
  });

  it('is safe when ten instances start at once', async () => {
    const instances = await Promise.all(Array.from({ length: 10 }, () => open()));
    await Promise.all(instances.map(migrate));
    const database = await open();
    await checkTables(database);
    expect(await database.query('SELECT name FROM job_migration', [])).to.deep.equal([{ name: '0001-tables' }]);
  }).timeout(60_000);

  it('goes on where one stopped after the first table', async () => {
    const database = await open();
    await migrate(database);
    await database.execute('DELETE FROM job_migration', []);
    await database.execute('DROP TABLE job_retry', []);
    await migrate(database);
    await checkTables(database);
  });

  it('prints SQL that makes exactly what it would make itself', async () => {
    const database = await open('x_');
    const statements = migrationSql(database.dialect.name, 'x_')
      .split(/;\n+/)
      .filter((sql) => sql.trim() !== '');
    for (let times = 0; times < 2; times += 1) for (const sql of statements) await database.execute(sql, []);
    await checkTables(database);
    expect(await migrate(database)).to.deep.equal([]);
  });

  it('keeps one row a fire and one live retry a key', async () => {
    const database = await open();
    await migrate(database);
    const insert = (id: string) =>
      database.execute(
        `INSERT INTO job_log (id, app, job_name, fire_at, slot, attempt, kind, fence, outcome, started_at)
          VALUES (?, 'a', 'j', 1, '', 1, 'cron', 1, 'running', 1)`,
        [id],
      );
    expect(await insert('1')).to.equal(1);
    expect(await insert('2').catch((error: { kind: string }) => error.kind)).to.equal('duplicate');
  });

  it('compares ids byte by byte', async () => {
    const database = await open();
    await migrate(database);
    await database.execute(
      "INSERT INTO job_instance (id, app, host, version, config_hash, state, lease_until, started_at) VALUES ('Ab', 'a', 'h', 'v', 'c', 'ALIVE', 1, 1)",
      [],
    );
    expect(await database.query("SELECT id FROM job_instance WHERE id = 'ab'", [])).to.deep.equal([]);
    expect(await database.query("SELECT id FROM job_instance WHERE id = 'Ab'", [])).to.deep.equal([{ id: 'Ab' }]);
  });

  it('refuses tables that are missing, with the SQL to run', async () => {
    const error = await refusal(checkTables(await open('x_')));
    expect(error.code).to.equal('DJ2006');
    expect(error.message).to.include('CREATE TABLE IF NOT EXISTS x_job_info');
  });

  it('refuses a table that lacks a column', async () => {
    const database = await open();
    await migrate(database);
    await database.execute('ALTER TABLE job_info DROP COLUMN guards', []);
    const error = await refusal(checkTables(database));
    expect(error.code).to.equal('DJ2011');
    expect(error.message).to.include('job_info: it lacks the columns guards');
  });

  it('refuses job_log without its unique index', async () => {
    const database = await open();
    await migrate(database);
    await database.execute(onServer ? 'ALTER TABLE job_log DROP INDEX job_log_fire' : 'DROP INDEX job_log_fire', []);
    const error = await refusal(checkTables(database));
    expect(error.code).to.equal('DJ2011');
    expect(error.message).to.include('a unique index on (app, job_name, manual, fire_at, slot, attempt)');
  });

  if (!onServer) return;

  it('refuses another engine than InnoDB', async () => {
    const database = await open();
    await migrate(database);
    await database.execute('ALTER TABLE job_log ENGINE=MyISAM', []);
    const error = await refusal(checkTables(database));
    expect(error.code).to.equal('DJ2011');
    expect(error.message).to.include('its engine is MyISAM, not InnoDB');
  });

  describe('by a user who may not create tables', () => {
    const user = `nobody_${test.dialect}`;
    const urlOf = () => {
      const url = new URL(test.url);
      url.username = user;
      url.password = 'pw';
      return url.href;
    };
    beforeEach(async () => {
      const name = new URL(test.url).pathname.slice(1);
      await test.server.query(`CREATE USER IF NOT EXISTS '${user}'@'%' IDENTIFIED BY 'pw'`);
      await test.server.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON \`${name}\`.* TO '${user}'@'%'`);
    });
    after(() => test.server.query(`DROP USER IF EXISTS '${user}'@'%'`));

    it('says DJ2006 with the SQL to run', async () => {
      const database = await open('', urlOf());
      const error = await refusal(migrate(database));
      expect(error.code).to.equal('DJ2006');
      expect(error.message).to.include('may not create them').and.to.include('CREATE TABLE IF NOT EXISTS job_retry');
      expect(error.fields.sql).to.equal(migrationSql(database.dialect.name, ''));
    });

    it('asks for no rights when all tables are there', async () => {
      const owner = await open();
      await migrate(owner);
      const database = await open('', urlOf());
      expect(await migrate(database)).to.deep.equal([]);
      await checkTables(database);
    });

    it('asks for none either when only the record of migrations is missing', async () => {
      const owner = await open();
      await migrate(owner);
      await owner.execute('DROP TABLE job_migration', []);
      const database = await open('', urlOf());
      await migrate(database);
      await checkTables(database);
    });
  });
});

async function refusal(promise: Promise<unknown>): Promise<DalJobError> {
  const error = await promise.then(
    () => new Error('it was not refused'),
    (reason: unknown) => reason,
  );
  if (error instanceof DalJobError) return error;
  throw error;
}

// The application's table: what the start-up check asks of it, that the statements it prints make it fit, and that a table that
// fits is read by its index, without sorting and without locking what lies between the rows.
import { expect } from 'chai';
import { openClaims } from '../../../runtime/claim/check.js';
import { newClaimKey } from '../../../runtime/claim/owner.js';
import { candidatesSql, findCandidates, stamp, stampSql } from '../../../runtime/claim/take.js';
import type { ClaimDefinition } from '../../../runtime/claim-types.js';
import type { SqlValue } from '../../../runtime/db/step.js';
import { DalJobError } from '../../../runtime/errors.js';
import { createApp } from '../../../runtime/index.js';
import type { AppEvents, AppTypes } from '../../../runtime/types.js';
import { addRows, claimOf, groups, makeTable, openClaim, set, TABLE } from '../../support/claim-table.js';
import { entry } from '../../support/jobs.js';
import { eachWorld } from '../../support/world.js';

eachWorld((world, test) => {
  const sqlite = () => world.database.dialect.name === 'sqlite';
  const misfit = async (over: Partial<ClaimDefinition> = {}): Promise<string> => {
    const opened = await openClaims(world.database, { ship: { claim: claimOf(over) } }).catch(
      (error: unknown) => error,
    );
    if (!(opened instanceof DalJobError)) return 'it fits';
    expect(opened.code).to.equal('DJ7001');
    return opened.message;
  };
  /** Runs what the error says to run. */
  const mend = async (message: string) => {
    for (const [, sql] of message.matchAll(/^ {4}(.*);$/gm)) await world.database.execute(sql ?? '', []);
  };

  it('prints what a table lacks, and that makes it fit', async () => {
    await world.database.execute(`DROP TABLE IF EXISTS \`${TABLE}\``, []);
    await world.database.execute(
      `CREATE TABLE \`${TABLE}\` (id INTEGER NOT NULL PRIMARY KEY, \`group\` VARCHAR(20) NOT NULL, \`select\` INTEGER)`,
      [],
    );
    const message = await misfit();
    expect(message.split('\n')[0]).to.equal('The table order does not fit the claim of job ship:');
    for (const column of ['tries', 'at', 'flag', 'data', 'claim_key'])
      expect(message).to.include(`it has no column ${column}`);
    expect(message).to.include('CREATE INDEX `order_ship` ON `order` (`claim_key`, `group`, `select`);');
    await mend(message);
    expect(await misfit()).to.equal('it fits');
  });

  it('prints nothing of a table that fits, by an index with its columns in another order, too', async () => {
    for (const index of [
      ['claim_key', 'group', 'select'],
      ['group', 'claim_key', 'select', 'id'],
    ]) {
      await makeTable(world.database, index);
      expect(await misfit(), index.join()).to.equal('it fits');
    }
  });

  for (const index of [[], ['claim_key'], ['claim_key', 'select', 'group'], ['group', 'select', 'claim_key']]) {
    it(`asks for an index when there is ${index.length === 0 ? 'none' : `one of ${index.join(', ')}`}`, async () => {
      await makeTable(world.database, index);
      const message = await misfit();
      expect(message.match(/\n {2}\S/g)).to.have.length(1);
      await mend(message);
      expect(await misfit()).to.equal('it fits');
    });
  }

  it('names a table that is not there, a key that is no primary key, and columns of other types', async () => {
    await makeTable(world.database);
    expect(await misfit({ table: 'no_such' })).to.include('there is no table no_such');
    expect(await misfit({ key: ['select'] })).to.include('it says (select), but it is (id)');
    expect(await misfit({ columns: { ...claimOf().columns, group: 'integer' } })).to.include(
      'its column group is varchar, which is no integer',
    );
    expect(await misfit({ columns: { ...claimOf().columns, ID: 'integer' } })).to.equal('it fits');
  });

  it('has the claim column widened that is too short or not nullable', async function () {
    if (sqlite()) this.skip();
    await makeTable(world.database);
    await world.database.execute(`ALTER TABLE \`${TABLE}\` MODIFY COLUMN claim_key VARCHAR(36) NULL`, []);
    const message = await misfit();
    expect(message).to.include('its column claim_key holds 36 characters');
    await mend(message);
    await world.database.execute(`ALTER TABLE \`${TABLE}\` MODIFY COLUMN claim_key VARCHAR(64) NOT NULL`, []);
    await mend(await misfit());
    expect(await misfit()).to.equal('it fits');
  });

  it('ends the start of an app whose table does not fit, and lets one without schedule start', async () => {
    await makeTable(world.database, []);
    const jobs = { ship: { ...entry(() => {}, { globalSingle: false }), claim: claimOf() } };
    const registry = {
      app: 'shop',
      configHash: 'c',
      database: { url: test.url, tablePrefix: '' },
      jobs,
      services: {},
      errors: {},
    };
    const error = await createApp<AppTypes>(registry as never, { logger: false })
      .start()
      .catch((thrown) => thrown);
    expect(error.code).to.equal('DJ7001');
    const web = createApp<AppTypes>(registry as never, { logger: false, schedule: false });
    await web.start();
    await web.stop();
  });

  it('lets instances share rows from start to stop', async () => {
    await makeTable(world.database);
    await addRows(world.database, 1, 40);
    const handler = ({ rows }: { rows: readonly unknown[] }) => void rows.length;
    const jobs = { ship: { ...entry(handler, { globalSingle: false, cron: '* * * * * *' }), claim: claimOf() } };
    const registry = {
      app: 'other',
      configHash: 'c',
      database: { url: test.url, tablePrefix: '' },
      jobs,
      services: {},
      errors: {},
    };
    const apps = [1, 2].map(() => createApp<AppTypes>(registry as never, { logger: false }));
    const done = new Promise<void>((resolve) => {
      let count = 0;
      const finished = ({ rows }: AppEvents['run.finished']) => {
        count += rows?.done ?? 0;
        if (count === 40) resolve();
      };
      for (const app of apps) app.on('run.finished', finished);
    });
    await Promise.all(apps.map((app) => app.start()));
    await done;
    await Promise.all(apps.map((app) => app.stop()));
    expect(await groups(world.database)).to.deep.equal(['SHIPPED 1-40']);
    for (const table of ['job_info', 'job_log', 'job_instance'] as const)
      await world.database.execute(`DELETE FROM ${world.database.tables[table]} WHERE app = 'other'`, []);
  }).timeout(30_000);

  const where = [
    { column: 'at', is: 'before', ms: 60_000 },
    { column: 'group', is: 'equal', value: 'PAID' },
  ] as const;
  const EXPLAIN = { sqlite: 'EXPLAIN QUERY PLAN', mysql: 'EXPLAIN FORMAT=TRADITIONAL', mariadb: 'EXPLAIN' };
  /** On a connection of its own: libsql leaves an EXPLAIN active, which bars DROP TABLE, and sees no schema newer than it is. */
  const plan = async (sql: string, values: readonly SqlValue[]) => {
    const other = await test.openTestDatabase();
    return JSON.stringify(await other.query(`${EXPLAIN[other.dialect.name]} ${sql}`, values));
  };

  for (const [what, over] of [
    ['equality', {}],
    ['a time, ordered by it', { where, orderBy: ['at'] }],
    ['a time, ordered by another column', { where }],
  ] as const) {
    it(`finds rows that wait by the index alone, sorted by it: ${what}`, async () => {
      await makeTable(world.database, [
        'claim_key',
        'group',
        (over as Partial<ClaimDefinition>).orderBy?.[0] ?? 'select',
      ]);
      await addRows(world.database, 1, 2_000, 'SHIPPED');
      await addRows(world.database, 2_001, 2_050);
      const claim = await openClaim(world.database, over as Partial<ClaimDefinition>);
      const { sql, values } = candidatesSql(claim, 0);
      const told = await plan(sql, values);
      expect(told, `${told} ${sql}`)
        .to.include('order_waiting')
        .and.to.not.match(/filesort|TEMP B-TREE|temporary|SCAN/i);
    });
  }

  it('writes by primary key', async function () {
    if (sqlite()) this.skip();
    await makeTable(world.database);
    await addRows(world.database, 1, 500);
    const claim = await openClaim(world.database);
    const member = await world.member();
    const found = await findCandidates(member.instance, claim);
    const { sql, values } = stampSql(member.instance, claim, { key: newClaimKey(member.instance), ...found });
    expect(await plan(sql, values)).to.include('"key":"PRIMARY"');
  });

  it('locks the rows it stamps, and nothing between them', async function () {
    if (sqlite()) this.skip();
    await makeTable(world.database);
    for (const id of [10, 20, 30, 40]) await addRows(world.database, id, id);
    const claim = await openClaim(world.database);
    const member = await world.member();
    const found = await findCandidates(member.instance, claim);
    const { sql, values } = stampSql(member.instance, claim, { key: newClaimKey(member.instance), ...found });
    const { sequelize } = world.database;
    const open = await sequelize.transaction({ isolationLevel: 'READ COMMITTED' as never });
    await sequelize.query(sql, { replacements: [...values], transaction: open });
    await addRows(world.database, 15, 15);
    await set(world.database, 15, { group: 'NEW' });
    await addRows(world.database, 45, 46);
    await open.rollback();
    expect(await groups(world.database)).to.deep.equal(['NEW 15', 'PAID 10 20 30 40 45-46']);
  });

  it("reads times in the zone of the claim, and tells by the database's clock what is before", async () => {
    await makeTable(world.database, ['claim_key', 'group', 'select']);
    await addRows(world.database, 1, 4);
    const wall = (ms: number) => new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
    const shanghai = 8 * 3_600_000;
    await set(world.database, 1, { at: wall(world.now + shanghai - 61_000) });
    await set(world.database, 2, { at: wall(world.now + shanghai - 59_000) });
    await set(world.database, 3, { at: wall(world.now - 61_000) });
    const claim = await openClaim(world.database, { where, timezone: 'Asia/Shanghai' });
    const member = await world.member();
    const found = await findCandidates(member.instance, claim);
    expect(found.rows.map(({ key }) => key[0])).to.deep.equal([1, 3]);
    expect(await stamp(member.instance, claim, { key: newClaimKey(member.instance), ...found })).to.equal(2);
    const utc = await openClaim(world.database, { where });
    await world.database.execute(`UPDATE \`${TABLE}\` SET claim_key = NULL WHERE id > 0`, []);
    expect((await findCandidates(member.instance, utc)).rows.map(({ key }) => key[0])).to.deep.equal([3]);
  });
});

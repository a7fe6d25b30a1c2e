// Claims in trouble: settlements that are refused, rolled back or locked out, and neighbours that share the table. What must
// hold: no row stays claimed by an instance that lives and has forgotten it, and one row holds up no other.
import { expect } from 'chai';
import type { Sequelize } from 'sequelize';
import { assumeClaims, openClaims } from '../../../runtime/claim/check.js';
import { releaseOrphans } from '../../../runtime/claim/sweep.js';
import type { ClaimContext, ClaimDefinition } from '../../../runtime/claim-types.js';
import { systemClock } from '../../../runtime/clock.js';
import { migrate } from '../../../runtime/db/migrate.js';
import { openDatabase } from '../../../runtime/db/open.js';
import { insertInstance, newInstanceId } from '../../../runtime/lock/instance.js';
import { ClaimDesk } from '../../../runtime/run/claim-desk.js';
import { Events } from '../../../runtime/run/events.js';
import { addRows, claimOf, groups, makeTable, openClaim, TABLE } from '../../support/claim-table.js';
import { eachWorld, type Member, TIMING } from '../../support/world.js';

type Context = ClaimContext<'ship', { id: number }, object>;

eachWorld((world, test) => {
  let member: Member;
  let desk: ClaimDesk;
  let controller: AbortController;

  beforeEach(async () => {
    await makeTable(world.database);
    member = await world.member();
    controller = new AbortController();
  });

  /** One run of it; what it threw. */
  const work = async (
    handler: (context: Context) => unknown,
    over: Partial<ClaimDefinition> = {},
  ): Promise<unknown> => {
    const claim = await openClaim(world.database, over);
    desk = new ClaimDesk({ ...member, clock: systemClock, events: new Events() }, new Map([['ship', claim]]));
    const call = desk.open('ship').claimed?.wrap(handler as (context: object) => unknown);
    return call?.({ job: 'ship', signal: controller.signal }).catch((error: unknown) => error);
  };

  /** Begins a transaction of the application's that has the row; what ends it. */
  const lock = async (id: number): Promise<() => Promise<void>> => {
    const transaction = await world.database.sequelize.transaction();
    await world.database.sequelize.query(`SELECT id FROM \`${TABLE}\` WHERE id = ${id} FOR UPDATE`, { transaction });
    return () => transaction.rollback();
  };

  it('releases all rows of a batch whose settlement is refused, also beside one that had failed', async () => {
    await world.database.execute(`ALTER TABLE \`${TABLE}\` ADD COLUMN only_one INTEGER NULL`, []);
    await world.database.execute(`CREATE UNIQUE INDEX order_only_one ON \`${TABLE}\` (only_one)`, []);
    await addRows(world.database, 1, 5);
    const error = await work(({ rows, fail }) => fail(rows[0] as { id: number }, 'no'), {
      columns: { ...claimOf().columns, only_one: 'integer' },
      done: { group: 'SHIPPED', only_one: 1 },
    });
    expect(error).to.include({ kind: 'duplicate' });
    await desk.tick(false);
    expect(await groups(world.database)).to.deep.equal(['PAID 1-5']);
  });

  it('releases them also in a table that start-up did not look at, in memory', async () => {
    await addRows(world.database, 1, 2);
    const claim = claimOf({ done: { group: null } }); // NOT NULL
    const claims = assumeClaims(world.database, { ship: { claim } });
    const inMemory = new ClaimDesk({ ...member, clock: systemClock, events: new Events() }, claims);
    const call = inMemory.open('ship').claimed?.wrap((given) => (given as Context).rows);
    const error = await call?.({ job: 'ship', signal: controller.signal }).catch((thrown: unknown) => thrown);
    expect(error).to.include({ kind: 'bug' });
    await inMemory.tick(false);
    expect(await groups(world.database)).to.deep.equal(['PAID 1-2']);
  });

  it('releases a row that was settled in a savepoint which was rolled back', async () => {
    await addRows(world.database, 1, 2);
    await work(async ({ rows, done, transaction }) => {
      await transaction(async (outer) => {
        const inner = (world.database.sequelize as Sequelize).transaction({ transaction: outer }, async (savepoint) => {
          await done(rows[0] as { id: number }, { transaction: savepoint });
          throw new Error('only that');
        });
        await inner.catch(() => {});
      });
    });
    expect(await groups(world.database)).to.deep.equal(['PAID 1', 'SHIPPED 2']);
  });

  it('are left alone by instances of another tablePrefix, which cannot tell who of us lives', async () => {
    await addRows(world.database, 1, 2);
    const theirs = await openDatabase({ url: test.url, tablePrefix: 'b_', nowMs: () => world.clock.now() });
    try {
      await migrate(theirs);
      const other = { database: theirs, app: 'other', id: newInstanceId(), configHash: 'v1', timing: TIMING };
      await insertInstance(other, { version: '0', scheduling: true });
      const claim = (await openClaims(theirs, { ship: { claim: claimOf() } })).get('ship');
      if (claim === undefined) throw new Error('no claim');
      await work(async ({ rows }) => expect([rows.length, await releaseOrphans(other, claim)]).to.deep.equal([2, []]));
    } finally {
      await theirs.close();
    }
    expect(await groups(world.database)).to.deep.equal(['SHIPPED 1-2']);
  });

  it('goes on with others while a transaction of the application holds a row', async function () {
    if (test.dialect === 'sqlite') this.skip();
    this.timeout(60_000);
    await addRows(world.database, 1, 60);
    const unlock = await lock(1);
    let count = 0;
    await work(
      ({ rows }) => {
        count += rows.length;
        if (count > 20) controller.abort();
      },
      { batch: 3 },
    ).finally(unlock);
    expect(count).to.be.greaterThan(20);
  });

  it('says so when a row is settled beside the transaction that has it, and lets that roll back', async function () {
    if (test.dialect === 'sqlite') this.skip();
    this.timeout(60_000);
    await addRows(world.database, 1, 1);
    const error = await work(({ rows, done, transaction }) =>
      transaction(async (t) => {
        await world.database.sequelize.query(`UPDATE \`${TABLE}\` SET flag = 1 WHERE id = 1`, { transaction: t });
        await done(rows[0] as { id: number });
      }),
    );
    expect(error).to.include({ code: 'DJ7005' });
    expect(await groups(world.database)).to.deep.equal(['PAID 1']);
  });
});

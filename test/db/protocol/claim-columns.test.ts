// Tables of other shapes: a primary key of several columns, big numbers as text, TIMESTAMP columns, and sessions in other zones.
import { expect } from 'chai';
import { openClaims } from '../../../runtime/claim/check.js';
import type { Claim } from '../../../runtime/claim/claim.js';
import { ClaimKeys } from '../../../runtime/claim/keys.js';
import { newClaimKey } from '../../../runtime/claim/owner.js';
import { releaseOrphans } from '../../../runtime/claim/sweep.js';
import { findCandidates, readBack, stamp } from '../../../runtime/claim/take.js';
import type { ClaimContext, ClaimDefinition } from '../../../runtime/claim-types.js';
import { systemClock } from '../../../runtime/clock.js';
import { readCommitted } from '../../../runtime/db/within.js';
import { endInstance } from '../../../runtime/lock/instance.js';
import { ClaimedRun } from '../../../runtime/run/claimed-run.js';
import { Events } from '../../../runtime/run/events.js';
import { eachWorld } from '../../support/world.js';

const CLAIM: ClaimDefinition = {
  table: 'pairs',
  key: ['shop', 'number'],
  where: [
    { column: 'at', is: 'before', ms: 60_000 },
    { column: 'state', is: 'equal', value: 1 },
  ],
  orderBy: ['shop', 'number'],
  ...{ batch: 3, concurrency: 1, failed: null, maxAttempts: null, attemptsColumn: null, timezone: 'Asia/Shanghai' },
  columns: { shop: 'string', number: 'string', at: 'date-time', state: 'integer', price: 'number' },
  done: { state: 2 },
};

eachWorld((world) => {
  const { database } = { database: () => world.database };
  const sqlite = () => database().dialect.name === 'sqlite';
  const open = async (): Promise<Claim> =>
    (await openClaims(database(), { pair: { claim: CLAIM } })).get('pair') as Claim;

  beforeEach(async () => {
    await database().execute('DROP TABLE IF EXISTS pairs', []);
    await database().execute(
      `CREATE TABLE pairs (shop VARCHAR(20) NOT NULL, number BIGINT NOT NULL, state INTEGER NOT NULL, price DECIMAL(10, 2) NOT NULL,
         at ${sqlite() ? 'TEXT' : 'TIMESTAMP(3)'} NULL, claim_key VARCHAR(64) NULL, PRIMARY KEY (shop, number))`,
      [],
    );
    await database().execute('CREATE INDEX pairs_pair ON pairs (claim_key, state, shop, number)', []);
    const at = new Date(world.now - 61_000)
      .toISOString()
      .replace('T', ' ')
      .replace('Z', sqlite() ? ' +00:00' : '');
    for (const [shop, number] of [
      ['a', '1'],
      ['a', '9007199254740995'],
      ['b', '1'],
      ['c', '7'],
    ] as const)
      await database().execute(`INSERT INTO pairs (shop, number, state, price, at) VALUES (?, ${number}, 1, 12.5, ?)`, [
        shop,
        at,
      ]);
  });

  const states = async () =>
    (
      await database().query<{ shop: string; state: number; claimed: number }>(
        'SELECT shop, state, claim_key IS NOT NULL AS claimed FROM pairs ORDER BY shop, number',
        [],
      )
    ).map(({ shop, state, claimed }) => `${shop}${state}${claimed ? '!' : ''}`);

  it('takes, settles and frees by all columns of the key', async () => {
    const claim = await open();
    const [one, two] = [await world.member(), await world.member()];
    const found = await findCandidates(one.instance, claim);
    const key = newClaimKey(one.instance);
    expect(await stamp(one.instance, claim, { key, ...found })).to.equal(3);
    const rows = await readBack(one.instance, claim, { key, rows: found.rows });
    expect(rows.map(({ row }) => `${row.shop}${row.number}`)).to.deep.equal(['a1', 'a9007199254740995', 'b1']);
    expect(rows[0]?.row).to.include({ price: 12.5, state: 1 });
    expect(rows[0]?.row.at).to.deep.equal(new Date(world.now - 61_000));
    expect(await states()).to.deep.equal(['a1!', 'a1!', 'b1!', 'c1']);
    await endInstance(one.instance, 'DEAD');
    await releaseOrphans(two.instance, claim);
    expect(await states()).to.deep.equal(['a1', 'a1', 'b1', 'c1']);
  });

  it('settles in a transaction whose session is in another zone', async () => {
    const claim = await open();
    const member = await world.member();
    const keys = new ClaimKeys();
    const run = new ClaimedRun({ ...member, clock: systemClock, events: new Events(), keys }, claim);
    const handler = async ({ rows, done }: ClaimContext<'pair', object, object>) => {
      for (const row of rows)
        await readCommitted(database(), async (transaction) => {
          if (!sqlite()) await database().sequelize.query("SET time_zone = '-07:00'", { transaction });
          expect(await done(row, { transaction })).to.equal(true);
          if (!sqlite()) await database().sequelize.query("SET time_zone = '+00:00'", { transaction });
        });
    };
    await run.wrap(handler as (context: object) => unknown)({ signal: new AbortController().signal });
    expect(run.counts).to.deep.equal({ done: 4, failed: 0, released: 0, changed: 0 });
    expect(await states()).to.deep.equal(['a2', 'a2', 'b2', 'c2']);
  });
});

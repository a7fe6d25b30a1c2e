// The steps of a claim: who gets which rows, how they are settled, released, given up, and freed when nobody has them any more.
import { expect } from 'chai';
import type { Claim } from '../../../runtime/claim/claim.js';
import { newClaimKey } from '../../../runtime/claim/owner.js';
import { giveUpStep, releaseStep, type SettledAs, settleStep } from '../../../runtime/claim/settle.js';
import { releaseOrphans } from '../../../runtime/claim/sweep.js';
import { chooseBatch, findCandidates, readBack, stamp, usedUp } from '../../../runtime/claim/take.js';
import { endInstance } from '../../../runtime/lock/instance.js';
import { addIndex, addRows, COUNTED, groups, makeTable, openClaim, orders, set } from '../../support/claim-table.js';
import { eachWorld, type Member } from '../../support/world.js';

eachWorld((world) => {
  let member: Member;
  beforeEach(async () => {
    member = await world.member();
    await makeTable(world.database);
  });

  /** One claim of a member; the rows it got. */
  const take = async (claim: Claim, { instance }: Member = member) => {
    const key = newClaimKey(instance);
    const found = await findCandidates(instance, claim);
    const rows = chooseBatch(claim, found.rows);
    await stamp(instance, claim, { key, rows, nowMs: found.nowMs });
    return { claimKey: key, rows: await readBack(instance, claim, { key, rows }) };
  };
  const idsOf = ({ rows }: { rows: readonly { row: Readonly<Record<string, unknown>> }[] }) =>
    rows.map(({ row }) => row.id);
  const settle = (claim: Claim, claimed: Awaited<ReturnType<typeof take>>, as: SettledAs = 'done') =>
    world.run(() => settleStep(claim, claimed, as, 0));

  it('gives rows that wait to one instance, in order, as jobs.yaml types them', async () => {
    await addRows(world.database, 1, 5);
    await addRows(world.database, 6, 7, 'NEW');
    await set(world.database, 2, { flag: 1, at: '2026-03-04 05:06:07.089', data: '{"a":[1]}', select: 0 });
    const claim = await openClaim(world.database);
    const { rows, claimKey } = await take(claim);
    expect(rows.map(({ row }) => row.id)).to.deep.equal([2, 1, 3, 4, 5]);
    expect(rows[0]?.row).to.deep.equal({
      ...{ id: 2, group: 'PAID', select: 0, tries: 0, flag: true, data: { a: [1] } },
      at: new Date('2026-03-04T05:06:07.089Z'),
    });
    expect(rows[1]?.row).to.include({ flag: false, at: null, data: null });
    expect(claimKey).to.have.length(59);
    expect(await groups(world.database)).to.deep.equal(['NEW 6-7', 'PAID! 1-5']);
    expect((await findCandidates(member.instance, claim)).rows).to.deep.equal([]);
  });

  it('gives no row twice to instances that reach for the same ones at once', async () => {
    await addRows(world.database, 1, 60);
    const claim = await openClaim(world.database);
    const members = [member, await world.member(), await world.member(), await world.member()];
    const got = await Promise.all(members.map((one) => take(claim, one)));
    const ids = got.flatMap(idsOf);
    expect(new Set(ids).size).to.equal(ids.length);
    const stamped = (await orders(world.database)).filter(({ claim_key }) => claim_key !== null);
    expect(stamped).to.have.length(ids.length);
  });

  it('takes nothing once the lease is over, nor what was changed after the look', async () => {
    await addRows(world.database, 1, 3);
    const claim = await openClaim(world.database);
    const found = await findCandidates(member.instance, claim);
    await set(world.database, 2, { group: 'CANCELLED' });
    expect(await stamp(member.instance, claim, { key: newClaimKey(member.instance), ...found })).to.equal(2);
    await set(world.database, 1, { claim_key: null });
    world.freeze(member);
    world.clock.jump(15_000);
    expect(await stamp(member.instance, claim, { key: newClaimKey(member.instance), ...found })).to.equal(0);
  });

  it('settles rows as done; those that the application changed only lose their claim', async () => {
    await addRows(world.database, 1, 4);
    const claim = await openClaim(world.database);
    const claimed = await take(claim);
    await set(world.database, 3, { group: 'CANCELLED' });
    expect(await settle(claim, claimed)).to.deep.equal({ settled: 3, changed: 1 });
    expect(await groups(world.database)).to.deep.equal(['CANCELLED 3', 'SHIPPED 1-2 4']);
  });

  it('settles and releases nothing that another claim has by now', async () => {
    await addRows(world.database, 1, 2);
    const claim = await openClaim(world.database);
    const claimed = await take(claim);
    await world.run(() => releaseStep(claim, claimed));
    const other = await take(claim, await world.member());
    expect(await settle(claim, claimed)).to.deep.equal({ settled: 0, changed: 0 });
    expect(await world.run(() => releaseStep(claim, claimed))).to.equal(0);
    expect(await settle(claim, other)).to.deep.equal({ settled: 2, changed: 0 });
  });

  it('works on a key of several columns, and on batches of thousands', async () => {
    await addRows(world.database, 1, 2_500);
    const claim = await openClaim(world.database, { batch: 2_000 });
    const claimed = await take({ ...claim, definition: { ...claim.definition, key: ['id', 'select'] } });
    expect(claimed.rows).to.have.length(2_000);
    const composite = { ...claim, definition: { ...claim.definition, key: ['id', 'select'] } };
    expect(await settle(composite, claimed)).to.deep.equal({ settled: 2_000, changed: 0 });
  });

  it('takes rows of every value that `in` lists, the first of all first, and of null and true', async () => {
    await addRows(world.database, 1, 3);
    await addRows(world.database, 4, 6, 'PACKED');
    await addRows(world.database, 7, 9, 'NEW');
    await set(world.database, 5, { select: 0, flag: 1 });
    await set(world.database, 1, { flag: 1 });
    await set(world.database, 6, { flag: 1, at: '2026-03-04 05:06:07' });
    const where = [
      { column: 'at', is: 'null' },
      { column: 'flag', is: 'equal', value: true },
      { column: 'group', is: 'in', values: ['PAID', 'PACKED'] },
    ] as const;
    await makeTableIndex(['flag', 'at', 'claim_key', 'group', 'select']);
    const claim = await openClaim(world.database, { where });
    expect(idsOf(await take(claim))).to.deep.equal([5, 1]);
  });

  const makeTableIndex = async (columns: readonly string[]) => {
    const drop =
      world.database.dialect.name === 'sqlite' ? 'DROP INDEX order_waiting' : 'DROP INDEX order_waiting ON `order`';
    await world.database.execute(drop, []);
    await addIndex(world.database, columns);
  };

  it('counts how often a row was handed over, gives up what used up its attempts, and takes back what nobody saw', async () => {
    await addRows(world.database, 1, 3);
    await set(world.database, 1, { tries: 3 });
    const claim = await openClaim(world.database, COUNTED);
    const found = await findCandidates(member.instance, claim);
    expect(usedUp(claim, found.rows).map(({ key }) => key)).to.deep.equal([[1]]);
    expect(await world.run(() => giveUpStep(claim, usedUp(claim, found.rows), 0))).to.equal(1);
    const claimed = await take(claim);
    expect(claimed.rows.map(({ attempts }) => attempts)).to.deep.equal([1, 1]);
    await world.run(() => releaseStep(claim, claimed, true));
    expect((await orders(world.database)).map(({ group, tries }) => `${group} ${tries}`)).to.deep.equal([
      'FAILED 3',
      'PAID 0',
      'PAID 0',
    ]);
  });

  it('takes no row that others used up after the look, and none into a batch that has one attempt left by then', async () => {
    await addRows(world.database, 1, 4);
    await set(world.database, 4, { tries: 2 });
    const claim = await openClaim(world.database, COUNTED);
    const { rows, nowMs } = await findCandidates(member.instance, claim);
    const stampAgain = (some: typeof rows) =>
      stamp(member.instance, claim, { key: newClaimKey(member.instance), rows: some, nowMs });
    await set(world.database, 2, { tries: 2 });
    await set(world.database, 3, { tries: 3 });
    await set(world.database, 4, { tries: 3 });
    expect(await stampAgain(rows.slice(3)), 'alone, and used up').to.equal(0);
    expect(await stampAgain(rows.slice(0, 3)), 'together').to.equal(1);
    expect(await groups(world.database)).to.deep.equal(['PAID 2-4', 'PAID! 1']);
    expect(await stampAgain(rows.slice(1, 2)), 'alone').to.equal(1);
  });

  it('hands a row over alone when it has one attempt left, and when its turn comes: others do not go before it for ever', async () => {
    await addRows(world.database, 1, 4);
    await set(world.database, 1, { tries: 2 });
    await set(world.database, 3, { tries: 2 });
    const claim = await openClaim(world.database, COUNTED);
    const taken = [idsOf(await take(claim)), idsOf(await take(claim)), idsOf(await take(claim))];
    expect(taken).to.deep.equal([[1], [2, 4], [3]]);
  });

  it('takes a row of which SQLite keeps the count as text', async function () {
    if (world.database.dialect.name !== 'sqlite') this.skip();
    await addRows(world.database, 1, 1);
    await set(world.database, 1, { tries: '' });
    expect(idsOf(await take(await openClaim(world.database, COUNTED)))).to.deep.equal([1]);
    expect(await orders(world.database)).to.have.deep.nested.property('[0].tries', 1);
  });

  for (const index of [
    ['claim_key', 'group', 'select'],
    ['group', 'claim_key', 'select'],
  ]) {
    it(`frees the rows of instances that live no more, by an index that begins with ${index[0]}`, async () => {
      await makeTable(world.database, index);
      await addRows(world.database, 1, 50);
      const claim = await openClaim(world.database, { batch: 10 });
      const [dead, stopped] = [await world.member(), await world.member()];
      const kept = await take(claim);
      for (const one of [dead, stopped, dead]) await take(claim, one);
      await addRows(world.database, 51, 51);
      await set(world.database, 51, { claim_key: 'of somebody else' });
      await endInstance(dead.instance, 'DEAD');
      await endInstance(stopped.instance, 'STOPPED');
      const released = await releaseOrphans(member.instance, claim);
      expect(released.map(({ count }) => count).sort()).to.deep.equal([10, 20]);
      const claimed = (await orders(world.database)).filter(({ claim_key }) => claim_key !== null);
      expect(claimed.map(({ claim_key }) => claim_key)).to.have.members([
        ...kept.rows.map(() => kept.claimKey),
        'of somebody else',
      ]);
      expect(await releaseOrphans(member.instance, claim)).to.deep.equal([]);
    });
  }
});

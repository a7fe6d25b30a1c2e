// The sweep's first half: it ends instances whose leases are truly over, and no others.
import { expect } from 'chai';
import { eachWorld, type Member } from '../../support/world.js';

const MINUTE_MS = 60_000;
const LEASE_MS = 15_000;
const SIGHT_MS = 6_000;

eachWorld((world) => {
  let lost: Member;
  let member: Member;
  const idsOf = (...members: Member[]) => members.map(({ instance }) => instance.id);
  const stateOf = async ({ instance }: Member) => {
    const found = await world.database.query<{ state: string }>(
      `SELECT state FROM ${world.database.tables.job_instance} WHERE id = ?`,
      [instance.id],
    );
    return found[0]?.state;
  };

  beforeEach(async () => {
    lost = await world.member();
    member = await world.member();
  });

  /** The frozen one's lease has been over in two sweeps, far enough apart. */
  async function outlive(frozen: Member): Promise<void> {
    world.freeze(frozen);
    await world.pass(LEASE_MS + 1);
    await world.sweep(member);
    await world.pass(SIGHT_MS);
  }

  it('ends an instance whose lease was seen over twice, six seconds apart', async () => {
    await outlive(lost);
    expect((await world.sweep(member)).ended).to.deep.equal(idsOf(lost));
    expect(await stateOf(lost)).to.equal('DEAD');
  });

  it('does not end it at the first sight, nor at a second that comes too soon', async () => {
    world.freeze(lost);
    await world.pass(LEASE_MS + 1);
    expect((await world.sweep(member)).ended).to.deep.equal([]);
    await world.pass(SIGHT_MS - 1);
    expect((await world.sweep(member)).ended).to.deep.equal([]);
    await world.pass(1);
    expect((await world.sweep(member)).ended).to.deep.equal(idsOf(lost));
  });

  it('starts counting anew when there was a beat between the two sights', async () => {
    world.freeze(lost);
    await world.pass(LEASE_MS + 1);
    await world.sweep(member);
    await world.beat(lost);
    await world.pass(LEASE_MS + 1);
    expect((await world.sweep(member)).ended).to.deep.equal([]);
  });

  it('leaves an instance that beats between the look and the write', async () => {
    await outlive(lost);
    const { query } = world.database;
    const database = Object.create(member.instance.database) as Member['instance']['database'];
    Object.assign(database, {
      query: async (sql: string, values: never) => {
        const found = await query.call(world.database, sql, values);
        if (sql.includes('beats')) await world.beat(lost);
        return found;
      },
      execute: world.database.execute.bind(world.database),
      transaction: world.database.transaction.bind(world.database),
    });
    const { dialect, tables } = world.database;
    const racing = { ...member, instance: { ...member.instance, database: { ...database, dialect, tables } as never } };
    expect((await world.sweep(racing)).ended).to.deep.equal([]);
    expect(await stateOf(lost)).to.equal('ALIVE');
  });

  it('ends nobody while its own beats do not come through', async () => {
    world.freeze(lost);
    world.freeze(member);
    world.clock.jump(LEASE_MS + 1);
    await world.sweep(member);
    world.clock.jump(SIGHT_MS);
    expect((await world.sweep(member)).ended).to.deep.equal([]);
  });

  it("ends nobody when the database's clock jumps ahead and everybody beats on", async () => {
    world.clock.wallAheadMs += 10 * MINUTE_MS;
    expect((await world.sweep(member)).ended).to.deep.equal([]);
    await world.pass(SIGHT_MS);
    expect((await world.sweep(member)).ended).to.deep.equal([]);
    expect([await stateOf(lost), await stateOf(member)]).to.deep.equal(['ALIVE', 'ALIVE']);
  });

  it("ends a dead one although the database's clock was set back and its lease lies far ahead", async () => {
    world.freeze(lost);
    await world.pass(1_000);
    world.clock.wallAheadMs -= 10 * MINUTE_MS;
    await world.pass(3_000);
    await world.sweep(member);
    await world.pass(SIGHT_MS);
    expect((await world.sweep(member)).ended).to.deep.equal(idsOf(lost));
  });

  it('is final: an ended instance cannot beat itself back', async () => {
    await outlive(lost);
    await world.sweep(member);
    await world.beat(lost);
    expect(await stateOf(lost)).to.equal('DEAD');
    expect(lost.lease.holds()).to.equal(false);
  });
});

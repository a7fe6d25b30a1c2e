// A record whose insert had no reply: the call is made only if the record stands; else its caller is told, and the record
// is taken away, now or when it comes late.
import { expect } from 'chai';
import type { Database } from '../../../runtime/db/database.js';
import { Abandoned } from '../../../runtime/retry/abandoned.js';
import { FakeClock } from '../../../runtime/testing/fake-clock.js';
import { Caller, records, rejection } from '../../support/calls.js';
import { eachDatabase } from '../../support/databases.js';
import { type LossyDatabase, lossy } from '../../support/lossy.js';

const ORDER = { id: 17 };

eachDatabase((test) => {
  let database: Database;
  let way: LossyDatabase;
  let calls: number;
  let one: Caller;

  before(async () => {
    database = await test.openTestDatabase();
  });
  beforeEach(async () => {
    await database.execute('DELETE FROM job_beforehand_retry WHERE 1 = 1', []);
    way = lossy(database);
    calls = 0;
    one = await new Caller(way, { charge: () => ++calls }, { leaseMs: 1_000 }).join();
  });

  it('is looked for, and if it stands the call is made', async () => {
    way.fates.push('lost reply');
    expect(await one.payment.charge(ORDER, 'card')).to.equal(1);
    expect((await records(database)).map(({ state }) => state)).to.deep.equal(['SUCCEEDED']);
  });

  it('is refused if it does not stand, and nothing was called', async () => {
    way.fates.push('lost request');
    expect((await rejection(one.payment.charge(ORDER, 'card'))).code).to.equal('DJ6005');
    expect([calls, await records(database)]).to.deep.equal([0, []]);
  });

  it('is taken away when it stands and nobody could tell', async () => {
    way.fates.push('lost reply');
    way.failReads = 1;
    expect((await rejection(one.payment.charge(ORDER, 'card'))).code).to.equal('DJ6005');
    await one.services.detach('The test is over');
    expect([calls, await records(database)]).to.deep.equal([0, []]);
  });

  it('is taken away when it comes late', async () => {
    way.fates.push('late');
    expect((await rejection(one.payment.charge(ORDER, 'card'))).code).to.equal('DJ6005');
    await way.applyLate();
    expect(await records(database)).to.have.length(1);
    await one.services.detach('The test is over');
    expect([calls, await records(database)]).to.deep.equal([0, []]);
  });

  it('is refused at once if the server says no, and the next call goes well', async () => {
    way.fates.push('refused');
    expect((await rejection(one.payment.charge(ORDER, 'card'))).code).to.equal('DJ6005');
    expect(await one.payment.charge(ORDER, 'card')).to.equal(1);
  });

  it('abandoned ids are tried for a lease, and only rows in the state that the insert gave them go', async () => {
    const clock = new FakeClock();
    await one.payment.charge(ORDER, 'card');
    const [row] = await records(database);
    const abandoned = new Abandoned(one.instance, clock);
    abandoned.add([row?.id ?? '', 'never came']);
    expect(clock.pending).to.equal(1);
    await abandoned.clean();
    expect([abandoned.size, (await records(database)).length]).to.deep.equal([2, 1]);
    clock.jump(1_000);
    await abandoned.clean();
    expect(abandoned.size).to.equal(0);
  });
});

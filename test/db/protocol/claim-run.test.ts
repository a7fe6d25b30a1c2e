// A run of a job with a claim: batch after batch until no row waits, and what becomes of rows when a handler settles them
// itself, throws, is told to stop, or is cut off.
import { expect } from 'chai';
import { ClaimKeys } from '../../../runtime/claim/keys.js';
import type { ClaimContext, ClaimDefinition } from '../../../runtime/claim-types.js';
import { type Clock, systemClock } from '../../../runtime/clock.js';
import { DalJobError } from '../../../runtime/errors.js';
import { ClaimDesk } from '../../../runtime/run/claim-desk.js';
import { ClaimedRun } from '../../../runtime/run/claimed-run.js';
import { Events } from '../../../runtime/run/events.js';
import { addRows, COUNTED, groups, makeTable, openClaim, orders, set, TABLE } from '../../support/claim-table.js';
import { Turns } from '../../support/event-loop.js';
import { type LossyDatabase, lossy } from '../../support/lossy.js';
import { eachWorld, type Member } from '../../support/world.js';

type Context = ClaimContext<'ship', { id: number }, object>;
type Handler = (context: Context) => unknown;

eachWorld((world) => {
  let member: Member;
  let database: LossyDatabase;
  let keys: ClaimKeys;
  let events: Events;
  let controller: AbortController;
  let clock: Clock;
  let run: ClaimedRun;

  beforeEach(async () => {
    await makeTable(world.database);
    database = lossy(world.database);
    member = await world.member({ database });
    [keys, events, controller, clock] = [new ClaimKeys(), new Events(), new AbortController(), systemClock];
  });

  const deps = () => ({ ...member, clock, events });
  const context = () => ({ job: 'ship', signal: controller.signal });

  /** Runs it; what it threw. */
  const work = async (handler: Handler, over: Partial<ClaimDefinition> = {}): Promise<unknown> => {
    run = new ClaimedRun({ ...deps(), keys }, await openClaim(world.database, over));
    const call = run.wrap(handler as (context: object) => unknown);
    return call(context()).catch((error: unknown) => error);
  };

  it('hands over batch after batch until no row waits, also of rows that arrive meanwhile', async () => {
    await addRows(world.database, 1, 25);
    const batches: number[] = [];
    await work(async ({ rows }) => {
      batches.push(rows.length);
      if (batches.length === 2) await addRows(world.database, 26, 30);
    });
    expect(batches).to.deep.equal([10, 10, 10]);
    expect(await groups(world.database)).to.deep.equal(['SHIPPED 1-30']);
    expect(run.note).to.equal('rows: 30 done');
    expect(keys.abandoned()).to.deep.equal([]);
  });

  it('lets the process do other things between two batches, also where the database answers at once', async () => {
    await addRows(world.database, 1, 100);
    const turns = new Turns();
    const seen = new Set<number>();
    await work(async ({ rows }) => void seen.add(rows.length > 0 ? turns.count : -1));
    turns.stop();
    expect(await groups(world.database)).to.deep.equal(['SHIPPED 1-100']);
    expect(seen.size, 'turns of the event loop in which batches were handled').to.equal(10);
  });

  it('works on several batches at once, on none of the rows twice', async () => {
    await addRows(world.database, 1, 80);
    let [now, most] = [0, 0];
    const seen: number[] = [];
    const handler: Handler = async ({ rows }) => {
      most = Math.max(most, ++now);
      seen.push(...rows.map(({ id }) => id));
      await new Promise((resolve) => setTimeout(resolve, 20));
      now -= 1;
    };
    expect(await work(handler, { concurrency: 3 })).to.equal(undefined);
    expect(most).to.be.within(2, 3);
    expect(seen.sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 80 }, (_, at) => at + 1));
  });

  it('ends as failed when a handler throws: what it had not settled is released, what it had stays settled', async () => {
    await addRows(world.database, 1, 12);
    const error = await work(async ({ rows, done }) => {
      await done(rows[0] as { id: number });
      throw new RangeError('no');
    });
    expect(error).to.be.instanceOf(RangeError);
    expect((await groups(world.database)).map((group) => group.split(' ')[0])).to.deep.equal(['PAID', 'SHIPPED']);
    expect(run.counts).to.deep.equal({ done: 1, failed: 0, released: 9, changed: 0 });
  });

  it('takes a failed row again in a later run, and gives it up when its attempts are used up', async () => {
    await addRows(world.database, 1, 3);
    const given: boolean[] = [];
    const handler: Handler = async ({ rows, fail }) => {
      for (const row of rows) if (row.id === 2) given.push(await fail(row, new Error('not this one')));
    };
    for (let turn = 0; turn < 3; turn += 1) await work(handler, COUNTED);
    expect(given).to.deep.equal([false, false, true]);
    expect(await groups(world.database)).to.deep.equal(['FAILED 2', 'SHIPPED 1 3']);
    expect((await orders(world.database)).map(({ tries }) => tries)).to.deep.equal([1, 3, 1]);
  });

  it('gives up at once where nothing counts attempts, and gives back where nothing says how to give up', async () => {
    await addRows(world.database, 1, 1);
    const handler: Handler = ({ rows, fail }) => fail(rows[0] as { id: number }, 'no');
    await work(handler);
    expect(await groups(world.database)).to.deep.equal(['PAID 1']);
    await work(handler, { failed: { group: 'FAILED' } });
    expect(await groups(world.database)).to.deep.equal(['FAILED 1']);
  });

  it('gives up rows that were handed over too often without a word, and without a pause before those behind them', async () => {
    await addRows(world.database, 1, 6);
    for (let id = 1; id <= 5; id += 1) await set(world.database, id, { tries: 3 });
    const told: number[] = [];
    events.on('rows.givenUp', ({ count }) => told.push(count));
    clock = { ...systemClock, setTimer: () => expect.fail('a pause') };
    expect(await work(({ rows }) => rows, { ...COUNTED, batch: 1 })).to.equal(undefined);
    expect(await groups(world.database)).to.deep.equal(['FAILED 1-5', 'SHIPPED 6']);
    expect(told).to.deep.equal([1, 1, 1, 1, 1]);
  });

  it('gives back what its handler answers for with "released", for a later run, and settles what it settled itself', async () => {
    await addRows(world.database, 1, 12);
    const seen: number[] = [];
    const error = await work(async ({ rows, done }) => {
      seen.push(...rows.map(({ id }) => id));
      await done(rows[0] as { id: number });
      return 'released';
    });
    expect(error).to.equal(undefined);
    expect(seen).to.have.length(12); // each once: this run does not take again what it gives back
    expect(run.counts).to.deep.equal({ done: 2, failed: 0, released: 10, changed: 0 });
    expect((await groups(world.database)).map((group) => group.split(' ')[0])).to.deep.equal(['PAID', 'SHIPPED']);
    await work(async () => 'released');
    expect(run.counts).to.deep.equal({ done: 0, failed: 0, released: 10, changed: 0 });
    expect(keys.abandoned()).to.deep.equal([]);
  });

  it('settles with the effect in one transaction, or releases what was rolled back', async () => {
    await addRows(world.database, 1, 3);
    await work(async ({ rows, done, transaction }) => {
      for (const row of rows) {
        const effect = transaction(async (t) => {
          await database.sequelize.query(`UPDATE \`${TABLE}\` SET flag = 1 WHERE id = ${row.id}`, { transaction: t });
          expect(await done(row, { transaction: t })).to.equal(true);
          if (row.id === 2 && row === rows[1]) throw new Error('rolled back');
        });
        await effect.catch(() => {});
      }
    });
    expect(await groups(world.database)).to.deep.equal(['PAID 2', 'SHIPPED 1 3']);
    expect(run.counts).to.deep.equal({ done: 2, failed: 0, released: 1, changed: 0 });
  });

  it('says of a single row that the application changed it, and that it is settled or nobody knows it', async () => {
    await addRows(world.database, 1, 2);
    const said: unknown[] = [];
    await work(async ({ rows, done }) => {
      const [first, second] = rows as [{ id: number }, { id: number }];
      await set(world.database, first.id, { group: 'CANCELLED' });
      said.push(await done(first), await done(second));
      said.push(await done(second).catch(({ code }) => code));
      said.push(await done({ id: 1 }).catch(({ code }) => code));
    });
    expect(said).to.deep.equal([false, true, 'DJ7002', 'DJ7002']);
    expect(await groups(world.database)).to.deep.equal(['CANCELLED 1', 'SHIPPED 2']);
  });

  it('settles nothing by returning once its signal is aborted, and takes nothing more', async () => {
    await addRows(world.database, 1, 30);
    let calls = 0;
    await work(async ({ rows, done }) => {
      calls += 1;
      await done(rows[0] as { id: number });
      controller.abort(new DalJobError('DJ3004', 'timeout'));
    });
    expect(calls).to.equal(1);
    expect(run.counts).to.deep.equal({ done: 1, failed: 0, released: 9, changed: 0 });
    expect((await orders(world.database)).filter(({ claim_key }) => claim_key !== null)).to.deep.equal([]);
  });

  it('settles and releases nothing after its lease is lost, and says so to who tries', async () => {
    await addRows(world.database, 1, 5);
    let code: unknown;
    const error = await work(async ({ rows, done }) => {
      member.lease.lose();
      controller.abort(new DalJobError('DJ3002', 'lost'));
      code = await done(rows[0] as { id: number }).catch((thrown: DalJobError) => thrown.code);
    });
    expect([error, code]).to.deep.equal([undefined, 'DJ7003']);
    expect(await groups(world.database)).to.deep.equal(['PAID! 1-5']);
  });

  it('tells the transaction of a row that others have by now to roll back', async () => {
    await addRows(world.database, 1, 1);
    let code: unknown;
    await work(async ({ rows, done, transaction }) => {
      await set(world.database, 1, { claim_key: 'of somebody else' });
      const effect = transaction((t) => done(rows[0] as { id: number }, { transaction: t }));
      code = await effect.catch((thrown: DalJobError) => thrown.code);
    });
    expect(code).to.equal('DJ7003');
    expect(await groups(world.database)).to.deep.equal(['PAID! 1']);
  });

  it('releases rows that the handler has not looked at', async () => {
    await addRows(world.database, 1, 2);
    const error = await work(async () => {});
    expect((error as DalJobError).code).to.equal('DJ7004');
    expect(await groups(world.database)).to.deep.equal(['PAID 1-2']);
  });

  for (const [fate, left] of [
    ['lost reply', ['PAID! 1-5']],
    ['lost request', ['SHIPPED 1-5']],
    ['refused', ['SHIPPED 1-5']],
  ] as const) {
    it(`goes on after a stamp met "${fate}"; the sweep frees what it left, uncounted`, async () => {
      await addRows(world.database, 1, 5);
      const claim = await openClaim(world.database, { ...COUNTED, batch: 5 });
      const desk = new ClaimDesk(deps(), new Map([['ship', claim]]));
      const ship = () => desk.open('ship').claimed?.wrap((given) => (given as Context).rows)(context());
      database.fates.push(fate);
      await ship();
      expect(await groups(world.database)).to.deep.equal(left);
      await desk.tick(false);
      await ship();
      expect((await orders(world.database)).map(({ group, tries }) => `${group} ${tries}`)).to.deep.equal(
        Array(5).fill('SHIPPED 1'),
      );
    });
  }

  it('settles a batch whose settlement was answered by nobody, once', async () => {
    await addRows(world.database, 1, 3);
    const error = await work(({ rows }) => {
      database.fates.push('lost reply');
      return rows;
    });
    expect(error).to.equal(undefined);
    expect(await groups(world.database)).to.deep.equal(['SHIPPED 1-3']);
  });
});

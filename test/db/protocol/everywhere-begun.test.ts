// Jobs that run on every instance, where a fire's rows could not be written at once: each fire has one end, told once.
import { expect } from 'chai';
import type { MultiDecision, MultiRun } from '../../../runtime/lock/multi.js';
import { Everywhere } from '../../../runtime/run/everywhere.js';
import { job } from '../../support/jobs.js';
import { type LossyDatabase, lossy } from '../../support/lossy.js';
import { eachWorld, type Member } from '../../support/world.js';

const MINUTE_MS = 60_000;

eachWorld((world) => {
  const every = job('every', { globalSingle: false });
  let database: LossyDatabase;
  let member: Member;
  let everywhere: Everywhere;
  let started: MultiRun[];
  let told: string[];
  let busy: boolean;

  const room = {
    hasSlot: () => true,
    isBusy: () => busy,
    mayStart: () => true,
    start: (run: MultiRun) => void started.push(run),
    tell: ({ outcome, count }: MultiDecision) => void told.push(`${outcome} x${count}`),
  };
  const tick = () => everywhere.tick(world.now, room);

  beforeEach(async () => {
    [started, told, busy] = [[], [], false];
    database = lossy(world.database);
    member = await world.member({ database });
    await world.register(member, every);
    everywhere = new Everywhere(member.instance, [every]);
    await tick();
  });

  it('that retired while it was thought dead has what it left out written down when it comes back', async () => {
    await world.set('every', { retired: 1 });
    for (let minute = 0; minute < 3; minute += 1) {
      await world.pass(MINUTE_MS);
      await tick();
    }
    expect(await world.log()).to.deep.equal([]);
    await world.register(member, every);
    await tick();
    expect(await world.story()).to.deep.equal(['+120 #0 missed x2', '+180 #1 running']);
    expect(told).to.deep.equal(['missed x2']);
  });

  it('whose start was answered by nobody is not skipped when a manual run comes between: it waits for its end', async () => {
    await world.pass(MINUTE_MS);
    database.fates.push('lost reply');
    database.failReads = 1;
    expect(await tick().catch(() => 'failed')).to.equal('failed');
    busy = true;
    await world.pass(MINUTE_MS);
    await tick();
    expect(await world.story()).to.deep.equal(['+60 #1 running']);
    expect([started, told]).to.deep.equal([[], []]);
    busy = false;
    await tick();
    expect(started.map(({ fireMs }) => world.now - fireMs)).to.deep.equal([MINUTE_MS]);
  });

  it('that was skipped, as nobody said, is not run when the slot is free', async () => {
    busy = true;
    await world.pass(MINUTE_MS);
    database.fates.push('lost reply');
    expect(await tick().catch(() => 'failed')).to.equal('failed');
    busy = false;
    await tick();
    expect(await world.story()).to.deep.equal(['+60 #0 skipped (overlap)']);
    expect([started, told]).to.deep.equal([[], ['skipped x1']]);
  });

  it('is told as missed once, however often its start is tried', async () => {
    await world.pass(3 * MINUTE_MS);
    database.fates.push('fine', 'refused', 'refused');
    for (let time = 0; time < 2; time += 1) expect(await tick().catch(() => 'failed')).to.equal('failed');
    await tick();
    await tick();
    expect(told).to.deep.equal(['missed x2']);
    expect(await world.story()).to.deep.equal(['+120 #0 missed x2', '+180 #1 running']);
  });
});

// A pause of a job that runs on every instance, for an instance that was busy or asleep: each fire is told once, and none of
// the pause's is run.
import { expect } from 'chai';
import type { MultiDecision, MultiRun } from '../../../runtime/lock/multi.js';
import { pauseStep, resumeStep } from '../../../runtime/lock/request.js';
import { Everywhere } from '../../../runtime/run/everywhere.js';
import { job } from '../../support/jobs.js';
import { eachWorld, type Member } from '../../support/world.js';

const MINUTE_MS = 60_000;

eachWorld((world) => {
  const every = job('every', { globalSingle: false });
  let member: Member;
  let everywhere: Everywhere;
  let told: MultiDecision[];
  let busy: Set<string>;

  const room = {
    hasSlot: () => true,
    isBusy: (name: string) => busy.has(name),
    mayStart: () => true,
    start: (_run: MultiRun) => {},
    tell: (decision: MultiDecision) => void told.push(decision),
  };
  const pause = () => world.run(() => pauseStep(member.instance, 'every'));
  const resume = () => world.run(() => resumeStep(member.instance, 'every', every));

  beforeEach(async () => {
    [told, busy] = [[], new Set()];
    member = await world.member();
    await world.register(member, every);
    everywhere = new Everywhere(member.instance, [every]);
    await everywhere.tick(world.now, room);
  });

  it('that an instance slept through leaves its fires out once: they are neither missed nor run', async () => {
    await world.pass(30_000);
    await pause();
    await world.pass(3 * MINUTE_MS);
    await resume();
    await everywhere.tick(world.now, room);
    expect(await world.story()).to.deep.equal(['+180 #0 skipped x3 (paused)']);
    await world.pass(MINUTE_MS);
    await everywhere.tick(world.now, room);
    expect(await world.story()).to.deep.equal(['+180 #0 skipped x3 (paused)', '+240 #1 running']);
  });

  it('that an instance slept into: what came before is missed, the rest is the pause', async () => {
    await world.pass(2 * MINUTE_MS + 30_000);
    await pause();
    await world.pass(2 * MINUTE_MS);
    await everywhere.tick(world.now, room);
    await world.pass(MINUTE_MS);
    await everywhere.tick(world.now, room);
    await resume();
    await world.pass(MINUTE_MS);
    await everywhere.tick(world.now, room);
    expect(await world.story()).to.deep.equal(['+120 #0 missed x2', '+300 #0 skipped x3 (paused)', '+360 #1 running']);
  });

  it('that an instance slept through, and before and behind: each fire is told once', async () => {
    await world.pass(2 * MINUTE_MS + 30_000);
    await pause();
    await world.pass(2 * MINUTE_MS);
    await resume();
    await world.pass(2 * MINUTE_MS);
    await everywhere.tick(world.now, room);
    expect(await world.story()).to.deep.equal([
      '+120 #0 missed x2',
      '+240 #0 skipped x2 (paused)',
      '+300 #0 missed x1',
      '+360 #1 running',
    ]);
    expect(told.map(({ outcome, count }) => [outcome, count])).to.deep.equal([
      ['missed', 2],
      ['missed', 1],
    ]);
  });

  it('that begins while it runs there: the fires are the pause, and do not overlap', async () => {
    busy.add('every');
    await pause();
    for (let minute = 0; minute < 2; minute += 1) {
      await world.pass(MINUTE_MS);
      await everywhere.tick(world.now, room);
    }
    await resume();
    expect(await world.story()).to.deep.equal(['+120 #0 skipped x2 (paused)']);
  });
});

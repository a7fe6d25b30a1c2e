// Two instances that work on one job at the same time, and one that is killed: whatever comes between whichever two statements,
// the rules hold, every fire is served or recorded, and the job goes on firing.
// DAL_JOB_TEST_INTERLEAVE=full changes sides three times instead of twice, on both servers: an hour.
import { expect } from 'chai';
import type { AcquireResult } from '../../../runtime/lock/acquire.js';
import { resumeStep } from '../../../runtime/lock/request.js';
import { MONDAY_MS } from '../../../runtime/testing/fake-clock.js';
import { every, KILLED, other, PAIRS, type Scene, stage } from '../../support/acts.js';
import { Gated, interleave } from '../../support/gated.js';
import { eachWorld, held, type Member } from '../../support/world.js';

const MINUTE_MS = 60_000;
const LEASE_MS = 15_000;
const SIGHT_MS = 6_000;
const ALL = 99;
const FULL = process.env.DAL_JOB_TEST_INTERLEAVE === 'full';
/** Acts after which a fire may be recorded without its count, or have another name. */
const INEXACT = /pause|resume|redefine|rename/;

eachWorld(
  (world, test) => {
    const through = (member: Member, { database }: Gated): Member => ({
      ...member,
      instance: { ...member.instance, database },
    });

    /** Fires that have a run or a decision. */
    async function recorded(name: string): Promise<number> {
      const lines = (await world.log(name)).filter(({ manual, attempt }) => !manual && attempt <= 1);
      return lines.reduce((sum, { missed_count }) => sum + Number(missed_count ?? 1), 0);
    }

    /** One who is well serves everything, and nothing is left waiting. */
    async function goesOn(b: Member, exact: boolean): Promise<void> {
      const { name } = (await world.rows())[0] ?? { name: '' };
      const mine = [every, other].map((of) => ({ ...of, name }));
      await world.run(() => resumeStep(b.instance, name, null));
      await world.register(b, ...mine.slice(0, 1));
      for (let round = 0; round < 8; round += 1) {
        await world.pass(MINUTE_MS / 2);
        await world.sweep(b);
        for (const run of (await world.acquire(b, ...mine.slice(0, 1))).acquired) await world.finish(b, held(run));
      }
      const row = await world.row(name);
      expect(row).to.include({ status: 'IDLE', rerun_fire_at: null, trigger_at: null, queued_fire_at: null });
      expect(row.fire_at, 'the newest fire').to.be.greaterThan(world.now - MINUTE_MS);
      const fires = Math.floor((row.fire_at - MONDAY_MS) / MINUTE_MS);
      if (exact) expect(await recorded(name), 'fires served or recorded').to.equal(fires);
      await world.check();
    }

    /** Whoever has the run now finishes it. */
    async function finishAll({ a, run }: Scene, results: readonly unknown[]): Promise<void> {
      const acquired = results.flatMap((result) => (result as AcquireResult | undefined)?.acquired ?? []);
      expect(acquired.length, 'runs handed out').to.be.lessThan(2);
      for (const one of acquired) await world.finish(a, held(one));
      const [line] = (await world.log()).filter(({ outcome }) => outcome === 'running');
      if (run !== null && line !== undefined) await world.finish(a, { ...run, logId: line.id });
    }

    async function told(what: string, work: () => Promise<void>): Promise<void> {
      try {
        await work();
      } catch (error) {
        const story = (await world.story()).join('; ');
        throw new Error(`${what}\n${story}\n${(error as Error).message}`, { cause: error });
      }
    }

    /** How many statements each of the two sent. */
    async function meet(name: string, sides: readonly [number, number], swap: boolean): Promise<[number, number]> {
      const [state, ...acts] = PAIRS[name] as (typeof PAIRS)[string];
      await world.begin();
      const scene = await stage(world, state);
      const one = await Gated.open(world.database, test.url);
      const two = await Gated.open(world.database, test.url);
      const outcomes = [
        await one.begin(() => acts[0](through(scene.a, one), scene, world)),
        await two.begin(() => acts[1](through(scene.b, two), scene, world)),
      ];
      await (swap ? interleave(two, one, sides) : interleave(one, two, sides));
      await Promise.all([one.close(), two.close()]);
      await told(`${sides.join('/')}: ${one.sent.join(' | ')} || ${two.sent.join(' | ')}`, async () => {
        for (const { error } of outcomes) if (error !== undefined) throw error;
        await world.check();
        await finishAll(
          scene,
          outcomes.map(({ result }) => result),
        );
        await goesOn(scene.b, !INEXACT.test(name));
      });
      return [one.sent.length, two.sent.length];
    }

    for (const name of Object.keys(PAIRS)) {
      it(`keeps the rules whatever comes in between: ${name}`, async function () {
        this.timeout(600_000);
        for (const swap of [false, true]) {
          let lengths = await meet(name, [ALL, 0], swap); // the one alone, then the other
          if (swap) lengths = [lengths[1], lengths[0]];
          for (let k = 0; k < lengths[0]; k += 1)
            for (let j = FULL ? 1 : ALL; j <= (FULL ? lengths[1] : ALL); j += 1) await meet(name, [k, j], swap);
        }
      });
    }

    for (const [name, [state, act]] of Object.entries(KILLED)) {
      it(`goes on after a kill before any statement of: ${name}`, async function () {
        this.timeout(600_000);
        let sent: readonly string[] = [];
        for (let k = 0; !(sent.at(-1) === 'COMMIT' && sent.length < k); k += 1) {
          await world.begin();
          const scene = await stage(world, state);
          const one = await Gated.open(world.database, test.url);
          await one.begin(() => act(through(scene.a, one), scene, world));
          for (let at = 0; at < k; at += 1) await one.one();
          one.kill();
          sent = one.sent;
          world.freeze(scene.a);
          await world.pass(LEASE_MS + 1);
          await world.sweep(scene.b);
          await world.pass(SIGHT_MS);
          await told(`killed after ${sent.join(' | ')}`, () => goesOn(scene.b, !INEXACT.test(name)));
        }
      });
    }
  },
  { dialects: FULL ? ['mysql', 'mariadb'] : ['mysql'] },
);

// What instances do to one job's row, each as a work of statements, and the states of the row in which they meet. For tests that
// let two of them interleave, or kill one. What must hold: each is the runtime's own step, driven through the member's database.
import { stopwatch } from '../../runtime/clock.js';
import type { Step } from '../../runtime/db/step.js';
import { acquire } from '../../runtime/lock/acquire-batch.js';
import {
  attemptAfter,
  finishManyStep,
  finishStep,
  giveBackStep,
  type Held,
  handOverStep,
  nextAttemptStep,
} from '../../runtime/lock/finish.js';
import { endingWithout } from '../../runtime/lock/logRow.js';
import { keepRegistered, register } from '../../runtime/lock/register.js';
import { renameStep } from '../../runtime/lock/rename.js';
import { pauseStep, resumeStep, triggerStep } from '../../runtime/lock/request.js';
import { findOrphans, freeOrphanStep } from '../../runtime/lock/sweep.js';
import { job, retry } from './jobs.js';
import type { Member, World } from './world.js';

const MINUTE_MS = 60_000;

/** Every minute; what it is redefined to. */
export const every = job('every', { onLost: 'rerun', retry: retry(2), overlap: 'queue' });
export const other = job('every', { cron: '*/2 * * * *' });

/**
 * due: a fire waits. paused: since two fires. running: `a` has it. overlap: and two more fires are due. orphan: `a` has it and
 * was ended.
 */
export type State = 'due' | 'paused' | 'running' | 'overlap' | 'orphan';

export interface Scene {
  readonly a: Member;
  readonly b: Member;
  readonly run: Held | null;
}

export type Act = (member: Member, scene: Scene, world: World) => Promise<unknown>;

export async function stage(world: World, state: State): Promise<Scene> {
  const [a, b] = [await world.member(), await world.member()];
  await world.register(a, every);
  await world.pass(MINUTE_MS);
  if (state === 'paused') {
    await world.run(() => pauseStep(a.instance, 'every'));
    await world.pass(2 * MINUTE_MS);
  }
  if (state === 'due' || state === 'paused') return { a, b, run: null };
  const run = await world.take(a, every);
  if (state === 'overlap') await world.pass(2 * MINUTE_MS);
  const dead = `UPDATE ${world.database.tables.job_instance} SET state = 'DEAD' WHERE id = ?`;
  if (state === 'orphan') await world.database.execute(dead, [a.instance.id]);
  return { a, b, run };
}

const step =
  (make: (instance: Member['instance'], run: Held) => Step<unknown>): Act =>
  ({ instance }, { run }) =>
    instance.database.transaction(() => make(instance, run as Held) as never);

const take: Act = (member, _, { clock }) =>
  acquire({ ageMs: stopwatch(clock), ...member }, [{ job: every, mayRun: true }]);
const sweep: Act = async ({ instance }) => {
  for (const orphan of await findOrphans(instance))
    await instance.database.transaction(() => freeOrphanStep(instance, orphan));
};
const finish = step((who, run) => finishStep(who, run, endingWithout('succeeded')));
const finishMany = step((who, run) => finishManyStep(who, [run]));
const handOver = step((who, run) => handOverStep(who, run, endingWithout('cancelled')));
const giveBack = step((who, run) => giveBackStep(who, run.run.acqId));
const nextAttempt = step((who, run) =>
  nextAttemptStep(who, run, { next: attemptAfter(run), ending: endingWithout('failed') }),
);
const trigger = step((who) => triggerStep(who, { job: 'every', input: '{"a":1}', force: true }));
const pause = step((who) => pauseStep(who, 'every'));
const resume = step((who) => resumeStep(who, 'every', every));
const rename = step((who) => renameStep(who, { from: 'every', to: 'renamed', configHash: 'v1' }));
const redefine: Act = ({ instance }) => register(instance, [other], { takeOver: true });
const retire: Act = async ({ instance }, _, world) => {
  await world.set('every', { def_config: 'gone' });
  return keepRegistered(instance, []);
};

export const PAIRS: Readonly<Record<string, readonly [State, Act, Act]>> = {
  'acquire × acquire': ['due', take, take],
  'acquire × sweep': ['orphan', take, sweep],
  'acquire × redefine': ['due', take, redefine],
  'acquire × retire': ['due', take, retire],
  'acquire × pause': ['due', take, pause],
  'acquire × resume': ['paused', take, resume],
  'acquire × trigger': ['due', take, trigger],
  'acquire × rename': ['due', take, rename],
  'sweep × sweep': ['orphan', sweep, sweep],
  'finish × sweep': ['orphan', finish, sweep],
  'finishMany × sweep': ['orphan', finishMany, sweep],
  'nextAttempt × sweep': ['orphan', nextAttempt, sweep],
  'giveBack × sweep': ['orphan', giveBack, sweep],
  'handOver × sweep': ['orphan', handOver, sweep],
  'finish × overlap': ['overlap', finish, take],
  'finishMany × overlap': ['overlap', finishMany, take],
  'giveBack × overlap': ['overlap', giveBack, take],
  'nextAttempt × overlap': ['overlap', nextAttempt, take],
  'finish × trigger': ['running', finish, trigger],
  'finish × pause': ['running', finish, pause],
  'finish × redefine': ['overlap', finish, redefine],
  'finish × retire': ['overlap', finish, retire],
  'finish × rename': ['running', finish, rename],
  'trigger × trigger': ['due', trigger, trigger],
  'trigger × redefine': ['due', trigger, redefine],
  'redefine × redefine': ['due', redefine, redefine],
  'redefine × retire': ['due', redefine, retire],
};

export const KILLED: Readonly<Record<string, readonly [State, Act]>> = {
  acquire: ['due', take],
  overlap: ['overlap', take],
  finish: ['running', finish],
  finishMany: ['running', finishMany],
  nextAttempt: ['running', nextAttempt],
  handOver: ['running', handOver],
  giveBack: ['running', giveBack],
  sweep: ['orphan', sweep],
  redefine: ['overlap', redefine],
  pause: ['running', pause],
  resume: ['paused', resume],
  trigger: ['running', trigger],
  rename: ['due', rename],
};

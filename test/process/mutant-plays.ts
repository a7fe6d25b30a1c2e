// The plays of the mutants: for each layer of the protocol the shortest story in which it alone stands between the runtime
// and a broken invariant. The faults are aimed, not left to luck: what has to be late is held back by a proxy, and what
// has to sleep is stopped at the statement that matters. Without a mutation each of them must end without a violation.
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { TestProxy } from '../support/proxy.js';
import type { Plan, WitnessEvent } from '../support/witness-events.js';
import type { Actor } from './actor.js';
import { type TestJob, testJob } from './instance-options.js';
import { firesSince, liveRuns } from './scenes.js';
import type { Stage } from './stage.js';
import { BEAT, FINISH, LOCK, MARK_DEAD, TAKE } from './strikes.js';

export interface MutantPlay {
  readonly jobs: readonly TestJob[];
  readonly leaseMs: number;
  readonly plan?: Partial<Omit<Plan, 'jobs'>>;
  readonly act: (stage: Stage) => Promise<void>;
}

const LEASE_MS = 2_000;
/** A request that waits behind a closed gate reaches the server within this time after the gate opens. */
const PASSAGE_MS = 300;

/** One instance runs a short job; the other comes to the same fire when it is over. */
export const twoWithOneLate: MutantPlay = {
  leaseMs: LEASE_MS,
  jobs: jobsNamed('short', 3, [0, 10]),
  async act(stage) {
    const { proxy, url } = await stage.proxied();
    const late = proxy.inject(LOCK, { kind: 'delayRequest', ms: 300 }, 1_000);
    await Promise.all([stage.cast(), stage.cast({ url })]);
    const from = late.hits.length;
    await stage.until('both at several fires', () => firesSince(stage, 0) >= 15 && late.hits.length >= from + 4);
  },
};

/** A holder is frozen in the middle of its finish, and finishes after somebody else has begun the next run. */
export const frozenInFinish: MutantPlay = {
  leaseMs: LEASE_MS,
  jobs: jobsNamed('held', 1, [4_000, 4_000]),
  async act(stage) {
    const { proxy, url } = await stage.proxied();
    const sleeper = await stage.cast({ url, jobs: jobsNamed('held', 1, [100, 100]) });
    await freezeAt(sleeper, proxy, FINISH);
    await Promise.all([stage.cast(), stage.cast()]);
    const next = await stage.until('the next run', (events) => liveRuns(events).find(({ pid }) => pid !== sleeper.pid));
    await wake(sleeper, proxy);
    await stage.until('its end', (events) => events.some(({ event, n }) => event === 'END' && n > next.n), 10_000);
  },
};

/** A holder keeps its lease, its heartbeats slow. Whoever ends it all the same does so while it cannot hear of it until the next fire. */
export const slowHeartbeat: MutantPlay = {
  leaseMs: 7_000,
  jobs: jobsNamed('held', 2, [500, 500]),
  async act(stage) {
    const { proxy, url } = await stage.proxied();
    const late = proxy.inject(BEAT, { kind: 'delayRequest', ms: 1_250 }, 1_000);
    const holder = await stage.cast({ url, jobs: jobsNamed('held', 2, [30_000, 30_000]) });
    await stage.until('its runs', () => liveRuns(stage.events).length === 2);
    const sweeping = await stage.proxied();
    const marked = sweeping.proxy.inject(MARK_DEAD, { kind: 'delayRequest', ms: PASSAGE_MS });
    const other = await stage.cast({ url: sweeping.url });
    // the other one has to leave a living holder alone, for as long as it could take it for dead
    const isMarked = () => marked.hits.length > 0;
    if ((await stage.until('an end of the holder', isMarked, 18_000).catch(() => false)) === false) {
      expect(late.hits.length, 'slow heartbeats').to.be.above(3);
    } else {
      proxy.freeze();
      const isTaken = () => liveRuns(stage.events, other.pid).length > 0;
      await stage.until('a take-over', isTaken, 5_000).catch(() => {});
      proxy.thaw();
    }
    await holder.term();
  },
};

/** An instance is frozen in the middle of an acquire, for longer than its lease. */
export const frozenInAcquire: MutantPlay = {
  leaseMs: LEASE_MS,
  jobs: jobsNamed('held', 1, [4_000, 4_000]),
  async act(stage) {
    const { proxy, url } = await stage.proxied();
    const sleeper = await stage.cast({ url });
    await stage.until('an end', (events) => events.some(({ event }) => event === 'END'));
    await freezeAt(sleeper, proxy, TAKE);
    const other = await stage.cast();
    await stage.until('the end of the lease', () => other.count('instance.ended') > 0);
    await wake(sleeper, proxy);
    const from = stage.events.length;
    await stage.until('two more starts', () => firesSince(stage, from) >= 2, 15_000);
  },
};

/** Whoever ends a dead instance dies in that moment; a third one comes. */
export const sweeperThatDies: MutantPlay = {
  leaseMs: LEASE_MS,
  jobs: jobsNamed('held', 3, [1_000, 1_000]),
  plan: { recoveryMs: 7_000 },
  async act(stage) {
    const victim = await stage.cast();
    await stage.until('its runs', () => liveRuns(stage.events).length === 3);
    const { proxy, url } = await stage.proxied();
    const marked = proxy.inject(MARK_DEAD, { kind: 'eatReply' });
    await victim.kill9();
    const sweeper = await stage.cast({ url });
    await marked.first;
    await sweeper.kill9();
    const from = stage.events.length;
    await stage.cast();
    const { recoveryMs } = stage.plan;
    const recovered = () => firesSince(stage, from) >= 3;
    // whether it is recovered is the checker's to say: it must be given the time that was promised
    await stage.until('a recovery', recovered, recoveryMs + 2_500).catch(() => {});
  },
};

/** Runs that last longer than several ticks. */
export const twoLongRuns: MutantPlay = {
  leaseMs: LEASE_MS,
  jobs: jobsNamed('held', 2, [2_500, 2_500]),
  async act(stage) {
    await Promise.all([stage.cast(), stage.cast()]);
    await stage.until('two rounds', () => liveRuns(stage.events).length > 0 && endsOf(stage.events).length >= 4);
  },
};

/** A holder is frozen before its effect, and deaf; the next run has its effect first. */
export const frozenInHandler: MutantPlay = {
  leaseMs: LEASE_MS,
  jobs: [testJob('held', { holdMs: [300, 300], deaf: true })],
  async act(stage) {
    const sleeper = await stage.cast();
    const run = await stage.until('its run', () => liveRuns(stage.events, sleeper.pid)[0]);
    await sleeper.freeze();
    const other = await stage.cast();
    const isOther = (event: WitnessEvent) =>
      event.event === 'END' && event.pid === other.pid && event.outcome === 'returned';
    await stage.until('a run of the other one', (events) => events.some(isOther));
    expect(liveRuns(stage.events, sleeper.pid), 'the frozen run').to.deep.include(run);
    await sleeper.thaw();
    const isOver = () => !liveRuns(stage.events, sleeper.pid).some(({ key }) => key === run.key);
    await stage.until('the end of the frozen run', isOver);
  },
};

/** An instance and its fires. */
export const oneAlone: MutantPlay = {
  leaseMs: LEASE_MS,
  jobs: jobsNamed('short', 3, [20, 60]),
  async act(stage) {
    await stage.cast();
    await stage.until('some fires', () => firesSince(stage, 0) >= 12);
  },
};

function jobsNamed(name: string, count: number, holdMs: readonly [number, number]): readonly TestJob[] {
  return Array.from({ length: count }, (_, index) => testJob(`${name}${index}`, { holdMs }));
}

/** The instance sends that statement, sleeps, and the statement waits at the closed gate. */
async function freezeAt(sleeper: Actor, proxy: TestProxy, statement: RegExp): Promise<void> {
  await proxy.inject(statement, { kind: 'delayRequest', ms: 1 }).first;
  proxy.freeze();
  await sleeper.freeze();
}

/** The gate opens, the server answers, and only then does the instance wake. */
async function wake(sleeper: Actor, proxy: TestProxy): Promise<void> {
  proxy.thaw();
  await delay(PASSAGE_MS);
  await sleeper.thaw();
}

function endsOf(events: readonly WitnessEvent[]): WitnessEvent[] {
  return events.filter(({ event }) => event === 'END');
}

// Acts in which instances suffer: wrong clocks, a blocked event loop, a deaf handler, kills, a freeze, a canary, SIGTERM.
// Each waits until its fault has provably struck; none waits for a time to pass, but where time is the fault.
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { skewed } from '../support/clocks.js';
import type { TestProxy } from '../support/proxy.js';
import type { Start, WitnessEvent } from '../support/witness-events.js';
import type { Actor } from './actor.js';
import { type TestJob, testJob } from './instance-options.js';
import { castFour, chooseScale, findHolder, liveRuns, untilBack, untilResumed, usualJobs } from './scenes.js';
import type { Stage } from './stage.js';
import { commitOfAcquire } from './strikes.js';
import { perform, type Scene, type Theatre } from './theatre.js';

const { leaseMs, fires } = chooseScale();
const SKEWS_S = [-40, 0, 40, 3_600] as const;
const TIMEOUT_MS = 1_000;

/** Clocks skewed by −40 s, 0, +40 s and +1 h; an event loop blocked for five leases; a handler that ignores its abort. */
export async function wrongClocks(theatre: Theatre): Promise<void> {
  const library = theatre.faketime;
  const deaf = testJob('deaf', { deaf: true, timeoutMs: TIMEOUT_MS, holdMs: [4_000, 4_500] });
  const jobs = [deaf, testJob('spinning', { holdMs: [0, 0] })];
  const verdict = await perform(theatre, { name: 'clocks', jobs }, async ({ stage }) => {
    const skews = library === undefined ? [0, 0, 0, 0] : SKEWS_S;
    const actors = await Promise.all(
      skews.map((seconds) => stage.cast({ env: library === undefined ? {} : skewed(library, seconds) })),
    );
    for (const [index, actor] of actors.entries()) expect(skewOf(actor)).to.be.closeTo(skews[index] ?? 0, 5);
    await untilBack(stage, 0, fires);
    for (const { pid } of actors) expect(startsOf(stage.events, pid).length, `starts on pid ${pid}`).to.be.above(5);
    await spinForFiveLeases(stage);
    await untilBack(stage, 0, fires * 2);
    expect(deafOverruns(stage.events).length, 'handlers that went on past their timeout').to.be.above(2);
    expect(total(actors, 'run.zombie'), 'zombies reported').to.be.above(2);
  });
  expect(verdict.tally.effectsRejected, 'late effects of deaf handlers that the guard rejected').to.be.above(0);
}

async function spinForFiveLeases(stage: Stage): Promise<void> {
  const forMs = leaseMs * 5;
  const fireMs = Math.floor(Date.now() / 1_000) * 1_000 + 2_000;
  for (const actor of stage.actors) actor.ask({ spin: { job: 'spinning', fireMs, forMs } });
  const name = 'a spinning event loop';
  await stage.tell({ event: 'FAULT', name, isolates: false });
  const spinning = await stage.until('the run that spins', (events) => startOf(events, 'spinning', fireMs));
  const end = await stage.until('its end', (events) => endOf(events, spinning), forMs * 2);
  await stage.tell({ event: 'HEAL', name });
  expect(end.atMs - spinning.atMs, 'milliseconds of spinning').to.be.at.least(forMs);
  const spinner = stage.actors.find(({ pid }) => pid === spinning.pid);
  expect(spinner?.count('lease.lost'), 'leases lost by the spinner').to.equal(0);
}

/** Runs of `deaf` that overlapped with the next one. */
function deafOverruns(events: readonly WitnessEvent[]): Start[] {
  const starts = events.filter((event): event is Start => event.event === 'START' && event.job === 'deaf');
  return starts.filter((start) => (endOf(events, start)?.atMs ?? 0) - start.atMs > TIMEOUT_MS);
}

/** kill -9 in mid-handler, and between acquire and start. */
export async function kills(theatre: Theatre): Promise<void> {
  const unstarted: number[] = [];
  const verdict = await perform(theatre, { name: 'kills' }, async ({ stage, random }) => {
    const { proxy, url } = await stage.proxied();
    await castFour(stage, { url });
    for (let round = 0; round < 3; round += 1) {
      await killInRun(stage, ['long', 'longAgain', 'queueing'][round] ?? '', random);
      unstarted.push(await killBeforeStart(stage, proxy));
      await Promise.all([stage.cast({ url }), stage.cast({ url })]);
    }
    await untilBack(stage, 0, fires * 2);
    await proveUnstarted(theatre, stage, unstarted);
  });
  expect(verdict.tally.killsInRun, 'kills that ended a handler').to.be.at.least(3);
}

async function killInRun(stage: Stage, prefix: string, random: () => number): Promise<void> {
  await delay(500 * random()); // somewhere in its middle
  const { actor } = await stage.until(`a run of ${prefix}`, () => findHolder(stage, stage.actors, prefix));
  await actor.kill9();
}

/** In the moment that the database has committed its acquire, and before it hears of it. */
async function killBeforeStart(stage: Stage, proxy: TestProxy): Promise<number> {
  let insert = '';
  const aim = commitOfAcquire((sql) => {
    insert = sql;
  });
  await proxy.inject(aim, { kind: 'eatReply' }).first;
  const taker = stage.actors.find(({ ids }) => ids.some((id) => insert.includes(id)));
  if (taker === undefined) throw new Error(`nobody knows who sent ${insert}`);
  await taker.kill9();
  return taker.pid;
}

/** A row says that the instance took the run; the witness never saw it start. */
async function proveUnstarted({ server, kind }: Theatre, { events }: Stage, pids: readonly number[]): Promise<void> {
  const rows = await server.query<{ pid: number; job_name: string; fire_at: number }>(
    `SELECT i.pid, l.job_name, l.fire_at FROM kills_${kind}.job_log l JOIN kills_${kind}.job_instance i ON i.id = l.owner WHERE l.attempt > 0`,
  );
  for (const pid of pids) {
    const started = new Set(startsOf(events, pid).map(({ job, fireTimeMs }) => `${job} ${fireTimeMs}`));
    const taken = rows.filter((row) => row.pid === pid && !started.has(`${row.job_name} ${row.fire_at}`));
    expect(taken.length, `runs that pid ${pid} had taken and not started`).to.be.above(0);
  }
}

/** A holder frozen for three leases; a canary's changed definitions; SIGTERM under load. */
export async function freezes(theatre: Theatre): Promise<void> {
  // `*/1` is each second, too; written so, it is left out of the arithmetic, because the canary changes its schedule
  const moved = testJob('moved', { cron: '*/1 * * * * *' });
  const verdict = await perform(theatre, { name: 'freezes', jobs: [moved] }, async (scene) => {
    const { stage } = scene;
    const actors = await castFour(stage);
    await untilBack(stage, 0, 30);
    await freezeHolder(scene, 'long');
    await canaryThatDies(stage, actors);
    await stopUnderLoad(scene);
  });
  expect(verdict.tally.freezes).to.equal(1);
}

async function freezeHolder({ stage }: Scene, prefix: string): Promise<void> {
  const { actor, run } = await stage.until('a holder', () => findHolder(stage, stage.actors, prefix));
  await actor.freeze();
  const frozen = liveRuns(stage.events, actor.pid);
  expect(
    frozen.map(({ key }) => key),
    'the frozen runs',
  ).to.include(run.key);
  await delay(leaseMs * 3);
  // frozen inside a transaction it may hold the row for longer, until the server ends its session
  const others = (event: WitnessEvent) => event.event === 'START' && event.job === run.job && event.fence > run.fence;
  await stage.until('somebody to take the job over', (events) => events.some(others), stage.plan.recoveryMs);
  await actor.thaw();
  await stage.until('the end of the lease to be noticed', () => actor.count('lease.lost') > 0);
  await untilResumed(stage);
}

async function canaryThatDies(stage: Stage, usual: readonly Actor[]): Promise<void> {
  const from = stage.events.length;
  const jobs = [...usualJobs(), testJob('moved')].map(changed);
  const canary = await stage.cast({ jobs, configHash: 'canary' });
  await stage.until('fires of the canary', (events) => startsOf(events, canary.pid).length > 20);
  const short = (event: WitnessEvent): event is Start => event.event === 'START' && event.job.startsWith('short');
  const newest = new Set(
    stage.events
      .filter(short)
      .slice(-5)
      .map(({ pid }) => pid),
  );
  expect(newest, 'who runs the changed jobs').to.deep.equal(new Set([canary.pid]));
  await canary.kill9();
  await untilResumed(stage);
  await stage.until('the old schedule', (events) =>
    events.some((event) => event.event === 'START' && event.n > from && event.job === 'moved' && isBack(event, usual)),
  );
  expect(total(usual, 'job.registered'), 'the usual definitions registered again').to.be.above(0);
}

/** What decides whether two versions may run a job side by side; the fires stay the same, but for `moved`. */
function changed(job: TestJob): TestJob {
  return {
    ...job,
    overlap: job.overlap === 'skip' ? 'queue' : 'skip',
    cron: job.name === 'moved' ? '*/5 * * * * *' : job.cron,
  };
}

function isBack({ pid, fireTimeMs }: Start, usual: readonly Actor[]): boolean {
  return fireTimeMs % 5_000 !== 0 && usual.some((actor) => actor.pid === pid);
}

async function stopUnderLoad({ stage }: Scene): Promise<void> {
  const from = stage.events.length;
  for (const prefix of ['long', 'queueing']) {
    const { actor } = await stage.until('a load', () => findHolder(stage, stage.actors, prefix));
    await actor.term();
    const term = stage.events.findLast((event) => event.event === 'TERM');
    const running = liveRuns(stage.events.slice(0, term?.n), actor.pid);
    expect(running.length, 'runs going on at SIGTERM').to.be.above(0);
  }
  await untilBack(stage, from, fires);
}

/** Seconds by which its wall clock is ahead of ours. */
function skewOf({ reports }: Actor): number {
  const report = reports.find(({ event }) => event === 'up');
  return report === undefined ? Number.NaN : (report.wallMs - report.receivedMs) / 1_000;
}

function total(actors: readonly Actor[], event: string): number {
  return actors.reduce((sum, actor) => sum + actor.count(event), 0);
}

function startsOf(events: readonly WitnessEvent[], pid: number): Start[] {
  return events.filter((event): event is Start => event.event === 'START' && event.pid === pid);
}

function startOf(events: readonly WitnessEvent[], job: string, fireMs: number): Start | undefined {
  return events.find(
    (event): event is Start => event.event === 'START' && event.job === job && event.fireTimeMs === fireMs,
  );
}

function endOf(events: readonly WitnessEvent[], { job, key, attempt, pid, fence }: Start): WitnessEvent | undefined {
  return events.find(
    (event) =>
      event.event === 'END' &&
      event.job === job &&
      event.key === key &&
      event.attempt === attempt &&
      event.pid === pid &&
      event.fence === fence,
  );
}

// Acts in which the database suffers, or what lies between it and the instances: killed, frozen, replies to COMMIT lost
// or late, a clock that steps. Each waits until its fault has provably struck.
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { SteppedClock } from '../support/clocks.js';
import type { Fault, FaultHandle, Match, TestProxy } from '../support/proxy.js';
import type { TestServer } from '../support/server.js';
import type { Actor } from './actor.js';
import { recoveryLimits } from './plan.js';
import { castFour, chooseScale, firesSince, untilBack, untilResumed } from './scenes.js';
import type { Stage } from './stage.js';
import { commitOfAcquire, commitOfFinish, START_EVERYWHERE } from './strikes.js';
import { perform, type Theatre } from './theatre.js';

const { leaseMs, outageMs, fires, strikes } = chooseScale();
const FORWARD_S = 60;
const BACKWARD_S = 8;
/** Longer than a client waits for a statement, and shorter than the server keeps its silent session. */
const LATE_COMMIT_MS = 4_000;
const STRIKES_LIMIT_MS = 600_000;

/** The database killed and started again; frozen and thawed. */
export async function outages(theatre: Theatre): Promise<void> {
  const { server, clock } = theatre;
  await perform(theatre, { name: 'outages' }, async ({ stage }) => {
    const actors = await castFour(stage);
    await untilBack(stage, 0, 30);
    const before = server.pid;
    await outage(stage, 'the database is killed', {
      begin: () => server.kill9(),
      end: () => server.restart(clock === undefined ? {} : { env: clock.env }),
    });
    expect(server.pid, 'the process that came back').not.to.equal(before);
    const from = stage.events.length;
    await outage(stage, 'the database is frozen', {
      begin: async () => server.freeze(),
      end: async () => server.thaw(),
    });
    await untilBack(stage, from, fires);
    for (const { pid, count } of actors) expect(count('database.down'), `outages seen by pid ${pid}`).to.be.above(0);
  });
}

async function outage(
  stage: Stage,
  name: string,
  how: { begin(): Promise<void>; end(): Promise<void> },
): Promise<void> {
  await stage.tell({ event: 'FAULT', name, isolates: true });
  await how.begin();
  await delay(leaseMs);
  const quiet = stage.events.length;
  await delay(outageMs - leaseMs);
  expect(firesSince(stage, quiet), 'fires without a database').to.equal(0);
  await how.end();
  await stage.tell({ event: 'HEAL', name });
  await untilResumed(stage);
}

/** Replies to COMMIT that are lost, or later than the lease; COMMITs that arrive late; a network that goes silent. */
export async function lostReplies(theatre: Theatre): Promise<void> {
  await perform(theatre, { name: 'replies' }, async ({ stage }) => {
    const { proxy, url } = await stage.proxied();
    const other = await stage.proxied();
    const [, , ...cutOff] = await Promise.all(
      [url, url, other.url, other.url].map((through) => stage.cast({ url: through })),
    );
    await untilBack(stage, 0, 30);
    const strike = (name: string, fault: Fault, times: number) =>
      strikeCommits(stage, { name, times, inject: (aim) => proxy.inject(aim, fault, times) });
    const ms = leaseMs + 1_000;
    await strike('replies to COMMIT eaten', { kind: 'eatReply' }, strikes);
    // each of these stops an instance for as long as a statement may take
    const fewer = Math.ceil(strikes / 2);
    await strike('replies to COMMIT delayed', { kind: 'delayReply', ms }, fewer);
    await strike('COMMIT delayed', { kind: 'delayRequest', ms: LATE_COMMIT_MS }, fewer);
    await silence(stage, other.proxy, cutOff);
  });
}

interface Strike {
  readonly name: string;
  readonly times: number;
  readonly inject: (aim: Match) => FaultHandle;
}

async function strikeCommits(stage: Stage, { name, times, inject }: Strike): Promise<void> {
  await stage.tell({ event: 'FAULT', name, isolates: false });
  const handles = [commitOfAcquire(), commitOfFinish(), START_EVERYWHERE].map(inject);
  const struck = () => handles.every(({ hits }) => hits.length >= times);
  await stage.until(
    `${name}: ${times} of an acquire, of a finish and of a start on every instance`,
    struck,
    STRIKES_LIMIT_MS,
  );
  await stage.tell({ event: 'HEAL', name });
  await untilResumed(stage);
}

/** From the moment that an acquire is committed nothing gets through, for longer than a lease. */
async function silence(stage: Stage, proxy: TestProxy, behind: readonly Actor[]): Promise<void> {
  const from = stage.events.length;
  const commit = proxy.inject(commitOfAcquire(), { kind: 'delayReply', ms: 10 });
  await commit.first;
  proxy.freeze();
  const names = behind.map(({ pid }) => ({ pid, name: `silence around ${pid}` }));
  for (const { pid, name } of names) await stage.tell({ event: 'FAULT', name, isolates: true, pid });
  const isCut = () => behind.every((actor) => actor.count('lease.lost') > 0);
  await stage.until('the leases to be lost', isCut, leaseMs * 3);
  await delay(leaseMs);
  proxy.thaw();
  for (const { name } of names) await stage.tell({ event: 'HEAL', name });
  await untilBack(stage, from, fires);
}

/** The database's clock steps forward by a minute, and back by less. */
export async function clockSteps(theatre: Theatre, clock: SteppedClock): Promise<void> {
  const { server } = theatre;
  await server.restart({ env: clock.env });
  const resumeMs = recoveryLimits(leaseMs).resumeMs + BACKWARD_S * 1_000;
  await perform(theatre, { name: 'steps', plan: { resumeMs } }, async ({ stage }) => {
    const actors = await castFour(stage);
    await untilBack(stage, 0, 30);
    const before = actors.map((actor) => actor.count('lease.lost'));
    // told before it happens: what starts in between must not look early
    await stage.tell({ event: 'DATABASE_CLOCK', offsetMs: FORWARD_S * 1_000 });
    clock.step(FORWARD_S);
    await untilOffset(server, FORWARD_S);
    await untilResumed(stage);
    const from = stage.events.length;
    clock.step(FORWARD_S - BACKWARD_S);
    await untilOffset(server, FORWARD_S - BACKWARD_S);
    await stage.tell({ event: 'DATABASE_CLOCK', offsetMs: (FORWARD_S - BACKWARD_S) * 1_000 });
    await untilBack(stage, from, fires);
    // a step that ended leases would end them all; a single one may be lost to a machine that is busy
    const lost = actors.filter((actor, at) => actor.count('lease.lost') > (before[at] ?? 0));
    expect(lost.length, 'instances that lost their lease to a step of the clock').to.be.below(actors.length);
  });
  clock.step(0);
}

/** Waits until the server's clock is ahead of ours by so much; this is the proof of the fault, too. */
async function untilOffset(server: TestServer, seconds: number): Promise<void> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const [row] = await server.query<{ ms: number }>(
      "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) DIV 1000 AS ms",
    );
    const offsetMs = Number(row?.ms) - Date.now();
    if (Math.abs(offsetMs - seconds * 1_000) < 500) return;
    if (performance.now() > deadline) expect.fail(`the server's clock is ${offsetMs} ms ahead, not ${seconds} s`);
    await delay(50);
  }
}

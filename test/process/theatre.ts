// One database server of a test file's own, and the frame of every act on it: a stage, instances, the act, the verdict.
// An act that proves its faults happened calls `prove`; what it claims is checked before the verdict is believed.
// A verdict with violations is told with the seed, the slices, and where the whole log was kept.
import { expect } from 'chai';
import { describeViolations, type Verdict } from '../support/checker.js';
import { findFaketime, type SteppedClock, steppedClock } from '../support/clocks.js';
import type { ServerKind } from '../support/find-server.js';
import { scratchFolder } from '../support/scratch.js';
import type { TestServer } from '../support/server.js';
import { missingServer, startServer } from '../support/servers.js';
import type { Plan } from '../support/witness-events.js';
import { buildTree } from './build.js';
import type { TestJob } from './instance-options.js';
import { chooseSeed, randomFrom } from './random.js';
import { chooseScale, usualJobs } from './scenes.js';
import { keepLog, openStage, type Stage } from './stage.js';

export interface Theatre {
  readonly kind: ServerKind;
  readonly server: TestServer;
  /** Path of libfaketime; undefined on a machine without it. */
  readonly faketime: string | undefined;
  /** The server's clock, once it was restarted with `clock.env`. */
  readonly clock: SteppedClock | undefined;
  readonly seed: number;
  readonly script: string;
}

export interface Play {
  readonly name: string;
  /** Beside the usual ones. */
  readonly jobs?: readonly TestJob[];
  readonly plan?: Partial<Omit<Plan, 'jobs'>>;
}

export interface Scene {
  readonly stage: Stage;
  readonly random: () => number;
  readonly theatre: Theatre;
}

/** Declares the tests of one kind of server; skipped in sight where it is missing. */
export function onOwnServer(kind: ServerKind, declare: (theatre: () => Theatre) => void): void {
  const gap = missingServer(kind);
  describe(gap ? `on ${kind} (not tested: ${gap.reason})` : `on ${kind}`, () => {
    let theatre: Theatre | undefined;
    before(async function () {
      this.timeout(180_000);
      if (gap) return this.skip();
      theatre = await openTheatre(kind);
    });
    after(async function () {
      this.timeout(60_000);
      await theatre?.server.stop();
    });
    declare(() => {
      if (theatre === undefined) throw new Error('the theatre is open only inside tests');
      return theatre;
    });
  });
}

async function openTheatre(kind: ServerKind): Promise<Theatre> {
  const faketime = findFaketime();
  const clock =
    faketime === undefined
      ? undefined
      : steppedClock(faketime, scratchFolder(`clock-${kind}-${process.hrtime.bigint()}`));
  const seed = chooseSeed();
  console.log(`      seed ${seed} (DAL_JOB_TEST_SEED=${seed} repeats it)`);
  // a client that is frozen in a transaction must not hold a row for longer than this; applications are told to do the same
  const server = await startServer(kind, { args: ['--wait-timeout=10'] });
  return { kind, server, faketime, clock, seed, script: buildTree(`${kind}-${process.hrtime.bigint()}`) };
}

/** One act from the first curtain to the last. @throws when it proves nothing, or breaks an invariant */
export async function perform(theatre: Theatre, play: Play, act: (scene: Scene) => Promise<void>): Promise<Verdict> {
  const { server, kind, seed, script } = theatre;
  const name = `${play.name}_${kind}`;
  const { leaseMs } = chooseScale();
  const jobs = [...usualJobs(), ...(play.jobs ?? [])];
  const stage = await openStage({
    server,
    name,
    jobs,
    leaseMs,
    seed,
    script,
    ...(play.plan === undefined ? {} : { plan: play.plan }),
  });
  try {
    await act({ stage, random: randomFrom(seed), theatre });
    const verdict = await stage.judge();
    const why = () =>
      `seed ${seed}, whole log in ${keepLog(stage, name)}\n${describeViolations(verdict.violations)}\n${said(stage)}`;
    if (verdict.violations.length > 0) expect.fail(why());
    console.log(`      ${play.name}: ${JSON.stringify(verdict.tally)}`);
    return verdict;
  } catch (error) {
    console.log(`      ${play.name}: seed ${seed}, log in ${keepLog(stage, name)}\n${said(stage)}`);
    throw error;
  } finally {
    await stage.close();
  }
}

/** What the instances reported, in short. */
function said({ actors }: Stage): string {
  return actors
    .map(({ pid, reports, output }) => {
      const telling = reports.filter(({ event }) => event !== 'run.lost');
      const lines = telling.map(
        ({ event, receivedMs, data }) => `${receivedMs} ${event} ${JSON.stringify(data).slice(0, 200)}`,
      );
      return [`      pid ${pid}:`, ...lines.slice(-40), output].join('\n        ');
    })
    .join('\n');
}

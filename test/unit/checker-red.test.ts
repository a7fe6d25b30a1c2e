// The checker of process tests can fail: for each invariant the ways to break it, each a story that breaks no other.
// A story that names two invariants cannot break the one without the other.
import { expect } from 'chai';
import { checkLog } from '../support/checker.js';
import { type MadeUpLog, madeUpLog } from '../support/made-up-log.js';

/** The names of the invariants a log breaks, each once. */
function broken(log: MadeUpLog): string[] {
  return [...new Set(checkLog(log.events).violations.map(({ invariant }) => invariant))];
}

const quiet = () => madeUpLog().start(1, 0).end(50, 0).start(1001, 1000, { pid: 2 }).end(1050, 1000, { pid: 2 });
const freeze = (log: MadeUpLog, fromMs: number, toMs: number) =>
  log.harness(fromMs, { event: 'STOP', pid: 1 }).harness(toMs, { event: 'CONT', pid: 1 });

interface Story {
  readonly title: string;
  readonly breaks: readonly string[];
  readonly log: () => MadeUpLog;
}

const red: readonly Story[] = [
  { title: 'a fire starts twice', breaks: ['S1'], log: () => quiet().start(1100, 1000, { pid: 1, fence: 12 }) },
  { title: 'a file was there already', breaks: ['S1'], log: () => quiet().double(1100, 1000) },
  {
    title: 'a killed run is rerun although the policy is skip',
    breaks: ['S1'],
    log: () =>
      madeUpLog().start(1, 0).harness(10, { event: 'KILL', pid: 1 }).start(4000, 0, { pid: 2, fence: 11, attempt: 2 }),
  },
  {
    title: 'a run is rerun although nothing happened to it',
    breaks: ['S1'],
    log: () => madeUpLog({ onLost: 'rerun' }).start(1, 0).end(50, 0).start(99, 0, { pid: 2, fence: 11, attempt: 2 }),
  },
  {
    title: 'a rerun after a stall shorter than lease − margin',
    breaks: ['S1'],
    log: () =>
      freeze(madeUpLog({ onLost: 'rerun' }).start(1, 0), 10, 2300)
        .end(2310, 0)
        .start(2400, 0, { pid: 2, fence: 11, attempt: 2 }),
  },
  { title: 'a fence falls', breaks: ['S2'], log: () => quiet().start(2001, 2000, { fence: 10.5 }) },
  { title: 'a fence is used twice', breaks: ['S2'], log: () => quiet().start(2001, 2000, { fence: 11 }) },
  {
    title: 'two holders overlap',
    breaks: ['S3'],
    log: () => madeUpLog().start(1, 0).start(1001, 1000, { pid: 2 }).end(1050, 0),
  },
  {
    title: 'two holders overlap after a stall too short to excuse it',
    breaks: ['S3'],
    log: () => freeze(madeUpLog().start(1, 0), 10, 2300).start(2400, 1000, { pid: 2 }).end(2500, 0),
  },
  {
    title: 'a zombie goes on after it woke',
    breaks: ['S3'],
    log: () =>
      madeUpLog()
        .start(1, 0)
        .harness(10, { event: 'STOP', pid: 1 })
        .start(5001, 1000, { pid: 2 })
        .end(5050, 1000, { pid: 2 })
        .harness(8000, { event: 'CONT', pid: 1 })
        .start(8001, 2000, { pid: 2 })
        .end(8600, 0),
  },
  {
    title: 'a handler that may ignore its signal overlaps before its timeout',
    breaks: ['S3'],
    log: () =>
      madeUpLog({ ignoresSignal: { timeoutMs: 1100 } })
        .start(1, 0)
        .start(1001, 1000, { pid: 2 }),
  },
  {
    title: 'a falling fence is accepted',
    breaks: ['S4'],
    log: () => quiet().effect(2000, 5, true).effect(2001, 4, true),
  },
  { title: 'a start before its fire', breaks: ['S5'], log: () => quiet().start(1900, 2000) },
  {
    title: 'a fire that is caught up although no clock had ever come to it',
    breaks: ['S5'],
    log: () =>
      quiet()
        .harness(1100, { event: 'DATABASE_CLOCK', offsetMs: 500 })
        .harness(1200, { event: 'DATABASE_CLOCK', offsetMs: 0 })
        .start(1300, 2000, { kind: 'catch-up' }),
  },
  {
    title: 'a handler that begins long after its process woke, when its fire is rerun already',
    breaks: ['S1', 'S2'],
    log: () =>
      freeze(madeUpLog({ onLost: 'rerun' }), 2, 8000)
        .start(8001, 0, { pid: 2, fence: 20, attempt: 2, kind: 'rerun' })
        .end(8002, 0, { pid: 2, fence: 20, attempt: 2, kind: 'rerun' })
        .start(9000, 0)
        .end(9050, 0),
  },
  {
    title: 'a start before its fire by a database clock that was set back',
    breaks: ['S5'],
    log: () => quiet().harness(1100, { event: 'DATABASE_CLOCK', offsetMs: -500 }).start(2001, 2000),
  },
  {
    title: 'more attempts than allowed',
    breaks: ['S6'],
    log: () => quiet().end(1060, 9).start(1100, 1000, { pid: 2, attempt: 2 }).start(1200, 1000, { pid: 2, attempt: 3 }),
  },
  { title: 'a run ends twice', breaks: ['S7'], log: () => quiet().end(1100, 1000, { pid: 2 }) },
  {
    title: 'two rows for one attempt',
    breaks: ['S7'],
    log: () => quiet().row(0, { outcome: 'lost' }).row(0, { outcome: 'failed' }),
  },
  {
    title: 'a fire succeeds twice by its rows',
    breaks: ['S7'],
    log: () =>
      quiet()
        .start(1100, 1000, { pid: 2, attempt: 2 })
        .end(1110, 1000, { pid: 2, attempt: 2 })
        .row(1000, { outcome: 'succeeded' })
        .row(1000, { outcome: 'succeeded', attempt: 2 }),
  },
  {
    title: 'a success is recorded that no handler returned',
    breaks: ['S7'],
    log: () => quiet().start(2001, 2000).row(2000, { outcome: 'succeeded' }),
  },
  { title: 'a fire is neither started nor recorded', breaks: ['L1'], log: () => quiet().start(3001, 3000) },
  {
    title: 'a missed row counts for one fire too few',
    breaks: ['L1'],
    log: () => quiet().start(5001, 5000).row(4000, { outcome: 'missed', missedCount: 2, attempt: 0 }),
  },
  { title: 'a scheduled job never fires', breaks: ['L1'], log: () => madeUpLog().harness(9000, { event: 'FINISH' }) },
  {
    title: 'no run follows the death of an owner',
    breaks: ['L2', 'L4'],
    log: () => madeUpLog().start(1, 0).harness(10, { event: 'KILL', pid: 1 }).harness(20_000, { event: 'FINISH' }),
  },
  {
    title: 'a killed owner whose job is taken too late, by one that is killed before the handler begins',
    breaks: ['L2', 'L4'],
    log: () =>
      madeUpLog()
        .start(1, 0)
        .harness(10, { event: 'KILL', pid: 1 })
        .harness(15_000, { event: 'KILL', pid: 2 })
        .start(22_001, 22_000, { pid: 3, fence: 40 })
        .harness(23_000, { event: 'FINISH' })
        .row(0, { outcome: 'lost', pid: 1 })
        .row(14_000, { outcome: 'lost', pid: 2 })
        .row(21_000, { outcome: 'missed', missedCount: 21 }),
  },
  {
    title: 'a killed run is not rerun although the policy says so',
    breaks: ['L2'],
    log: () =>
      madeUpLog({ onLost: 'rerun' })
        .start(1, 0)
        .harness(10, { event: 'KILL', pid: 1 })
        .start(4001, 1000, { pid: 2 })
        .harness(20_000, { event: 'FINISH' }),
  },
  {
    title: 'no run follows the last fault in time',
    breaks: ['L4'],
    log: () => freeze(quiet(), 1100, 1200).start(7001, 2000).harness(9000, { event: 'FINISH' }),
  },
  {
    title: 'the test stops watching right after the last fault',
    breaks: ['L4'],
    log: () => freeze(quiet(), 1100, 1200).harness(1300, { event: 'FINISH' }),
  },
  {
    title: 'SIGTERM is followed by no exit',
    breaks: ['L5'],
    log: () => quiet().harness(2000, { event: 'TERM', pid: 1 }).harness(9000, { event: 'FINISH' }),
  },
  {
    title: 'a process exits over a running handler',
    breaks: ['L5'],
    log: () =>
      quiet()
        .start(2001, 2000)
        .harness(2002, { event: 'TERM', pid: 1 })
        .harness(2100, { event: 'EXIT', pid: 1, code: 0 }),
  },
  {
    title: 'a stopped process leaves a row running',
    breaks: ['L5'],
    log: () =>
      quiet()
        .harness(2002, { event: 'TERM', pid: 1 })
        .harness(2100, { event: 'EXIT', pid: 1, code: 0 })
        .row(1000, { outcome: 'running', pid: 1 }),
  },
  {
    title: 'SIGTERM ends in an error',
    breaks: ['L5'],
    log: () => quiet().harness(2002, { event: 'TERM', pid: 1 }).harness(2100, { event: 'EXIT', pid: 1, code: 1 }),
  },
];

describe('the checker turns red when', () => {
  for (const { title, breaks, log } of red) {
    it(`${breaks.join(', ')}: ${title}`, () => {
      expect(broken(log())).to.deep.equal(breaks);
    });
  }
});

// The checker of process tests lets pass what keeps each invariant, however narrowly, and reports what it saw.
// The stories that break them are in checker-red.test.ts.
import { expect } from 'chai';
import { checkLog, describeViolations } from '../support/checker.js';
import { EPOCH_MS, type MadeUpLog, madeUpLog } from '../support/made-up-log.js';

const quiet = () => madeUpLog().start(1, 0).end(50, 0).start(1001, 1000, { pid: 2 }).end(1050, 1000, { pid: 2 });
const freeze = (log: MadeUpLog, fromMs: number, toMs: number) =>
  log.harness(fromMs, { event: 'STOP', pid: 1 }).harness(toMs, { event: 'CONT', pid: 1 });

const green: readonly { readonly title: string; readonly log: () => MadeUpLog }[] = [
  { title: 'fires one after the other on two processes', log: quiet },
  {
    title: 'S1, S2: a retry inside the run keeps its fence',
    log: () => madeUpLog().start(1, 0).end(50, 0).start(100, 0, { attempt: 2 }).end(150, 0, { attempt: 2 }),
  },
  {
    title: 'S1: a rerun after a kill, with a higher fence and attempt',
    log: () =>
      madeUpLog({ onLost: 'rerun' })
        .start(1, 0)
        .harness(10, { event: 'KILL', pid: 1 })
        .start(4000, 0, { pid: 2, fence: 11, attempt: 2, kind: 'rerun' })
        .end(4050, 0, { pid: 2, fence: 11, attempt: 2 }),
  },
  {
    title: 'S2, S3: a start that a long stall held up, over soon after the thaw',
    log: () =>
      freeze(madeUpLog().start(9000, 9000, { pid: 2, fence: 20 }), 9001, 13_000)
        .start(13_001, 0, { fence: 10 })
        .end(13_100, 0, { fence: 10 })
        .end(13_200, 9000, { pid: 2, fence: 20 })
        .row(8000, { outcome: 'missed', missedCount: 8, attempt: 0 }),
  },
  {
    title: 'S3: a zombie that ends within its abort after the thaw',
    log: () =>
      madeUpLog()
        .start(1, 0)
        .harness(10, { event: 'STOP', pid: 1 })
        .start(5001, 1000, { pid: 2 })
        .end(5050, 1000, { pid: 2 })
        .harness(8000, { event: 'CONT', pid: 1 })
        .end(8400, 0)
        .start(9001, 2000, { pid: 2 }),
  },
  {
    title: 'S3: a handler known to ignore its signal, past its timeout',
    log: () =>
      madeUpLog({ ignoresSignal: { timeoutMs: 900 } })
        .start(1, 0)
        .start(1001, 1000, { pid: 2 }),
  },
  {
    title: 'S4: rising fences, a falling one rejected',
    log: () => quiet().effect(2000, 5, true).effect(2001, 4, false),
  },
  {
    title: 'S5: a start at its fire by a database clock that runs ahead',
    log: () => quiet().harness(1100, { event: 'DATABASE_CLOCK', offsetMs: 60_000 }).start(1200, 2000),
  },
  {
    title: 'S5: a fire that is caught up after the clock went back, and had come before',
    log: () =>
      quiet()
        .harness(1100, { event: 'DATABASE_CLOCK', offsetMs: 1500 })
        .harness(1200, { event: 'DATABASE_CLOCK', offsetMs: 0 })
        .start(1300, 2000, { kind: 'catch-up' }),
  },
  {
    title: 'S5: a start at once after the clock went back, of what was acquired just before',
    log: () =>
      quiet()
        .harness(1100, { event: 'DATABASE_CLOCK', offsetMs: 1500 })
        .harness(1200, { event: 'DATABASE_CLOCK', offsetMs: 0 })
        .start(1300, 2000),
  },
  {
    title: 'S1, S2, S3: a handler that begins in the moment after a long freeze, when its fire is rerun already',
    log: () =>
      freeze(madeUpLog({ onLost: 'rerun' }), 2, 8000)
        .start(8001, 0, { pid: 2, fence: 20, attempt: 2, kind: 'rerun' })
        .end(8002, 0, { pid: 2, fence: 20, attempt: 2, kind: 'rerun' })
        .start(8100, 0)
        .start(8150, 1000, { pid: 2, fence: 21 })
        .end(8200, 0)
        .end(8250, 1000, { pid: 2, fence: 21 }),
  },
  {
    title: 'S7, L1: one row for each attempt, and a missed row that counts for three fires',
    log: () =>
      quiet()
        .start(5001, 5000)
        .row(0, { outcome: 'succeeded' })
        .row(4000, { outcome: 'missed', missedCount: 3, attempt: 0 }),
  },
  {
    title: 'L2: a killed owner whose job runs again late, because the database was away',
    log: () =>
      madeUpLog()
        .start(1, 0)
        .harness(10, { event: 'KILL', pid: 1 })
        .harness(20, { event: 'FAULT', name: 'database', isolates: true })
        .harness(20_000, { event: 'HEAL', name: 'database' })
        .start(24_000, 1000, { pid: 2 })
        .harness(40_000, { event: 'FINISH' }),
  },
  {
    title: 'L2: a rerun whose taker was killed, too, before its handler began, and so was the last attempt',
    log: () =>
      madeUpLog({ onLost: 'rerun' })
        .start(1, 0)
        .harness(10, { event: 'KILL', pid: 1 })
        .harness(4000, { event: 'KILL', pid: 2 })
        .start(9000, 1000, { pid: 3 })
        .harness(12_000, { event: 'FINISH' })
        .harness(40_000, { event: 'UP', pid: 9 })
        .row(0, { outcome: 'lost', pid: 1 })
        .row(0, { outcome: 'lost', pid: 2, attempt: 2 }),
  },
  {
    title: 'L2: a killed owner whose job somebody took in time, and was killed before the handler began',
    log: () =>
      madeUpLog()
        .start(1, 0)
        .harness(10, { event: 'KILL', pid: 1 })
        .harness(9000, { event: 'KILL', pid: 2 })
        .start(13_001, 13_000, { pid: 3, fence: 40 })
        .harness(20_000, { event: 'FINISH' })
        .harness(40_000, { event: 'UP', pid: 9 })
        .row(0, { outcome: 'lost', pid: 1 })
        .row(8000, { outcome: 'lost', pid: 2 })
        .row(12_000, { outcome: 'missed', missedCount: 12 }),
  },
  {
    title: 'L4: a run soon after the last fault, however the test ends it all',
    log: () =>
      freeze(quiet(), 1100, 1200)
        .start(2001, 2000)
        .harness(9000, { event: 'FINISH' })
        .harness(9001, { event: 'KILL', pid: 1 }),
  },
  {
    title: 'L5: SIGTERM that lets the handler end',
    log: () =>
      quiet()
        .start(2001, 2000)
        .harness(2002, { event: 'TERM', pid: 1 })
        .end(3000, 2000)
        .harness(3100, { event: 'EXIT', pid: 1, code: 0 }),
  },
];

describe('the checker lets pass', () => {
  for (const { title, log } of green) {
    it(title, () => {
      expect(describeViolations(checkLog(log().events).violations)).to.equal('');
    });
  }
});

describe("the checker's report", () => {
  it('shows the fewest lines of the log that prove the breach', () => {
    const text = describeViolations(checkLog(quiet().start(1100, 1000, { pid: 3, fence: 12 }).events).violations);
    const lines = text.split('\n');
    expect(lines[0]).to.equal(`S1: tick@${EPOCH_MS + 1000} started twice`);
    expect(lines.slice(1).map((line) => JSON.parse(line).pid)).to.deep.equal([2, 3]);
  });

  it('counts what happened, so that a test can refuse to pass on nothing', () => {
    const log = freeze(quiet(), 1100, 1200).start(2001, 2000).harness(2002, { event: 'KILL', pid: 1 });
    const { tally } = checkLog(log.effect(2003, 9, false).events);
    expect(tally).to.deep.equal({
      ...{ starts: 3, fires: 3, kills: 1, killsInRun: 1, freezes: 1, faults: 0 },
      ...{ zombies: 0, effectsRejected: 1 },
    });
  });

  it('refuses a log without a plan', () => {
    expect(() => checkLog([])).to.throw('no PLAN');
  });
});

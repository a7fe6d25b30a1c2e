// The judge of recorded calls can fail: each breach beside the story that keeps the rule.
import { expect } from 'chai';
import { type CallEvidence, type CallRecord, checkCalls, mostAtOnce } from '../support/call-checker.js';
import type { WitnessEvent } from '../support/witness-events.js';

const RECORD: CallRecord = {
  ...{ call: 1, method: 'pay', kind: 'beforehand', state: 'SUCCEEDED' },
  ...{ attempt: 1, maxRetries: 1, onCrash: 'retry' },
};

type Line = readonly [what: 'start' | 'returned' | 'threw', pid: number, attempt: number] | readonly ['kill', number];

/** One event a millisecond. */
function eventsOf(lines: readonly Line[]): WitnessEvent[] {
  return lines.map(([what, pid, attempt = 0], index) => {
    const stamp = { n: index, atMs: index, wallMs: index };
    const call = { call: 1, method: 'pay', attempt, dispatched: attempt > 1, pid };
    if (what === 'kill') return { ...stamp, event: 'KILL', pid };
    if (what === 'start') return { ...stamp, event: 'CALL_START', ...call };
    return { ...stamp, event: 'CALL_END', outcome: what, ...call };
  });
}

function judge(lines: readonly Line[], record: Partial<CallRecord> | null, more: Partial<CallEvidence> = {}): string {
  const records = record === null ? [] : [{ ...RECORD, ...record }];
  const evidence = { events: eventsOf(lines), records, heard: [], enqueued: [], concurrency: { pay: 1 }, ...more };
  return checkCalls(evidence).join('\n');
}

describe('the judge of calls', () => {
  it('lets pass what ends as its executions did', () => {
    expect(
      judge(
        [
          ['start', 1, 1],
          ['returned', 1, 1],
        ],
        {},
      ),
    ).to.equal('');
    const again: Line[] = [
      ['start', 1, 1],
      ['threw', 1, 1],
      ['start', 2, 2],
      ['returned', 2, 2],
    ];
    expect(judge(again, { attempt: 2 })).to.equal('');
    const killed: Line[] = [
      ['start', 1, 1],
      ['kill', 1],
      ['start', 2, 2],
      ['kill', 2],
    ];
    expect(judge(killed, { attempt: 2, state: 'DEAD' })).to.equal('');
    expect(
      judge(
        [
          ['start', 1, 1],
          ['kill', 1],
        ],
        { state: 'UNKNOWN', onCrash: 'hold' },
      ),
    ).to.equal('');
  });

  it('C1: misses a record', () => {
    const other = { ...RECORD, call: 2 };
    const heard = [{ call: 1, result: 'retryable' }] as const;
    expect(
      judge(
        [
          ['start', 1, 1],
          ['returned', 1, 1],
        ],
        null,
        { records: [other] },
      ),
    ).to.match(/C1: call 1 has no record/);
    expect(judge([], null, { heard })).to.match(/C1: call 1 has no record/);
    expect(judge([], null, { enqueued: [1] })).to.match(/C1: call 1 has no record/);
  });

  it('C1: finds a record twice', () => {
    expect(
      judge(
        [
          ['start', 1, 1],
          ['returned', 1, 1],
        ],
        {},
        { records: [RECORD, RECORD] },
      ),
    ).to.match(/more than one record/);
  });

  it('C2: finds one execution too many', () => {
    const lines: Line[] = [1, 2, 3].flatMap(
      (attempt) =>
        [
          ['start', 1, attempt],
          ['returned', 1, attempt],
        ] as Line[],
    );
    expect(judge(lines, { attempt: 2 })).to.match(/C2: .* executed 3 times, 2 at most/);
  });

  it('C3: finds two executions at once, and none where the first process had died', () => {
    const twice: Line[] = [
      ['start', 1, 1],
      ['start', 2, 2],
      ['returned', 1, 1],
      ['returned', 2, 2],
    ];
    expect(judge(twice, { attempt: 2 })).to.match(/C3: call 1 was executed by pid 2 while pid 1 was at it/);
    const died: Line[] = [
      ['start', 1, 1],
      ['kill', 1],
      ['start', 2, 2],
      ['returned', 2, 2],
    ];
    expect(judge(died, { attempt: 2 })).to.equal('');
  });

  it('C4: finds an end that the executions belie', () => {
    const threw: Line[] = [
      ['start', 1, 1],
      ['threw', 1, 1],
    ];
    expect(judge(threw, {})).to.match(/C4: .* succeeded, and no execution did/);
    expect(judge(threw, { state: 'RETRY' })).to.match(/C4: .* did not end/);
    expect(judge(threw, { state: 'UNKNOWN' })).to.match(/C4: .* is in doubt/);
    expect(
      judge(
        [
          ['start', 1, 1],
          ['returned', 1, 1],
        ],
        { state: 'DEAD' },
      ),
    ).to.match(/C4: .* is dead/);
  });

  it('C5: finds more retries at once than a process may have', () => {
    const two: Line[] = [
      ['start', 1, 2],
      ['start', 1, 3],
    ];
    expect(judge(two, { attempt: 3, maxRetries: 2, state: 'DEAD' })).to.match(
      /C5: 2 retries of pay in pid 1 at once, 1 at most/,
    );
  });

  it('counts what goes on at once', () => {
    const at = (fromMs: number, toMs: number) => ({
      ...{ call: 1, method: 'pay', attempt: 1, dispatched: false, pid: 1, fromMs, toMs },
      outcome: 'returned' as const,
    });
    expect(mostAtOnce([at(0, 10), at(5, 15), at(10, 20)])).to.equal(2);
    expect(mostAtOnce([])).to.equal(0);
  });
});

// The judge of claims can fail: each of its complaints is provoked by a made-up log, and silenced by what excuses it.
import { expect } from 'chai';
import { checkClaims } from '../support/claim-checker.js';
import type { WitnessEvent } from '../support/witness-events.js';

const PLAN = { leaseMs: 3_000, marginMs: 600, rows: [1] };

type Line = readonly [atMs: number, event: Record<string, unknown>];

function judge(...lines: readonly Line[]): readonly string[] {
  const events = lines.map(([atMs, event], n) => ({ n, atMs, wallMs: atMs, ...event }) as unknown as WitnessEvent);
  return checkClaims(events, PLAN).violations;
}

const start = (atMs: number, pid: number): Line => [atMs, { event: 'ROWS_START', batch: `${pid}`, pid, rows: [1] }];
const end = (atMs: number, pid: number, outcome = 'returned'): Line => [
  atMs,
  { event: 'ROWS_END', batch: `${pid}`, pid, outcome },
];

describe('The judge of claims', () => {
  it('is content with a row that was done once', () => {
    expect(judge(start(0, 7), end(10, 7))).to.deep.equal([]);
  });

  it('finds a row that nobody did', () => {
    expect(judge()).to.deep.equal(['row 1 was never done']);
    expect(judge(start(0, 7), end(10, 7, 'threw'))).to.deep.equal(['row 1 was never done']);
  });

  it('finds two live workers, unless the first stood still for too long', () => {
    const overlap = [start(0, 7), start(5_000, 8), end(5_010, 8)] as const;
    expect(judge(...overlap, end(9_000, 7))).to.deep.equal(['S8: row 1 had two live workers, 7 and 8']);
    const stop: Line = [10, { event: 'STOP', pid: 7 }];
    const cont = (atMs: number): Line => [atMs, { event: 'CONT', pid: 7 }];
    expect(judge(start(0, 7), stop, start(5_000, 8), end(5_010, 8), cont(8_000), end(9_000, 7))).to.deep.equal([]);
    const short = judge(start(0, 7), stop, cont(2_000), start(5_000, 8), end(5_010, 8), end(9_000, 7));
    expect(short).to.deep.equal(['S8: row 1 had two live workers, 7 and 8']);
  });

  it('finds a row that was done again, unless the first was killed before it could settle', () => {
    const again = [start(6_000, 8), end(6_010, 8)] as const;
    expect(judge(start(0, 7), end(10, 7), ...again)).to.deep.equal(['row 1 was done by 7, and again by 8']);
    expect(judge(start(0, 7), end(10, 7), [20, { event: 'KILL', pid: 7 }], ...again)).to.deep.equal([]);
    const away: readonly Line[] = [
      [15, { event: 'FAULT', name: 'x', isolates: true }],
      [900, { event: 'HEAL', name: 'x' }],
    ];
    expect(judge(start(0, 7), end(10, 7), ...away, ...again)).to.deep.equal([]);
  });
});

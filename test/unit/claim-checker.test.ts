// The judge of claims can fail: each of its complaints is provoked by a made-up log, and silenced by what excuses it.
import { expect } from 'chai';
import { type ClaimPlan, checkClaims } from '../support/claim-checker.js';
import type { WitnessEvent } from '../support/witness-events.js';

const PLAN = { leaseMs: 3_000, marginMs: 600, rows: [1] };

type Line = readonly [atMs: number, event: Record<string, unknown>];

/** The witness's clock began a while after 1970. */
const WALL_MS = 1_000_000;

function judge(...lines: readonly Line[]): readonly string[] {
  return judgeWith([], ...lines);
}

/** @param lost what instances said by themselves, by their own clocks */
function judgeWith(lost: NonNullable<ClaimPlan['lost']>, ...lines: readonly Line[]): readonly string[] {
  const events = lines.map(
    ([atMs, event], n) => ({ n, atMs, wallMs: WALL_MS + atMs, ...event }) as unknown as WitnessEvent,
  );
  return checkClaims(events, { ...PLAN, lost }).violations;
}

const loss = (atMs: number, pid: number) => ({ pid, wallMs: WALL_MS + atMs });

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

  describe('of a row that was done again', () => {
    const lines = [start(1_000, 7), end(1_100, 7), start(9_000, 8), end(9_010, 8)] as const;
    const violation = ['row 1 was done by 7, and again by 8'];

    it('excuses it where the first said that its lease was over: in the batch, or within a lease of its end', () => {
      for (const atMs of [1_000, 1_050, 1_100, 4_100])
        expect(judgeWith([loss(atMs, 7)], ...lines), `${atMs}`).to.deep.equal([]);
    });

    it('does not excuse it where nobody lost a lease', () => {
      expect(judgeWith([], ...lines)).to.deep.equal(violation);
    });

    it('does not excuse it by a lease that was lost long after, or before', () => {
      for (const atMs of [0, 999, 4_101, 8_999])
        expect(judgeWith([loss(atMs, 7)], ...lines), `${atMs}`).to.deep.equal(violation);
    });

    it("does not excuse it by another one's loss", () => {
      expect(judgeWith([loss(1_050, 8), loss(1_050, 9)], ...lines)).to.deep.equal(violation);
    });

    it('does not excuse one who did it in between, and kept its lease', () => {
      const between = [start(5_000, 9), end(5_010, 9)] as const;
      const all = [...lines.slice(0, 2), ...between, ...lines.slice(2)];
      expect(judgeWith([loss(1_050, 7)], ...all)).to.deep.equal(['row 1 was done by 9, and again by 8']);
    });

    it('finds two live workers also where one said that its lease was over: it works on, and must not', () => {
      const beside = [start(1_000, 7), start(5_000, 8), end(5_010, 8), end(9_000, 7)] as const;
      expect(judgeWith([loss(1_050, 7)], ...beside)).to.deep.equal(['S8: row 1 had two live workers, 7 and 8']);
    });
  });
});

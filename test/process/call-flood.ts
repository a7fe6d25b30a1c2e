// Many records at once: ten thousand due in one moment, and as many as fail together, to see when they come back.
import { expect } from 'chai';
import { mostAtOnce } from '../support/call-checker.js';
import type { CallArg } from './call-options.js';
import { type CallStage, executions } from './call-stage.js';

const FLOOD = 10_000;
const FAILING = 1_000;

/** Two instances dispatch what one transaction recorded. */
export async function flood(stage: CallStage): Promise<{ most: number; faults: string[] }> {
  const caller = await stage.cast({ schedule: false });
  const args = Array.from(
    { length: FLOOD },
    (_, index): CallArg => ({ n: index, ...{ holdMs: 0, failures: 0, end: 'returns' } }),
  );
  stage.call(caller, { method: 'burst', args, outbox: true });
  await stage.until('the commit', () => caller.count('enqueued') > 0, 120_000);
  const actors = await Promise.all([stage.cast(), stage.cast()]);
  await stage.until('all of them', () => executions(stage).length >= FLOOD, 120_000);
  const faults = await stage.judge();
  const inFlight = actors.map(({ pid }) => mostAtOnce(executions(stage).filter((one) => one.pid === pid)));
  expect(Math.min(...inFlight), 'executions on the lazier of the two').to.be.above(0);
  return { most: Math.max(...inFlight), faults };
}

/** Calls that all fail at first: when are they due again? Ten shares over delay × (1 ± jitter). */
export async function spread(stage: CallStage): Promise<{ shares: number[]; count: number }> {
  const caller = await stage.cast({ schedule: false });
  const args = Array.from({ length: FAILING }, (_, n): CallArg => ({ n, holdMs: 0, failures: 99, end: 'returns' }));
  const before = Date.now();
  stage.call(caller, { method: 'shaky', args, atOnce: 64 });
  await stage.until('all calls to fail', () => caller.count('called') > 0);
  const rows = await stage.rows.query<{ next_at: number }>(
    `SELECT next_at FROM ${stage.rows.tables.job_beforehand_retry} WHERE state = 'RETRY'`,
    [],
  );
  const width = 600_000; // 10 min ± 50 %
  const tenths = rows.map(({ next_at }) => Math.floor(((Number(next_at) - before - width / 2) / width) * 10));
  const shares = Array.from({ length: 10 }, (_, tenth) => tenths.filter((one) => one === tenth).length / rows.length);
  return { shares, count: rows.length };
}

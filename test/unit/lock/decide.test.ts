// JobStatusCheck and TimeLimit as one pure function: every kind, every refusal, every policy.
import { expect } from 'chai';
import type { Decision } from '../../../runtime/lock/decide.js';
import type { JobRow } from '../../../runtime/lock/row.js';
import type { JobDefinition } from '../../../runtime/types.js';
import { decided, MINUTE_MS, NOW, running } from '../../support/rows.js';

describe('decide', () => {
  it('runs a fire that is due, and moves both times past it', () => {
    expect(decided({})).to.deep.equal({
      ...{ do: 'run', from: 'scheduled', kind: 'cron', manual: 0, attempt: 1, input: null, missed: null },
      ...{ fireMs: NOW, fireAt: NOW, nextFireMs: NOW + MINUTE_MS },
    });
  });

  const refusals: readonly [string, Partial<JobRow>][] = [
    ['another definition is in force', { def_hash: 'other' }],
    ['the job is retired', { retired: 1, trigger_at: NOW, trigger_forced: 1 }],
    ['it is paused', { paused: 1 }],
    ['it is paused with a queued fire', { paused: 1, queued_fire_at: NOW - MINUTE_MS }],
    ['it is paused with a rerun', { paused: 1, rerun_fire_at: NOW - MINUTE_MS }],
    [
      'it is paused with a rerun, and a trigger is forced',
      { paused: 1, rerun_fire_at: 1, trigger_at: NOW, trigger_forced: 1 },
    ],
    ['it is paused with a trigger that is not forced', { paused: 1, trigger_at: NOW }],
    ['the next fire is a millisecond away', { now_ms: NOW - 1 }],
    ['there is no next fire', { next_fire_at: null }],
    ['it runs, and its owner is gone', { ...running, owner_alive: 0 }],
    ['it runs past its deadline, and its owner is gone', { ...running, owner_alive: 0, deadline_at: 1 }],
    ['it runs and is paused', { ...running, paused: 1 }],
    ['it runs, and nothing is due', { ...running, next_fire_at: NOW + 1 }],
    ['it runs, and a trigger waits', { ...running, next_fire_at: NOW + 1, trigger_at: NOW }],
  ];
  for (const [why, over] of refusals) {
    it(`leaves it when ${why}`, () => {
      expect(decided(over)).to.deep.equal({ do: 'leave' });
    });
  }

  it('serves rerun, trigger, queued fire and schedule in this order', () => {
    const slots = { rerun_fire_at: 1, rerun_attempt: 2, trigger_at: 2, queued_fire_at: 3 };
    const from = (over: Partial<JobRow>) => {
      const choice = decided({ ...slots, ...over });
      return choice.do === 'run' ? [choice.from, choice.fireMs] : choice.do;
    };
    expect(from({})).to.deep.equal(['rerun', 1]);
    expect(from({ rerun_fire_at: null })).to.deep.equal(['manual', 2]);
    expect(from({ rerun_fire_at: null, trigger_at: null })).to.deep.equal(['queued', 3]);
    expect(from({ rerun_fire_at: null, trigger_at: null, queued_fire_at: null })).to.deep.equal(['scheduled', NOW]);
  });

  it('lets rerun, trigger and queued fire move no time: they swallow no cron fire', () => {
    for (const over of [{ rerun_fire_at: 1 }, { trigger_at: 2 }, { queued_fire_at: 3 }]) {
      expect(decided(over)).to.include({ do: 'run', fireAt: NOW - MINUTE_MS, nextFireMs: NOW });
    }
  });

  it('gives a rerun its kind, attempt, hand and input back', () => {
    const over = {
      rerun_fire_at: 5,
      rerun_kind: 'manual',
      rerun_manual: 1,
      rerun_attempt: 3,
      run_input: '"x"',
    } as const;
    expect(decided(over)).to.include({ kind: 'manual', manual: 1, attempt: 3, input: '"x"', fireMs: 5 });
  });

  it('runs a paused job for a forced trigger', () => {
    expect(decided({ paused: 1, trigger_at: NOW, trigger_forced: 1, trigger_input: '1' })).to.include({
      from: 'manual',
      input: '1',
    });
  });

  it('takes a run away at its deadline, not before', () => {
    expect(decided({ ...running, deadline_at: NOW + 1, next_fire_at: NOW + 1 })).to.deep.equal({ do: 'leave' });
    expect(decided({ ...running, deadline_at: NOW })).to.deep.equal({ do: 'take-away' });
    expect(decided({ ...running, deadline_at: NOW, paused: 1 }, { misfire: 'all' })).to.deep.equal({ do: 'take-away' });
  });

  it('never takes a fire of a job that runs everywhere, but its trigger', () => {
    expect(decided({}, { globalSingle: false })).to.deep.equal({ do: 'leave' });
    expect(decided(running, { globalSingle: false })).to.deep.equal({ do: 'leave' });
    expect(decided({ trigger_at: 5 }, { globalSingle: false })).to.include({ do: 'run', from: 'manual' });
  });

  it('never takes a fire of a job without cron', () => {
    expect(decided({}, { cron: null })).to.deep.equal({ do: 'leave' });
  });

  it('passes a next fire that its schedule does not name', () => {
    const over = { fire_at: NOW, next_fire_at: NOW + 1, now_ms: NOW + 2 };
    const passed = { do: 'pass', fireAt: NOW, nextFireMs: NOW + MINUTE_MS, missed: null };
    expect(decided(over)).to.deep.equal(passed);
    expect(decided({ ...running, ...over })).to.deep.equal(passed);
  });

  describe('for three due fires, the newest ten seconds or two minutes ago', () => {
    const fresh = { fire_at: NOW - 3 * MINUTE_MS, next_fire_at: NOW - 2 * MINUTE_MS, now_ms: NOW + 10_000 };
    const stale = { ...fresh, now_ms: NOW + 2 * MINUTE_MS, next_fire_at: NOW - 2 * MINUTE_MS };
    const hourly = { cron: '8,9,10 * * * *' };
    const told = (choice: Decision): string => {
      if (!('missed' in choice)) return choice.do;
      const missed = choice.missed === null ? '' : ` missed ${choice.missed.count}@${at(choice.missed.fireMs)}`;
      const fire = 'fireMs' in choice ? ` @${at(choice.fireMs)}` : '';
      const how = choice.do === 'overlap' ? ` ${choice.queue ? 'queue' : choice.note}` : '';
      return `${choice.do}${fire}${how}${missed} -> ${at(choice.fireAt)}`;
    };
    const at = (ms: number) => (ms - NOW) / MINUTE_MS;
    const table: readonly [Partial<JobDefinition>, 'IDLE' | 'RUNNING' | 'QUEUED', string, string][] = [
      [{ misfire: 'latest' }, 'IDLE', 'run @0 missed 2@-1 -> 0', 'run @0 missed 2@-1 -> 0'],
      [{ misfire: 'skip' }, 'IDLE', 'run @0 missed 2@-1 -> 0', 'pass missed 3@0 -> 0'],
      [{ misfire: 'all' }, 'IDLE', 'run @-2 -> -2', 'run @-2 -> -2'],
      [{ misfire: 'all', misfireLimit: 2 }, 'IDLE', 'run @-1 missed 1@-2 -> -1', 'run @-1 missed 1@-2 -> -1'],
      [{ misfire: 'latest' }, 'RUNNING', 'overlap @0 overlap missed 2@-1 -> 0', 'overlap @0 overlap missed 2@-1 -> 0'],
      [
        { misfire: 'latest', overlap: 'queue' },
        'RUNNING',
        'overlap @0 queue missed 2@-1 -> 0',
        'overlap @0 queue missed 2@-1 -> 0',
      ],
      [
        { misfire: 'latest', overlap: 'queue' },
        'QUEUED',
        'overlap @0 queue full missed 2@-1 -> 0',
        'overlap @0 queue full missed 2@-1 -> 0',
      ],
      [{ misfire: 'skip' }, 'RUNNING', 'overlap @0 overlap missed 2@-1 -> 0', 'pass missed 3@0 -> 0'],
      [{ misfire: 'skip', overlap: 'queue' }, 'RUNNING', 'overlap @0 queue missed 2@-1 -> 0', 'pass missed 3@0 -> 0'],
      [{ misfire: 'all' }, 'RUNNING', 'leave', 'leave'],
    ];
    for (const [policies, status, whenFresh, whenStale] of table) {
      it(`${JSON.stringify(policies)} and ${status}: ${whenFresh}, or ${whenStale}`, () => {
        const queued = { queued_fire_at: status === 'QUEUED' ? NOW - 5 * MINUTE_MS : null };
        const state = status === 'IDLE' ? {} : { ...running, ...queued };
        expect(told(decided({ ...fresh, ...state }, { ...hourly, ...policies }))).to.equal(whenFresh);
        expect(told(decided({ ...stale, ...state }, { ...hourly, ...policies }))).to.equal(whenStale);
      });
    }

    it('calls a late fire a catch-up, and one in its time a cron fire', () => {
      expect(decided(fresh)).to.include({ kind: 'catch-up' });
      expect(decided({ now_ms: NOW + 59_000 })).to.include({ kind: 'cron' });
      expect(decided({ now_ms: NOW + 61_000, next_fire_at: NOW }, { cron: '10 * * * *' })).to.include({
        kind: 'catch-up',
      });
    });
  });
});

// When a due read must look at a row, and which definitions are one and the same to the protocol.
import { expect } from 'chai';
import { defHash } from '../../../runtime/lock/job.js';
import { dueAt, type JobRow } from '../../../runtime/lock/row.js';
import type { JobDefinition } from '../../../runtime/types.js';
import { definition, job } from '../../support/jobs.js';
import { decided, MINUTE_MS, NOW, row, running } from '../../support/rows.js';

const every = job('every');

describe('dueAt', () => {
  const at = (over: Partial<JobRow>, misfireAll = false) => dueAt(row(every, over), NOW, misfireAll);

  it('is the next fire of an idle job', () => {
    expect(at({ next_fire_at: 7 })).to.equal(7);
    expect(at({ next_fire_at: null })).to.equal(null);
  });

  it('is now when something waits', () => {
    for (const over of [{ rerun_fire_at: 1 }, { queued_fire_at: 1 }, { trigger_at: 1 }]) expect(at(over)).to.equal(NOW);
  });

  it('is nothing for a paused or retired job, but a forced trigger', () => {
    expect(at({ paused: 1, rerun_fire_at: 1, queued_fire_at: 1, trigger_at: 1 })).to.equal(null);
    expect(at({ paused: 1, trigger_at: 1, trigger_forced: 1 })).to.equal(NOW);
    expect(at({ retired: 1, trigger_at: 1, trigger_forced: 1 })).to.equal(null);
    expect(at({ ...running, retired: 1, deadline_at: 5 })).to.equal(null);
  });

  it('is the earlier of deadline and next fire while it runs', () => {
    expect(at({ ...running, deadline_at: 5, next_fire_at: 7 })).to.equal(5);
    expect(at({ ...running, deadline_at: 9, next_fire_at: 7 })).to.equal(7);
    expect(at({ ...running, deadline_at: null, next_fire_at: 7 })).to.equal(7);
    expect(at({ ...running, deadline_at: 9, next_fire_at: 7, paused: 1 })).to.equal(9);
    expect(at({ ...running, deadline_at: 9, next_fire_at: 7 }, true)).to.equal(9);
    expect(at({ ...running, deadline_at: null, next_fire_at: 7 }, true)).to.equal(null);
  });

  it('ignores what waits while it runs: the end of the run will see it', () => {
    expect(at({ ...running, trigger_at: 1, queued_fire_at: 1, deadline_at: null, next_fire_at: 7 })).to.equal(7);
  });

  it('agrees with decide: a row that is due now and idle is never left', () => {
    for (const paused of [0, 1] as const)
      for (const trigger_at of [null, 1])
        for (const trigger_forced of [0, 1] as const)
          for (const rerun_fire_at of [null, 2])
            for (const queued_fire_at of [null, 3])
              for (const next_fire_at of [null, NOW, NOW + MINUTE_MS]) {
                const over = { paused, trigger_at, trigger_forced, rerun_fire_at, queued_fire_at, next_fire_at };
                const due = at(over);
                const left = decided(over).do === 'leave';
                expect(due === null || due > NOW, JSON.stringify(over)).to.equal(left);
              }
  });
});

describe('defHash', () => {
  it('changes with everything that decides when a fire runs, and with nothing else', () => {
    const base = definition();
    const changes: readonly Partial<JobDefinition>[] = [
      { cron: '1 * * * *' },
      { cron: null },
      { timezone: 'Asia/Tokyo' },
      { dst: { gap: 'skip', overlap: null } },
      { dst: { gap: 'next', overlap: 'both' } },
      { globalSingle: false },
      { misfire: 'all' },
      { misfireLimit: 5 },
      { overlap: 'queue' },
      { onLost: 'rerun' },
    ];
    const hashes = changes.map((over) => defHash({ ...base, ...over }));
    expect(new Set([defHash(base), ...hashes]).size).to.equal(changes.length + 1);
    expect(defHash({ ...base, description: 'x', timeoutMs: 5, retry: null })).to.equal(defHash(base));
  });
});

// The runs of one instance: slots, busy jobs, aborts, and waiting for the end.
import { expect } from 'chai';
import { DalJobError } from '../../../runtime/errors.js';
import type { Instance } from '../../../runtime/lock/instance.js';
import { Runner } from '../../../runtime/run/runner.js';
import type { Tenure } from '../../../runtime/run/tenure.js';
import { type FakeTenure, fakeTenure } from '../../support/fake-tenure.js';
import { entry, job } from '../../support/jobs.js';
import { GRACE_MS, instance, Stage } from '../../support/stage.js';

describe('Runner', () => {
  let stage: Stage;
  let runner: Runner;
  let freed: number;

  beforeEach(() => {
    stage = new Stage();
    freed = 0;
    const onFree = () => {
      freed += 1;
    };
    runner = new Runner(stage.deps, { concurrency: 2, onFree });
  });

  /** A run whose handler ends when it is told to. */
  function start(name: string): { tenure: FakeTenure; end: () => Promise<void>; signal: () => AbortSignal } {
    let release = () => {};
    let seen: AbortSignal | undefined;
    const tenure = { ...fakeTenure(), job: job(name) };
    const handler = ({ signal }: { signal: AbortSignal }) => {
      seen = signal;
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    };
    runner.start(
      { tenure: tenure as Tenure, instance: instance as Instance, entry: entry(handler), ageMs: () => 0 },
      { startedMs: 0 },
    );
    const end = async () => {
      release();
      await stage.clock.settle();
    };
    return { tenure, end, signal: () => seen as AbortSignal };
  }

  it('counts a run against its slots until it has ended, and says when one is free', async () => {
    expect(runner.freeSlots).to.equal(2);
    const [a, b] = [start('a'), start('b')];
    await stage.clock.settle();
    expect([runner.freeSlots, runner.isBusy('a'), runner.isRunning('b'), runner.isBusy('c')]).to.deep.equal([
      0,
      true,
      true,
      false,
    ]);
    await a.end();
    expect([runner.freeSlots, runner.isBusy('a'), freed]).to.deep.equal([1, false, 1]);
    await b.end();
    expect([runner.freeSlots, freed]).to.deep.equal([2, 2]);
  });

  it('keeps a job busy, and its slot taken, while a handler goes on that the database knows nothing of any more', async () => {
    const zombie = start('a');
    await stage.clock.settle();
    runner.abortAll(new DalJobError('DJ3005', 'stop'));
    await stage.clock.advance(GRACE_MS);
    expect(zombie.tenure.writes).to.deep.equal(['finish cancelled']);
    expect([runner.isBusy('a'), runner.isRunning('a'), runner.freeSlots]).to.deep.equal([true, false, 1]);
    await runner.whenEnded();
    await zombie.end();
    expect([runner.isBusy('a'), runner.freeSlots, freed]).to.deep.equal([false, 2, 1]);
  });

  it('aborts all of them with the same reason', async () => {
    const both = [start('a'), start('b')];
    await stage.clock.settle();
    const reason = new DalJobError('DJ3002', 'lost');
    runner.abortAll(reason);
    expect(both.map(({ signal }) => signal().reason)).to.deep.equal([reason, reason]);
    for (const { end } of both) await end();
  });

  it('waits for every run, and not at all when there is none', async () => {
    await runner.whenEnded();
    const [a, b] = [start('a'), start('b')];
    let over = false;
    const waiting = runner.whenEnded().then(() => {
      over = true;
    });
    await stage.clock.settle();
    await a.end();
    expect(over).to.equal(false);
    await b.end();
    await waiting;
  });
});

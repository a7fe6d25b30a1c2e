// A run that is cut short: by its timeout, a shutdown, a lost lease, a fence; and what must then not be written.
import { expect } from 'chai';
import type { DalJobError } from '../../../runtime/errors.js';
import { fakeTenure } from '../../support/fake-tenure.js';
import { entry, retry } from '../../support/jobs.js';
import { GRACE_MS, Stage, until } from '../../support/stage.js';

describe('execute, cut short', () => {
  let stage: Stage;

  beforeEach(() => {
    stage = new Stage();
  });

  it('times a run out, and waits for its handler no longer than the grace', async () => {
    const tenure = fakeTenure({ timeoutMs: 5_000 });
    let release = () => {};
    let reason: unknown;
    await stage.start(tenure, async ({ signal }) => {
      await until(signal);
      reason = signal.reason;
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    });
    await stage.clock.advance(4_999);
    expect(stage.controller.signal.aborted).to.equal(false);
    await stage.clock.advance(1);
    expect((reason as DalJobError).code).to.equal('DJ3004');
    await stage.clock.advance(GRACE_MS - 1);
    expect([stage.ended, stage.events]).to.deep.equal([false, []]);
    await stage.clock.advance(1);
    expect(tenure.writes).to.deep.equal(['finish timed_out']);
    expect([stage.ended, stage.settled, stage.events]).to.deep.equal([true, false, ['run.zombie', 'run.finished']]);
    release();
    await stage.clock.settle();
    expect(stage.settled).to.equal(true);
    expect(tenure.writes).to.have.length(1);
  });

  it('ends at once when the handler obeys its signal, and is timed out however the handler ended', async () => {
    for (const last of [
      () => {},
      () => {
        throw new Error('aborted');
      },
    ]) {
      const tenure = fakeTenure({ timeoutMs: 5_000, retry: retry(3) });
      await stage.start(tenure, async ({ signal }) => {
        await until(signal);
        last();
      });
      await stage.clock.advance(5_000);
      expect(tenure.writes).to.deep.equal(['finish timed_out']);
    }
    expect(stage.events).not.to.include('run.zombie');
  });

  it('counts the timeout over all attempts and their waits', async () => {
    const tenure = fakeTenure({ timeoutMs: 3_000, retry: retry(3) });
    await stage.start(tenure, async ({ attempt, signal }) => {
      if (attempt === 1) throw new Error('again');
      await until(signal);
    });
    await stage.clock.advance(3_000);
    expect(tenure.writes).to.deep.equal(['nextAttempt failed', 'startAttempt', 'finish timed_out']);
  });

  it('leaves no timeout behind a run that has ended', async () => {
    await stage.start(fakeTenure({ timeoutMs: 5_000 }), () => {});
    expect(stage.clock.pending).to.equal(0);
  });

  it('writes nothing after a lost lease, whatever the handler does', async () => {
    const tenure = fakeTenure({ retry: retry(3), onLost: 'rerun' });
    await stage.start(tenure, async ({ signal }) => {
      await until(signal);
      throw new Error('aborted');
    });
    await stage.abort('DJ3002');
    await stage.clock.advance(GRACE_MS);
    expect([tenure.writes, stage.ended, stage.settled]).to.deep.equal([[], true, true]);
  });

  it('writes nothing more once it is fenced, and says so', async () => {
    for (const policies of [{}, { retry: retry(3) }]) {
      stage.said.length = 0;
      const tenure = fakeTenure(policies);
      tenure.answers.push('lost');
      await stage.start(tenure, () => {
        throw new Error('no');
      });
      await stage.clock.advance(60_000);
      expect([tenure.writes.length, stage.events]).to.deep.equal([1, ['run.fenced']]);
    }
  });

  it('is silent when the lease ended before the database answered', async () => {
    const tenure = fakeTenure({ retry: retry(3) });
    tenure.answers.push('silent');
    await stage.start(tenure, () => {
      throw new Error('no');
    });
    await stage.clock.advance(60_000);
    expect([tenure.writes, stage.events, stage.ended]).to.deep.equal([['nextAttempt failed'], [], true]);
  });

  it('does not start the handler again when its waiting row was ended meanwhile', async () => {
    let calls = 0;
    const tenure = fakeTenure({ retry: retry(3) });
    tenure.answers.push('written', 'lost');
    await stage.start(tenure, () => {
      calls += 1;
      throw new Error('no');
    });
    await stage.clock.advance(60_000);
    expect([calls, tenure.writes]).to.deep.equal([1, ['nextAttempt failed', 'startAttempt']]);
  });

  it('is cancelled by a shutdown, and handed over if the job asks to be run at least once', async () => {
    for (const [onLost, write] of [
      ['skip', 'finish cancelled'],
      ['rerun', 'handOver cancelled'],
    ] as const) {
      const tenure = fakeTenure({ onLost });
      await stage.start(tenure, async ({ signal }) => until(signal));
      await stage.abort('DJ3005');
      expect(tenure.writes).to.deep.equal([write]);
    }
  });

  it('is cancelled in the middle of a backoff', async () => {
    const tenure = fakeTenure({ retry: retry(3), onLost: 'rerun' });
    await stage.start(tenure, () => {
      throw new Error('again');
    });
    await stage.abort('DJ3005');
    expect(tenure.writes).to.deep.equal(['nextAttempt failed', 'handOver cancelled']);
  });

  it('ends a run whose handler is still being loaded when its time is over', async () => {
    const never = { ...entry(() => {}), load: () => new Promise<never>(() => {}) };
    const tenure = fakeTenure({ timeoutMs: 5_000 });
    await stage.start(tenure, never);
    await stage.clock.advance(5_000 + GRACE_MS);
    expect([tenure.writes, stage.ended]).to.deep.equal([['finish timed_out'], true]);
  });
});

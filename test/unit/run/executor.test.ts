// One run from start to end: what is written, what is tried again, what goes wrong in one run and no other.
import { expect } from 'chai';
import { BizRetryNeedError, NotImplementedError } from '../../../runtime/errors.js';
import type { InputDefinition, JobEntry } from '../../../runtime/types.js';
import { fakeTenure } from '../../support/fake-tenure.js';
import { entry, retry, type TestHandler } from '../../support/jobs.js';
import { Stage } from '../../support/stage.js';

describe('execute', () => {
  let stage: Stage;

  beforeEach(() => {
    stage = new Stage();
  });

  it('hands the handler its context and finishes as succeeded', async () => {
    let seen: Record<string, unknown> = {};
    const tenure = fakeTenure();
    await stage.start(tenure, (context) => {
      seen = context;
    });
    expect(tenure.writes).to.deep.equal(['finish succeeded']);
    expect(seen).to.include({
      job: 'every',
      fireTimeMs: 1_000,
      attempt: 1,
      kind: 'cron',
      fence: 7,
      idempotencyKey: 'shop/every@1000',
    });
    expect(seen.fireTime).to.deep.equal(new Date(1_000));
    expect(seen.services).to.equal(stage.deps.services);
    expect([stage.ended, stage.settled, stage.events]).to.deep.equal([true, true, ['run.finished']]);
  });

  it('gives a manual run a key of its own', async () => {
    let key = '';
    await stage.start({ ...fakeTenure(), manual: true }, (context) => {
      key = context.idempotencyKey;
    });
    expect(key).to.equal('shop/every@1000/manual');
  });

  it('fails a handler that rejects, and one that throws at once', async () => {
    for (const handler of [
      async () => Promise.reject(new Error('no')),
      () => {
        throw new Error('no');
      },
    ] as TestHandler[]) {
      const tenure = fakeTenure();
      await stage.start(tenure, handler);
      expect(tenure.writes).to.deep.equal(['finish failed']);
      expect(tenure.endings[0]).to.include({ errorName: 'Error', errorMessage: 'no' });
    }
  });

  it('fails a run whose handler cannot be loaded, is no function, or gets a bad input, and retries none of it', async () => {
    const bad = (over: Partial<JobEntry<unknown>>): JobEntry<unknown> => ({ ...entry(() => {}), ...over });
    const input = {
      validate: Object.assign(() => false, { errors: [{ instancePath: '/a', message: 'must be a number' }] }),
      required: true,
    } as InputDefinition;
    const cases: [JobEntry<unknown>, string | null, RegExp][] = [
      [bad({ load: async () => Promise.reject(new Error('no such file')) }), null, /cannot be loaded: no such file/],
      [bad({ load: async () => 'text' as never }), null, /not a function but string/],
      [
        bad({
          load: (() => {
            throw new Error('at once');
          }) as never,
        }),
        null,
        /at once/,
      ],
      [bad({ input }), '{"a":"x"}', /a must be a number/],
      [bad({ input }), null, /needs an input/],
      [bad({}), '{broken', /JSON/],
    ];
    for (const [what, json, message] of cases) {
      const tenure = fakeTenure({ retry: retry(3) }, json);
      await stage.start(tenure, what);
      expect(tenure.writes).to.deep.equal(['finish failed']);
      expect(tenure.endings[0]?.errorMessage).to.match(message);
    }
  });

  it('tries again after the backoff, with a waiting row between, and says so', async () => {
    const attempts: number[] = [];
    const tenure = fakeTenure({ retry: retry(3) });
    await stage.start(tenure, ({ attempt }) => {
      attempts.push(attempt);
      if (attempt < 3) throw new Error('again');
    });
    expect([attempts, tenure.writes]).to.deep.equal([[1], ['nextAttempt failed']]);
    await stage.clock.advance(999);
    expect(attempts).to.deep.equal([1]);
    await stage.clock.advance(1);
    expect(tenure.writes.slice(1)).to.deep.equal(['startAttempt', 'nextAttempt failed']);
    await stage.clock.advance(1_000);
    expect([attempts, tenure.writes.at(-1)]).to.deep.equal([[1, 2, 3], 'finish succeeded']);
    expect(stage.events).to.deep.equal(['run.retrying', 'run.retrying', 'run.finished']);
    expect(stage.said[0]?.[1]).to.include({ attempt: 1, delayMs: 1_000 });
  });

  it('gives up after 1 + maxRetries attempts', async () => {
    let calls = 0;
    const tenure = fakeTenure({ retry: retry(2) });
    await stage.start(tenure, () => {
      calls += 1;
      throw new Error('again');
    });
    await stage.clock.advance(60_000);
    expect([calls, tenure.writes.at(-1)]).to.deep.equal([3, 'finish failed']);
  });

  it('retries only what is worth it, and never what is not implemented', async () => {
    const cases: [Error, string[]][] = [
      [new BizRetryNeedError('later'), ['nextAttempt failed']],
      [new Error('business'), ['finish failed']],
    ];
    for (const [error, writes] of cases) {
      const tenure = fakeTenure({ retry: retry(3, { for: ['BizRetryNeedError'] }) });
      await stage.start(tenure, () => {
        throw error;
      });
      expect(tenure.writes).to.deep.equal(writes);
    }
    const stub = fakeTenure({ retry: retry(3, { for: ['Error'] }) });
    await stage.start(stub, () => {
      throw new NotImplementedError('every');
    });
    expect(stub.writes).to.deep.equal(['finish failed']);
  });

  it('does not begin a wait that the timeout would cut', async () => {
    const tenure = fakeTenure({ timeoutMs: 2_500, retry: retry(9) });
    await stage.start(tenure, () => {
      throw new Error('again');
    });
    await stage.clock.advance(60_000);
    expect(tenure.writes.filter((write) => write.startsWith('nextAttempt'))).to.have.length(2);
    expect(tenure.writes.at(-1)).to.equal('finish failed');
  });

  it('ends a run as failed when its error cannot be judged', async () => {
    const trap = Object.defineProperty(new Error('x'), 'name', {
      get: () => {
        throw new Error('no');
      },
    });
    const tenure = fakeTenure({ retry: retry(3, { for: ['BizRetryNeedError'] }) });
    await stage.start(tenure, () => {
      throw trap;
    });
    expect([tenure.writes, stage.ended, stage.settled]).to.deep.equal([['finish failed'], true, true]);
  });

  it('ends a run as failed when the error classes are no classes', async () => {
    stage.deps = { ...stage.deps, errorClasses: async () => new Map([['Gateway', (() => {}) as never]]) };
    const tenure = fakeTenure({ retry: retry(3, { for: ['Gateway'] }) });
    await stage.start(tenure, () => {
      throw new Error('x');
    });
    expect([tenure.writes, stage.ended]).to.deep.equal([['finish failed'], true]);
  });

  it('runs on when listeners throw', async () => {
    stage.deps.events.on('run.finished', () => {
      throw new Error('listener');
    });
    await stage.start(fakeTenure(), () => {});
    expect([stage.ended, stage.events]).to.deep.equal([true, ['run.finished', 'bug']]);
  });
});

// How long to wait before another attempt, and which errors are worth one.
import { expect } from 'chai';
import { BizRetryNeedError } from '../../../runtime/errors.js';
import { backoffMs, isRetryable } from '../../../runtime/retry/backoff.js';
import type { ErrorClass } from '../../../runtime/types.js';

describe('backoffMs', () => {
  const exponential = { type: 'exponential', delayMs: 5_000, maxMs: 600_000, jitter: 0 } as const;

  it('doubles, up to the longest', () => {
    expect([1, 2, 3, 7, 8, 9].map((n) => backoffMs(exponential, n, 0.5))).to.deep.equal([
      5_000, 10_000, 20_000, 320_000, 600_000, 600_000,
    ]);
  });

  it('stays finite after thousands of failures', () => {
    expect(backoffMs(exponential, 5_000, 0.5)).to.equal(600_000);
    expect(backoffMs({ ...exponential, maxMs: Number.MAX_SAFE_INTEGER }, 5_000, 0.5)).to.equal(Number.MAX_SAFE_INTEGER);
  });

  it('stays the same when fixed', () => {
    expect([1, 2, 9].map((n) => backoffMs({ ...exponential, type: 'fixed' }, n, 0.5))).to.deep.equal([
      5_000, 5_000, 5_000,
    ]);
  });

  it('spreads by the jitter to both sides, and is never below zero', () => {
    const jittered = { ...exponential, jitter: 0.2 };
    expect([0, 0.5, 1].map((random) => backoffMs(jittered, 1, random))).to.deep.equal([4_000, 5_000, 6_000]);
    expect(backoffMs({ ...exponential, jitter: 1 }, 1, 0)).to.equal(0);
  });
});

describe('isRetryable', () => {
  class Gateway extends Error {}
  class GatewayTimeout extends Gateway {}
  const classes = new Map<string, ErrorClass | undefined>([
    ['Gateway', Gateway],
    ['BizRetryNeedError', BizRetryNeedError],
    ['Unloaded', undefined],
  ]);
  const worth = (error: unknown, ...names: string[]) => isRetryable(error, names, classes);

  it('takes anything thrown for Error', () => {
    for (const thrown of [new TypeError('x'), 'text', undefined, null, 7])
      expect(worth(thrown, 'Error')).to.equal(true);
  });

  it('knows a class, and those below it', () => {
    expect(worth(new Gateway(), 'Gateway')).to.equal(true);
    expect(worth(new GatewayTimeout(), 'Gateway')).to.equal(true);
    expect(worth(new Error('x'), 'Gateway')).to.equal(false);
    expect(worth(new BizRetryNeedError(), 'BizRetryNeedError')).to.equal(true);
  });

  it('knows by name or code what it has no class of, or what comes from another copy', () => {
    expect(worth(Object.assign(new Error('x'), { name: 'Unloaded' }), 'Unloaded')).to.equal(true);
    expect(worth(Object.assign(new Error('x'), { name: 'Gateway' }), 'Gateway')).to.equal(true);
    expect(worth(Object.assign(new Error('x'), { code: 'ECONNRESET' }), 'ECONNRESET')).to.equal(true);
  });

  it('looks at causes, and stops at a circle', () => {
    const wrapped = new Error('outer', { cause: new Error('middle', { cause: new Gateway() }) });
    expect(worth(wrapped, 'Gateway')).to.equal(true);
    const circle = new Error('one');
    circle.cause = circle;
    expect(worth(circle, 'Gateway')).to.equal(false);
  });

  it('takes nothing that is no Error for a class', () => {
    for (const thrown of ['Gateway', null, undefined, { name: 'Gateway' }])
      expect(worth(thrown, 'Gateway')).to.equal(false);
  });
});

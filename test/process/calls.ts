// The process test of recorded calls on one database, act by act. The test files of the databases are one line each, so that
// they run beside each other.
import { expect } from 'chai';
import { eachDatabase, type TestDatabase, type TestDialect } from '../support/databases.js';
import { buildTree } from './build.js';
import {
  callAll,
  heardOf,
  KILL_METHODS,
  killAtStep,
  killInCall,
  killSometime,
  Orders,
  poison,
  started,
} from './call-acts.js';
import { flood, spread } from './call-flood.js';
import { testMethod } from './call-options.js';
import { type CallStage, executions, openCallStage } from './call-stage.js';
import { CALL_STEPS } from './call-strikes.js';
import { twoVersions } from './call-versions.js';
import { chooseSeed, randomFrom } from './random.js';

const LIMIT_MS = process.env.DAL_JOB_TEST_LONG === '1' ? 1_200_000 : 240_000;

export function declareCalls(dialect: TestDialect): void {
  describe('Recorded calls', function () {
    this.timeout(LIMIT_MS);
    eachDatabase((database) => acts(database), { dialects: [dialect] });
  });
}

function acts(database: TestDatabase): void {
  let script = '';
  let seed = 0;
  before(() => {
    script = buildTree(`calls-${database.dialect}`, [], 'call-instance');
    seed = chooseSeed();
    console.log(`      seed ${seed} (DAL_JOB_TEST_SEED=${seed} repeats it)`);
  });
  const play = async (name: string, methods: Methods, act: Act) => {
    const stage = await openCallStage({ database, name: `call-${name}_${database.dialect}`, script, methods });
    try {
      await act(stage);
    } finally {
      await stage.close();
    }
  };

  it('are neither lost nor made too often, killed at every step of their way', () =>
    play('kills', KILL_METHODS, async (stage) => {
      const random = randomFrom(seed);
      const orders = new Orders(random);
      for (const actor of [await stage.cast(), await stage.cast()]) callAll(stage, actor, orders, 60);
      if (database.dialect === 'sqlite') for (let n = 0; n < 6; n += 1) await killSometime(stage, orders, random);
      else for (const step of CALL_STEPS) await killAtStep(stage, orders, step);
      await killInCall(stage, orders);
      const faults = await stage.judge();
      expect(faults.slice(0, 5), `${faults.length} breaches, seed ${seed}`).to.deep.equal([]);
      const cut = executions(stage).filter(({ outcome }) => outcome === 'cut').length;
      const told = heardOf(stage);
      console.log(`      kills: ${JSON.stringify({ executions: executions(stage).length, cut, ...told })}`);
      expect(told, 'what callers heard').to.include.keys('returned', 'retryable', 'refused');
    }));

  it('end dead after exactly their attempts, or in doubt after one, when they take their process along', () => {
    const methods = [testMethod('poison', { maxRetries: 1 }), testMethod('held', { onCrash: 'hold', maxRetries: 1 })];
    return play('poison', methods, async (stage) => {
      await poison(stage);
      const states = new Map((await stage.records()).map(({ call, state }) => [call, state]));
      expect([states.get(1), started(stage, 1)]).to.deep.equal(['DEAD', 2]);
      expect([states.get(2), started(stage, 2)]).to.deep.equal(['UNKNOWN', 1]);
    });
  });

  it('never have more in flight than a method may, ten thousand due at once', () =>
    play('flood', [testMethod('burst', { concurrency: 8 })], async (stage) => {
      const { most, faults } = await flood(stage);
      expect(faults.slice(0, 5), `${faults.length} breaches`).to.deep.equal([]);
      expect(most, 'the most in flight in one process').to.be.within(2, 8);
    }));

  it('come back spread over their jitter', () =>
    play('spread', [testMethod('shaky', { delayMs: 600_000, jitter: 0.5 })], async (stage) => {
      const { shares, count } = await spread(stage);
      console.log(`      spread: ${count} records over 10 parts of the jitter: ${shares.join(' ')}`);
      for (const share of shares) expect(share, 'records in a tenth of the jitter').to.be.within(0.05, 0.15);
    }));

  it('are left to the version that knows them, and lost by none', () => twoVersions(database, script));
}

type Methods = Parameters<typeof openCallStage>[0]['methods'];
type Act = (stage: CallStage) => Promise<void>;

// The tests of the tests: each layer of the protocol is taken out of a build of the runtime, and the named invariant must
// break; the same play with the runtime as it is must not break any. Mutant and original run beside each other.
import { expect } from 'chai';
import { describeViolations, type Verdict } from '../support/checker.js';
import { SERVER_KINDS } from '../support/find-server.js';
import type { TestServer } from '../support/server.js';
import { sharedServer } from '../support/servers.js';
import { buildTree } from './build.js';
import type { MutantPlay } from './mutant-plays.js';
import { MUTANTS } from './mutants.js';
import { chooseSeed } from './random.js';
import { untilResumed } from './scenes.js';
import { keepLog, openStage } from './stage.js';

const RESUME_MS = 8_000;
const ROUNDS = process.env.DAL_JOB_TEST_LONG === '1' ? 3 : 1;

describe('The checker of the process tests', function () {
  this.timeout(120_000);
  let server: TestServer | undefined;
  let original = '';

  before(async function () {
    for (const kind of SERVER_KINDS) {
      const found = await sharedServer(kind);
      if ('reason' in found) continue;
      server ??= found;
    }
    if (server === undefined) return this.skip();
    original = buildTree('original');
  });

  for (const { name, without, invariant, play, patches } of MUTANTS) {
    for (let round = 1; round <= ROUNDS; round += 1) {
      it(`sees ${invariant} break without ${without}${ROUNDS > 1 ? ` (${round} of ${ROUNDS})` : ''}`, async () => {
        const mutant = buildTree(`${name}-${round}`, patches);
        const [red, green] = await Promise.all([
          judge(`mutant_${name}_${round}`, mutant, play),
          judge(`original_${name}_${round}`, original, play),
        ]);
        expect(green.violations, describeViolations(green.violations)).to.deep.equal([]);
        expect(red.violations.map((violation) => violation.invariant)).to.include(invariant);
      });
    }
  }

  async function judge(name: string, script: string, play: MutantPlay): Promise<Verdict> {
    if (server === undefined) throw new Error('there is no server');
    const { jobs, leaseMs, plan = {}, act } = play;
    const stage = await openStage({ server, name, script, jobs, leaseMs, plan, seed: chooseSeed() });
    try {
      await act(stage);
      // a mutant may never come back; the checker says so
      await untilResumed(stage, RESUME_MS).catch(() => {});
      return await stage.judge();
    } catch (error) {
      console.log(`      ${name}: log in ${keepLog(stage, name)}`);
      throw error;
    } finally {
      await stage.close();
    }
  }
});

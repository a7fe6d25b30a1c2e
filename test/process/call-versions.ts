// An old and a new version of a schema side by side: each is served by those that know it, while one lives; afterwards by
// the upcast of the new one, or it ends dead in sight. Nothing is lost on the way.
import { expect } from 'chai';
import type { TestDatabase } from '../support/databases.js';
import type { Actor } from './actor.js';
import { type CallArg, testMethod } from './call-options.js';
import { type CallStage, executions, openCallStage } from './call-stage.js';

const OLD = { configHash: 'old', methods: versionOf('a') };
const NEW = { configHash: 'new', methods: versionOf('b') };

function versionOf(letter: string): ReturnType<typeof testMethod>[] {
  const argsHash = letter.repeat(64);
  return [
    testMethod('moved', { argsHash, upcast: letter === 'b' }),
    testMethod('broken', { argsHash, delayMs: 2_000 }),
  ];
}

export async function twoVersions(database: TestDatabase, script: string): Promise<void> {
  const stage = await openCallStage({
    database,
    name: `call-versions_${database.dialect}`,
    script,
    methods: OLD.methods,
  });
  try {
    await sideBySide(stage);
  } finally {
    await stage.close();
  }
}

async function sideBySide(stage: CallStage): Promise<void> {
  const old = await stage.cast(OLD);
  const other = await stage.cast(NEW);
  await served(stage, old, calls(0, 40));
  await served(stage, other, calls(1000, 40));
  const strays = executions(stage).filter(
    ({ call, method, pid }) => method === 'broken' && pid !== (call < 1000 ? old : other).pid,
  );
  expect(strays, 'calls of one version served by the other').to.deep.equal([]);
  // what the old one leaves behind: its last calls wait for their second attempt when it stops
  for (const method of ['moved', 'broken'])
    stage.call(old, { method, args: calls(method === 'moved' ? 2000 : 3000, 20) });
  await stage.until('the last calls of the old one', () => old.count('called') >= 4);
  await old.term();
  const faults = await stage.judge();
  expect(faults).to.deep.equal([]);
  const left = (await stage.records()).filter(({ call }) => call >= 2000);
  expect(left.length, 'records the old version left').to.equal(40);
  const states = (method: string) => [
    ...new Set(left.filter((one) => one.method === method).map(({ state }) => state)),
  ];
  expect(states('moved'), 'what can be brought up to date').to.deep.equal(['SUCCEEDED']);
  expect(states('broken'), 'what cannot').to.include('DEAD');
}

/** Each fails once. */
function calls(from: number, count: number): CallArg[] {
  return Array.from({ length: count }, (_, index) => ({ n: from + index, holdMs: 0, failures: 1, end: 'returns' }));
}

async function served(stage: CallStage, actor: Actor, args: readonly CallArg[]): Promise<void> {
  const called = actor.count('called');
  stage.call(actor, { method: 'moved', args: args.slice(0, 20) });
  stage.call(actor, { method: 'broken', args: args.slice(20) });
  await stage.until('the calls', () => actor.count('called') >= called + 2);
  const wanted = new Set(args.map(({ n }) => n));
  const ended = async () => {
    const mine = (await stage.records()).filter(({ call }) => wanted.has(call));
    return mine.length === args.length && mine.every(({ state }) => state === 'SUCCEEDED');
  };
  await stage.until('their second attempts', ended);
}

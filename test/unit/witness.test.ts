// The witness: what it acknowledged is on disk, in order, and it judges fences and files by itself.
import { expect } from 'chai';
import { startWitness, type Witness } from '../support/witness.js';
import {
  connectWitness,
  WITNESS_VARIABLE,
  type WitnessClient,
  type WitnessedContext,
} from '../support/witness-client.js';

const context = (attempt: number, fence: number): WitnessedContext => {
  const fireTimeMs = 1_700_000_000_000;
  return { job: 'tick', fireTimeMs, attempt, kind: 'cron', fence, idempotencyKey: `app/tick@${fireTimeMs}` };
};

describe('the witness', () => {
  let witness: Witness;
  let client: WitnessClient;

  beforeEach(async function () {
    witness = await startWitness(this.currentTest?.title.replace(/\W/g, '-').slice(0, 20) ?? '');
    client = await connectWitness(witness.env[WITNESS_VARIABLE] as string, 'one');
  });
  afterEach(async () => {
    client.close();
    await witness.stop();
  });

  it('has the START on disk before the handler works, and its END after', async () => {
    let during: string[] = [];
    await client.witnessRun(context(1, 7), async () => {
      during = witness.read().map(({ event }) => event);
    });
    expect(during).to.deep.equal(['START']);
    const [start, end] = witness.read();
    expect(start).to.include({
      n: 0,
      event: 'START',
      job: 'tick',
      fence: 7,
      attempt: 1,
      pid: process.pid,
      instance: 'one',
    });
    expect(end).to.include({ n: 1, event: 'END', outcome: 'returned' });
    expect(end?.atMs).to.be.greaterThan(start?.atMs as number);
  });

  it('marks a handler that threw, and passes the error on', async () => {
    const run = client.witnessRun(context(1, 7), () => Promise.reject(new Error('broken')));
    expect(await run.catch((error: Error) => error.message)).to.equal('broken');
    expect(witness.read().at(-1)).to.include({ event: 'END', outcome: 'threw' });
  });

  it('notes a fire and attempt that is entered twice, by its file', async () => {
    await client.witnessRun(context(1, 7), async () => {});
    await client.witnessRun(context(2, 8), async () => {});
    expect(witness.read().filter(({ event }) => event === 'DOUBLE')).to.have.length(0);
    await client.witnessRun(context(1, 9), async () => {});
    expect(witness.read().filter(({ event }) => event === 'DOUBLE')).to.have.length(1);
  });

  it('accepts an effect only with a fence no smaller than the largest it has seen', async () => {
    expect(await client.effect(context(1, 7))).to.equal(true);
    expect(await client.effect(context(1, 9))).to.equal(true);
    expect(await client.effect(context(1, 8))).to.equal(false);
    expect(await client.effect(context(1, 8), 'another')).to.equal(true);
    const accepted = witness.read().map((event) => event.event === 'EFFECT' && event.accepted);
    expect(accepted).to.deep.equal([true, true, false, true]);
  });

  it('keeps harness events and those of several processes in one order', async () => {
    const other = await connectWitness(witness.env[WITNESS_VARIABLE] as string, 'two');
    await witness.tell({ event: 'STOP', pid: 1 });
    await other.effectElsewhere(context(1, 3), { resource: 'stock', accepted: true });
    await witness.tell({ event: 'CONT', pid: 1 });
    other.close();
    expect(witness.read().map(({ n, event }) => `${n} ${event}`)).to.deep.equal(['0 STOP', '1 EFFECT', '2 CONT']);
  });

  it('fails what nobody acknowledged when it is gone', async () => {
    await witness.stop();
    const told = client.tell({ event: 'FINISH' });
    expect(await told.catch((error: Error) => error.message)).to.equal('the witness is gone');
  });
});

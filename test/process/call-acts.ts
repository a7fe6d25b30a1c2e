// Acts in which calls meet crashes: killed at every step, poisoned, by the thousand, and by two versions of a schema.
// Each proves that its fault happened before its verdict counts.
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { FaultHandle, Match } from '../support/proxy.js';
import type { Actor } from './actor.js';
import { type CallArg, testMethod } from './call-options.js';
import { type CallStage, executions, heardBy } from './call-stage.js';
import { pick } from './random.js';

export const KILL_METHODS = [
  testMethod('pay', { maxRetries: 4 }),
  testMethod('ship', { onCrash: 'hold', maxRetries: 2 }),
  testMethod('notify', { mode: 'afterward', maxRetries: 4 }),
];

/** Hands out numbered calls whose behaviour is drawn. */
export class Orders {
  readonly #random: () => number;
  #next = 1;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** @param changes the same for all of them */
  take(count: number, changes: Partial<CallArg> = {}): CallArg[] {
    return Array.from({ length: count }, () => ({ n: this.#next++, ...this.#behaviour(), ...changes }));
  }

  /** Some fail once or twice, a few for ever, a few in a way that no retry mends. */
  #behaviour(): Omit<CallArg, 'n'> {
    const failures = pick([0, 0, 0, 0, 1, 1, 2, 99], this.#random);
    const end = this.#random() < 0.1 ? 'refuses' : 'returns';
    return { holdMs: Math.floor(this.#random() * 40), failures, end };
  }
}

/** Where on its way a call is when its process dies. */
export interface Step {
  readonly name: string;
  readonly match: Match;
  /** Has the server acted? */
  readonly kind: 'dropRequest' | 'eatReply';
}

/** Kills an instance at this step of one of its statements; the calls it was making are started just before. */
export async function killAtStep(stage: CallStage, orders: Orders, step: Step): Promise<void> {
  const { proxy, url } = await stage.proxied();
  const victim = await stage.cast({ url });
  const fault = proxy.inject(step.match, { kind: step.kind });
  callAll(stage, victim, orders, 40);
  await struck(fault, step.name);
  await victim.kill9();
}

/** Executions that one of every method may be among. */
const UNDER_WAY = 3;

/** Kills an instance while several of its executions go on. */
export async function killInCall(stage: CallStage, orders: Orders): Promise<void> {
  const victim = await stage.cast();
  callAll(stage, victim, orders, 40);
  for (const { name } of KILL_METHODS)
    stage.call(victim, { method: name, args: orders.take(2, { holdMs: 60_000, failures: 0 }) });
  await stage.until('calls under way', () => {
    const open = executions(stage).filter(({ pid, toMs }) => pid === victim.pid && toMs === Number.POSITIVE_INFINITY);
    return open.length >= UNDER_WAY;
  });
  await victim.kill9();
  const cut = executions(stage).filter(({ pid, outcome }) => pid === victim.pid && outcome === 'cut');
  expect(cut.length, 'executions that a kill cut').to.be.above(0);
}

/** Kills at no special moment: where the network cannot be reached. */
export async function killSometime(stage: CallStage, orders: Orders, random: () => number): Promise<void> {
  const victim = await stage.cast();
  callAll(stage, victim, orders, 40);
  await delay(random() * 400);
  await victim.kill9();
}

/** Calls of every method; what else is alive retries them. */
export function callAll(stage: CallStage, actor: Actor, orders: Orders, count: number): void {
  for (const { name } of KILL_METHODS) stage.call(actor, { method: name, args: orders.take(count) });
}

async function struck(fault: FaultHandle, name: string): Promise<void> {
  const late = delay(30_000).then(() => Promise.reject(new Error(`never came ${name}`)));
  await Promise.race([fault.first, late]);
}

/** A record that takes its process along: DEAD after exactly its attempts, or in doubt after one. */
export async function poison(stage: CallStage): Promise<void> {
  const arg = { holdMs: 0, failures: 0, end: 'aborts' } as const;
  // one after the other: the death by the first could come between the record of the second and its start
  for (const [at, method] of (['poison', 'held'] as const).entries()) {
    const caller = await stage.cast({ schedule: false });
    stage.call(caller, { method, args: [{ n: at + 1, ...arg }] });
    await stage.until('the caller to die', () => caller.ended);
  }
  await keepAlive(stage, async () => {
    const records = await stage.records();
    return records.length === 2 && records.every(({ state }) => state === 'DEAD' || state === 'UNKNOWN');
  });
}

/** Instances that dispatch, another one for each that dies, until `done`. */
async function keepAlive(stage: CallStage, done: () => Promise<boolean>): Promise<void> {
  let dispatcher = await stage.cast();
  const ended = async () => {
    if (await done()) return true;
    if (dispatcher.ended) dispatcher = await stage.cast();
    return false;
  };
  await stage.until('the poison to be spent', ended, stage.recoveryMs * 5);
}

/** Executions of a call that began. */
export function started(stage: CallStage, call: number): number {
  return executions(stage).filter((one) => one.call === call).length;
}

/** What the callers of these methods heard, by result. */
export function heardOf(stage: CallStage): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { result } of stage.actors.flatMap(heardBy)) counts[result] = (counts[result] ?? 0) + 1;
  return counts;
}

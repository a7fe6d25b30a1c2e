// A carrier: takes parcels one at a time, and loses one now and then. This one only pretends.
import { setTimeout as delay } from 'node:timers/promises';

const REFUSED = 0.05;

/** Hands an order over. false: the carrier does not take it, today. */
export async function handOver(_orderId: number, signal: AbortSignal): Promise<boolean> {
  await delay(20 + Math.random() * 60, undefined, { signal });
  return Math.random() > REFUSED;
}

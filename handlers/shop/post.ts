// A mail server that is often busy. This one only pretends.
import { setTimeout as delay } from 'node:timers/promises';

const BUSY = 0.3;

/** false: not now. */
export async function send(_subject: string, _text: string, signal: AbortSignal): Promise<boolean> {
  await delay(20 + Math.random() * 60, undefined, { signal });
  return Math.random() >= BUSY;
}

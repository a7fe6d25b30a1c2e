// The heartbeat's thread: renews the instance's lease over a connection of its own, so that neither a blocked event loop
// nor an exhausted pool loses it. It talks to the main thread through shared cells (lease.ts) and two messages.
// It loads nothing but the bare driver. It stops beating, without an end, while the main loop has been silent for ten
// leases: an instance that will never answer must not own work for ever.
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../clock.js';
import { openBare } from '../db/bare.js';
import type { DatabaseUrl } from '../db/url.js';
import { CELL, moment } from './lease.js';

/** What the main thread hands over. */
export interface BeatData {
  readonly url: DatabaseUrl;
  readonly sql: string;
  readonly values: readonly (string | number)[];
  readonly cells: Float64Array;
  readonly beatMs: number;
  readonly leaseMs: number;
}

const { url, sql, values, cells, beatMs, leaseMs } = workerData as BeatData;
const SILENT_LEASES = 10;

let stopped = false;
let wake = () => {};
parentPort?.once('message', () => {
  stopped = true;
  wake();
});

const bare = await openBare({ url, statementTimeoutMs: beatMs });
while (!stopped && cells[CELL.lost] !== 1) {
  const sent = moment(systemClock);
  if (!mainIsSilent(sent.monotonic)) await beat(sent);
  await pause(sent.monotonic + beatMs - systemClock.monotonic());
}
await bare.close();
parentPort?.close();

function mainIsSilent(nowMs: number): boolean {
  return nowMs - (cells[CELL.mainMonotonic] ?? 0) > SILENT_LEASES * leaseMs;
}

async function beat(sent: { wall: number; monotonic: number }): Promise<void> {
  try {
    const alive = (await bare.execute(sql, values)) === 1;
    if (alive) {
      cells[CELL.beatWall] = sent.wall;
      cells[CELL.beatMonotonic] = sent.monotonic;
    } else {
      cells[CELL.lost] = 1;
      parentPort?.postMessage('lost');
    }
  } catch {
    // No answer is no beat. The trust window of the main thread counts them; here the next one is tried in its time.
  }
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.max(delayMs, 0));
    wake = () => {
      clearTimeout(timer);
      resolve();
    };
    if (stopped) wake();
  });
}

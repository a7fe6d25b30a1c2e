// Keeps an instance's lease and says when it is lost. Two ways to beat: a worker thread (the rule), or the main thread's
// own timers, where the database lives in this process's memory or time is a test's.
// What must hold: `onLost` comes once, at the latest when the trust window ends, whatever the beating thread does; the
// heartbeat is the last thing to stop.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../clock.js';
import type { DatabaseUrl } from '../db/url.js';
import type { BeatData } from './heartbeat.worker.js';
import { beatStatement, type Instance } from './instance.js';
import { type Lease, moment } from './lease.js';

export interface HeartbeatOptions {
  readonly instance: Instance;
  readonly lease: Lease;
  readonly clock: Clock;
  /** null: beat in the main thread. */
  readonly workerUrl: DatabaseUrl | null;
  /** Once: the lease is over, or the database says that the instance is not alive. */
  readonly onLost: () => void;
  /** The beating thread failed; another one follows. */
  readonly onTrouble: (error: unknown) => void;
}

export interface Heartbeat {
  /** Resolves when no beat can be sent any more. */
  stop(): Promise<void>;
}

export function startHeartbeat(options: HeartbeatOptions): Heartbeat {
  const beating = options.workerUrl === null ? beatHere(options) : beatInWorker(options, options.workerUrl);
  const stopWatch = watch(options);
  return {
    async stop() {
      stopWatch();
      await beating.stop();
    },
  };
}

/** Calls onLost when the trust window ends. Each beat moves that end, so the timer is set again until it is true. */
function watch({ lease, clock, onLost, instance }: HeartbeatOptions): () => void {
  let cancel = () => {};
  const check = () => {
    if (!lease.holds()) {
      lease.lose(); // for good: a beat that is confirmed now comes too late
      return onLost();
    }
    lease.touch();
    cancel = clock.setTimer(Math.min(lease.remainingMs() + 1, instance.timing.beatMs), check);
  };
  check();
  return () => cancel();
}

function beatHere({ instance, lease, clock }: HeartbeatOptions): Heartbeat {
  let inFlight: Promise<void> = Promise.resolve();
  let cancel = () => {};
  const beat = async () => {
    const sent = moment(clock);
    const { sql, values } = beatStatement(instance); // made anew: a test's clock stands in its text
    const changed = await instance.database.execute(sql, values).catch(() => null);
    if (changed === 1) lease.confirm(sent);
    if (changed === 0) lease.lose();
  };
  const again = () => {
    cancel = clock.setTimer(instance.timing.beatMs, () => {
      inFlight = beat();
      again();
    });
  };
  again();
  return {
    async stop() {
      cancel();
      await inFlight;
    },
  };
}

function beatInWorker(options: HeartbeatOptions, url: DatabaseUrl): Heartbeat {
  const { instance, lease } = options;
  const { beatMs, leaseMs } = instance.timing;
  const data: BeatData = { url, ...beatStatement(instance), cells: lease.cells, beatMs, leaseMs };
  let stopping = false;
  let worker = start();

  function start(): Worker {
    const started = spawn(data);
    // A thread that dies is replaced; if that fails too, the trust window ends and the instance starts over.
    started.on('error', (error) => {
      options.onTrouble(error);
      options.clock.setTimer(beatMs, () => {
        if (!stopping && lease.holds()) worker = start();
      });
    });
    return started;
  }
  return {
    async stop() {
      stopping = true;
      const gone = new Promise((resolve) => worker.once('exit', resolve));
      worker.postMessage('stop');
      if (worker.threadId !== -1) await gone;
    },
  };
}

/** A worker thread cannot start from a .ts file by itself: from source, tsx is registered in it first. */
function spawn(workerData: BeatData): Worker {
  const fromSource = import.meta.url.endsWith('.ts');
  const url = new URL(`./heartbeat.worker${fromSource ? '.ts' : '.js'}`, import.meta.url);
  if (!fromSource) return new Worker(url, { workerData });
  const tsx = JSON.stringify(tsxUrl());
  const code = `import(${tsx}).then(({ register }) => { register(); return import(${JSON.stringify(url.href)}); })`;
  return new Worker(code, { eval: true, workerData });
}

/** `import.meta.resolve` is missing where a loader has turned this file into CommonJS (mocha does); then its package says. */
function tsxUrl(): string {
  if (typeof import.meta.resolve === 'function') return import.meta.resolve('tsx/esm/api');
  const require = createRequire(import.meta.url);
  const { exports } = require('tsx/package.json') as { exports: { './esm/api': { import: { default: string } } } };
  return new URL(exports['./esm/api'].import.default, pathToFileURL(require.resolve('tsx/package.json'))).href;
}

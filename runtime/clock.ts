// Time, as a dependency: everything that reads a clock or waits gets one of these, so that tests can own it.
// Never decides anything between instances: only the database's clock does (docs/protocol.md, rule 1).

export interface Clock {
  /** Wall clock, UTC epoch milliseconds. */
  now(): number;
  /** Monotonic milliseconds from an arbitrary origin that all threads of the process share. */
  monotonic(): number;
  /** Calls back once after delayMs; returns what cancels it. Does not keep the process alive. */
  setTimer(delayMs: number, callback: () => void): () => void;
  /** As setTimer, to a fraction of a millisecond, at the cost of some CPU in the last two. */
  setAlarm(delayMs: number, callback: () => void): () => void;
  /** Does work that waits for nothing of this clock's: a test's clock stands still meanwhile, the system's takes no notice. */
  during<T>(what: 'handler' | 'statement', work: () => T | Promise<T>): Promise<T>;
  /** Times in which no schedule fires, in their order: those that a test leapt over. Read anew each time. */
  readonly leftOut?: readonly Span[];
}

/** UTC epoch milliseconds, both ends included. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

const ALARM_EARLY_MS = 2;
/** Taken before a test can put one of its own there, which would never come. */
const { setImmediate: soon } = globalThis;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => Number(process.hrtime.bigint()) / 1e6,
  setTimer(delayMs, callback) {
    const at = systemClock.monotonic() + delayMs;
    let timer: NodeJS.Timeout;
    // Node's longest timer is 24.8 days; a longer one would fire at once.
    const arm = () => {
      const leftMs = Math.ceil(at - systemClock.monotonic());
      timer = setTimeout(leftMs > LONGEST_TIMER_MS ? arm : callback, Math.min(Math.max(leftMs, 0), LONGEST_TIMER_MS));
      timer.unref();
    };
    arm();
    return () => clearTimeout(timer);
  },
  // A timer of Node's comes 1 to 2 ms late. So it is set for earlier, and the rest is spent yielding to other work.
  setAlarm(delayMs, callback) {
    const at = systemClock.monotonic() + delayMs;
    let cancelled = false;
    const yieldUntil = () => {
      if (cancelled) return;
      if (systemClock.monotonic() >= at) callback();
      else setImmediate(yieldUntil);
    };
    const cancel = systemClock.setTimer(Math.floor(delayMs) - ALARM_EARLY_MS, yieldUntil);
    return () => {
      cancelled = true;
      cancel();
    };
  },
  during: async (_what, work) => await work(),
};

/** Resolves after delayMs, or at once when the signal aborts. Never rejects. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return wait((done) => clock.setTimer(delayMs, done), signal);
}

/** As sleep, to a fraction of a millisecond. */
export function sleepExactly(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return wait((done) => clock.setAlarm(delayMs, done), signal);
}

/** When everything else in this process has had its turn: timers, signals, sockets. No time need pass. */
export function turn(): Promise<void> {
  return new Promise((resolve) => soon(resolve));
}

function wait(arm: (done: () => void) => () => void, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = arm(done);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/**
 * A stopwatch that is never too short: the larger of monotonic and wall time, because the monotonic clock stands
 * still in a suspended machine and the wall clock may be set back.
 */
export function stopwatch(clock: Clock): () => number {
  const wall = clock.now();
  const monotonic = clock.monotonic();
  return () => Math.max(clock.now() - wall, clock.monotonic() - monotonic);
}

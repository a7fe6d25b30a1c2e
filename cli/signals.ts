// SIGINT and SIGTERM of `dal-job start`, the one place that handles signals: the first asks to stop, a second one ends the
// process at once. What must hold: one Ctrl-C is one signal, however often it arrives: npm passes on to its child what the
// terminal has sent to it already.
const NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;

export type StopSignal = keyof typeof NUMBERS;

/** Signals this soon after the first are echoes of it. */
const ECHO_MS = 500;

/** Resolves at the first signal; from then on another one exits with 128 + its number. */
export function stopSignal(): Promise<StopSignal> {
  return new Promise((resolve) => {
    let firstMs: number | null = null;
    const receive = (signal: StopSignal): void => {
      if (firstMs === null) {
        firstMs = performance.now();
        resolve(signal);
      } else if (performance.now() - firstMs > ECHO_MS) process.exit(128 + NUMBERS[signal]);
    };
    for (const signal of Object.keys(NUMBERS) as StopSignal[]) process.on(signal, () => receive(signal));
  });
}

// Wrong clocks, by libfaketime: for instances (a fixed skew) and for a database server (a skew that steps while it runs).
// Only wall clocks are faked: a wrong clock is a fact of life, a monotonic clock that jumps is not. The witness never
// runs under one. Without the library these tests are skipped in sight, or fail if DAL_JOB_TEST_REQUIRE is set.
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The library, or undefined on a machine without it. */
export function findFaketime(): string | undefined {
  const folders = existsSync('/usr/lib')
    ? readdirSync('/usr/lib').map((name) => join('/usr/lib', name, 'faketime'))
    : [];
  return [...folders, '/usr/local/lib/faketime'].map((folder) => join(folder, 'libfaketimeMT.so.1')).find(existsSync);
}

/** Nothing here may be left out silently where everything is required. */
export function faketimeIsRequired(): boolean {
  return (process.env.DAL_JOB_TEST_REQUIRE ?? '') !== '';
}

const ALWAYS = {
  DONT_FAKE_MONOTONIC: '1',
  // on glibc from 2.30 on the fix makes each timed wait return at once: a MySQL server burned a core, and started in 60 s or never
  FAKETIME_FORCE_MONOTONIC_FIX: '0',
} as const;

/** The environment of a process whose wall clock is wrong by so many seconds. */
export function skewed(library: string, seconds: number): Record<string, string> {
  if (seconds === 0) return {};
  return { ...ALWAYS, LD_PRELOAD: library, FAKETIME: signed(seconds) };
}

export interface SteppedClock {
  readonly env: Readonly<Record<string, string>>;
  /** From now on (within the second) the clock is off by so much. */
  step(seconds: number): void;
}

/** A clock that is right, until it is told otherwise. */
export function steppedClock(library: string, folder: string): SteppedClock {
  const file = join(folder, 'faketime');
  const step = (seconds: number) => writeFileSync(file, `${signed(seconds)}\n`);
  step(0);
  return {
    env: { ...ALWAYS, LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_CACHE_DURATION: '1' },
    step,
  };
}

function signed(seconds: number): string {
  return `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}s`;
}

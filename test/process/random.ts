// Chance for process tests: reproducible from the seed that a failing test prints. DAL_JOB_TEST_SEED repeats one.
// No cryptography, no state beyond the generator it returns.
import { randomInt } from 'node:crypto';

/** Numbers in [0, 1), the same for the same seed (mulberry32's mixing of a counter). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The seed of this test run: DAL_JOB_TEST_SEED, or drawn. */
export function chooseSeed(): number {
  const named = Number(process.env.DAL_JOB_TEST_SEED ?? Number.NaN);
  return Number.isInteger(named) ? named : randomInt(2 ** 31);
}

export function pick<T>(items: readonly T[], random: () => number): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('there is nothing to pick from');
  return item;
}

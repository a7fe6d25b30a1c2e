// How many random cases a test tries: a few seconds' worth each time, all of them under DAL_JOB_TEST_LONG=1, and from a seed
// that fast-check prints with a failure and DAL_JOB_TEST_SEED gives back.
import type { Parameters } from 'fast-check';

export function fuzzing({ each, long }: { each: number; long: number }): Parameters<unknown> & { numRuns: number } {
  const seed = process.env.DAL_JOB_TEST_SEED;
  const numRuns = process.env.DAL_JOB_TEST_LONG === '1' ? long : each;
  return { numRuns, ...(seed === undefined ? {} : { seed: Number(seed) }) };
}

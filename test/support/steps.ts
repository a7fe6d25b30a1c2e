// The steps of `npm test`: what each runs, and how its result becomes a count. A check of the sources counts as one test.
// A step that dies without leaving its counts is one failure more: nothing may end in silence.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, setPriority } from 'node:os';
import { join } from 'node:path';
import { scratchRoot } from './scratch.js';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface Outcome extends Counts {
  /** Which tests, and what each says: for the end of the output, which is all that a cut log shows. */
  readonly failures: readonly string[];
}

export interface Step {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** A mocha run, which leaves its own counts. */
  readonly counted: boolean;
  /** It waits more than it works: it runs beside the others, and its output comes when they are through. */
  readonly beside: boolean;
}

export const SUITES: readonly string[] = ['unit', 'golden', 'db', 'process', 'pack'];
const CORES = availableParallelism();
/** Process tests that mostly wait, for what instances do. */
const WAITING = /\/(calls|claims|faults|mutants)[^/]*$/;
interface Run {
  readonly suites: readonly string[];
  readonly jobs: number;
  readonly beside: boolean;
  /** Default: all. */
  readonly files?: (file: string) => boolean;
  readonly what?: string;
}

/** Suites that share one run, and how many of their files run at once. */
const RUNS: readonly Run[] = [
  { suites: ['unit', 'golden'], jobs: CORES, beside: false },
  { suites: ['db'], jobs: CORES, beside: false },
  { suites: ['pack'], jobs: 1, beside: false },
  { suites: ['process'], jobs: CORES, beside: false, files: (file: string) => !WAITING.test(file) },
  {
    suites: ['process'],
    jobs: CORES,
    beside: true,
    files: (file: string) => WAITING.test(file),
    what: ', with faults',
  },
];
const SOURCE = ['--conditions=dal-job-source', '--import', 'tsx'];

/** Lint, types, generated files. */
export function sourceSteps(): Step[] {
  const bin = (name: string) => join('node_modules', '.bin', name);
  const check = (name: string, command: string, args: readonly string[]) => ({
    ...{ name, command, args },
    ...{ counted: false, beside: false },
  });
  const generated = existsSync('cli/main.ts') && existsSync('jobs.yaml');
  return [
    check('lint', bin('biome'), ['check', '.']),
    check('types', bin('tsc'), ['-p', 'tsconfig.json', '--noEmit']),
    ...(generated ? [check('generated files', process.execPath, [...SOURCE, 'cli/main.ts', 'gen', '--check'])] : []),
  ];
}

/** The mocha runs; `only` names one suite. */
export function suiteSteps(only: string | undefined, grep: string | undefined): Step[] {
  return RUNS.flatMap(({ suites, jobs, beside, files: isPart = () => true, what = '' }) => {
    const wanted = suites.filter((suite) => only === undefined || suite === only);
    const files = wanted.flatMap((suite) => testFiles(join('test', suite))).filter(isPart);
    if (files.length === 0) return [];
    const parallel = jobs > 1 ? ['--parallel', '--jobs', String(jobs)] : [];
    const args = [
      'node_modules/mocha/bin/mocha.js',
      ...['--reporter', 'test/support/reporter.cjs'],
      ...parallel,
      ...(grep === undefined ? [] : ['--grep', grep]),
      ...files,
    ];
    return [{ name: `tests: ${wanted.join(' and ')}${what}`, command: process.execPath, args, counted: true, beside }];
  });
}

/** How far a step that works gives way to one that waits: what that waits for must come in time. */
const GIVES_WAY = 10;

export interface RunOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Instead of our own terminal. */
  readonly outputFile?: string;
  /** There are steps beside it, which go first. */
  readonly givesWay?: boolean;
}

/** Ends with us at Ctrl-C. */
export async function runStep(step: Step, { env, outputFile, givesWay = false }: RunOptions): Promise<Outcome> {
  const countsFile = join(scratchRoot(), `${step.name.replace(/\W+/g, '-')}.json`);
  rmSync(countsFile, { force: true });
  const output = outputFile === undefined ? 'inherit' : openSync(outputFile, 'w');
  const child = spawn(step.command, step.args, {
    stdio: ['inherit', output, output],
    env: { ...env, DAL_JOB_TEST_COUNTS: countsFile },
  });
  if (givesWay && child.pid !== undefined) setPriority(child.pid, GIVES_WAY);
  const clean = await ended(child);
  if (typeof output === 'number') closeSync(output);
  if (!step.counted) return { passed: clean ? 1 : 0, failed: clean ? 0 : 1, skipped: 0, failures: [] };
  const outcome: Outcome = existsSync(countsFile)
    ? JSON.parse(readFileSync(countsFile, 'utf8'))
    : { passed: 0, failed: 0, skipped: 0, failures: [] };
  if (clean || outcome.failed > 0) return outcome;
  return { ...outcome, failed: 1, failures: ['It ended with an error, although no test says so.'] };
}

function ended(child: ChildProcess): Promise<boolean> {
  const interrupt = (signal: NodeJS.Signals) => {
    child.kill(signal);
    process.exit(130);
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('close', (code) => {
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
      resolve(code === 0);
    });
  });
}

function testFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
    .map((name) => join(folder, name));
}

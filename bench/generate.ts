// Whole-process time and memory of `dal-job gen` on the compiled bin, cold and unchanged, at 100 and 1,000 jobs, beside bare
// `node -e 0` in the same run: `npm run bench:generate`. Median of five [min–max].
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median } from './servers.js';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(ROOT, 'dist/cli/main.js');
if (!existsSync(BIN)) throw new Error('npm run build first: the bench measures the compiled bin');

const folder = mkdtempSync(join(tmpdir(), 'dal-job-bench-'));
try {
  const bare = samples(() => run(['-e', '0'], folder));
  print('node -e 0', bare, bare);
  for (const jobs of [100, 1000]) measure(jobs, bare);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function measure(jobs: number, bare: readonly number[]): void {
  const project = join(folder, `p${jobs}`);
  const fresh = () => {
    rmSync(project, { recursive: true, force: true });
    createProject(project, jobs);
  };
  const cold = samples(() => {
    fresh();
    return run([BIN, 'gen'], project);
  });
  const same = samples(() => run([BIN, 'gen'], project));
  print(`gen, ${jobs} jobs, cold`, cold, bare);
  print(`gen, ${jobs} jobs, unchanged`, same, bare);
}

function createProject(project: string, jobs: number): void {
  mkdirSync(join(project, 'node_modules'), { recursive: true });
  writeFileSync(join(project, 'package.json'), '{ "name": "bench", "type": "module" }');
  symlinkSync(ROOT, join(project, 'node_modules/dal-job'));
  const job = (n: number) =>
    `  job${n}:\n    desc: Job ${n}\n    cron: "0 ${n % 60} ${n % 24} * * ?"\n    timeout: 50s\n    retry: { maxRetries: 3 }\n`;
  const body = Array.from({ length: jobs }, (_, n) => job(n)).join('');
  writeFileSync(
    join(project, 'jobs.yaml'),
    `version: 1\napp: bench\ndatabase:\n  url: "sqlite:./x.sqlite"\njobs:\n${body}`,
  );
}

function samples(once: () => number): readonly number[] {
  return Array.from({ length: ROUNDS }, once);
}

/** Milliseconds of the whole process. @throws when it does not exit with 0 */
function run(args: readonly string[], cwd: string): number {
  const begin = performance.now();
  const { status, stderr, stdout } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')}: exit ${status}\n${stdout}${stderr}`);
  return performance.now() - begin;
}

function print(name: string, values: readonly number[], bare: readonly number[]): void {
  const [low, high] = [Math.min(...values), Math.max(...values)].map(Math.round);
  const ratio = (median(values) / median(bare)).toFixed(1);
  console.log(
    `${name.padEnd(28)} ${String(Math.round(median(values))).padStart(6)} ms [${low}–${high}]  ${ratio} × bare node`,
  );
}

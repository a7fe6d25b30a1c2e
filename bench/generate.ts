// Whole-process time and memory of `dal-job gen` on the compiled bin, cold and unchanged, at 10 to 5,000 jobs and with services, beside bare
// `node -e 0` and a peer in the same run: graphql-codegen, with as many operations as jobs have inputs. `npm run bench:generate`.
// Median of BENCH_ROUNDS (5) [min–max], and the work of all threads. The peer is installed into bench/peer when it is not there; BENCH_PEER=0 leaves it out.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createPeerProject, installPeer, peerCommand } from './generate-peer.js';
import { median } from './servers.js';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const SIZES = (process.env.BENCH_SIZES ?? '10,100,1000,5000').split(',').map(Number);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(ROOT, 'dist/cli/main.js');
/** Said by a process as it ends: the most memory it had, in KiB, and the work of its threads, in microseconds. */
const SAY_USAGE = `process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  require('fs').writeFileSync(process.env.BENCH_USAGE, JSON.stringify([maxRSS, userCPUTime + systemCPUTime]));
});`;

interface Sample {
  readonly tookMs: number;
  /** Of all its threads: what other processes on the machine hardly change. */
  readonly workMs: number;
  readonly peakMb: number;
}

if (!existsSync(BIN)) throw new Error('npm run build first: the bench measures the compiled bin');
const folder = mkdtempSync(join(tmpdir(), 'dal-job-bench-'));
try {
  writeFileSync(join(folder, 'usage.cjs'), SAY_USAGE);
  const peer = process.env.BENCH_PEER === '0' ? null : installPeer();
  print(
    'node -e 0',
    samples(() => run(['-e', '0'], folder)),
  );
  for (const jobs of SIZES) measure(jobs, peer);
  measureServices();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** With services a run compiles validators and makes types, whatever their number is. */
function measureServices(): void {
  const project = join(folder, 'services');
  const cold = (): Sample => {
    createProject(project, servicesYaml(30, 3));
    return run([BIN, 'gen'], project);
  };
  print('gen, 30 services of 3 methods, cold', samples(cold));
  print(
    'gen, 30 services of 3 methods, unchanged',
    samples(() => run([BIN, 'gen'], project)),
  );
}

function measure(jobs: number, peer: string | null): void {
  const plain = join(folder, `plain${jobs}`);
  const again = (project: string, typed: boolean) => (): Sample => {
    createProject(project, jobsYaml(jobs, typed));
    return run([BIN, 'gen'], project);
  };
  print(`gen, ${jobs} jobs, cold`, samples(again(plain, false)));
  print(
    `gen, ${jobs} jobs, unchanged`,
    samples(() => run([BIN, 'gen'], plain)),
  );
  print(`gen, ${jobs} jobs with input, cold`, samples(again(join(folder, `typed${jobs}`), true)));
  if (peer === null) return;
  const project = join(folder, `peer${jobs}`);
  const cold = (): Sample => {
    rmSync(project, { recursive: true, force: true });
    createPeerProject(project, jobs);
    return run(peerCommand(peer), project);
  };
  print(`graphql-codegen, ${jobs} operations, cold`, samples(cold));
}

/** In place of one that is there. */
function createProject(project: string, jobsYaml: string): void {
  rmSync(project, { recursive: true, force: true });
  mkdirSync(join(project, 'node_modules'), { recursive: true });
  writeFileSync(join(project, 'package.json'), '{ "name": "bench", "type": "module" }');
  symlinkSync(ROOT, join(project, 'node_modules/dal-job'));
  writeFileSync(join(project, 'jobs.yaml'), `version: 1\napp: bench\n${jobsYaml}`);
}

function jobsYaml(jobs: number, typed: boolean): string {
  const input =
    '    input: { type: object, required: [days], properties: { days: { type: integer }, note: { type: string } } }\n';
  const job = (n: number) =>
    `  job${n}:\n    cron: "0 ${n % 60} ${n % 24} * * ?"\n    timeout: 50s\n${typed ? input : '    retry: { maxRetries: 3 }\n'}`;
  return `jobs:\n${times(jobs, job)}`;
}

function servicesYaml(services: number, methods: number): string {
  const method = (n: number) =>
    `      method${n}:\n        params: { order: { $ref: "#/types/Order" }, note: { type: string } }\n        retry: { mode: ${n % 2 === 0 ? 'beforehand' : 'afterward'} }\n`;
  const service = (n: number) => `  service${n}:\n    methods:\n${times(methods, method)}`;
  const order =
    '  Order: { type: object, required: [id], properties: { id: { type: integer }, text: { type: string } } }';
  return `jobs: {}\nservices:\n${times(services, service)}types:\n${order}\n`;
}

function times(count: number, text: (n: number) => string): string {
  return Array.from({ length: count }, (_, n) => text(n)).join('');
}

function samples(once: () => Sample): readonly Sample[] {
  return Array.from({ length: ROUNDS }, once);
}

/** The whole process. @throws when it does not exit with 0 */
function run(args: readonly string[], cwd: string): Sample {
  const usage = join(folder, 'usage');
  const env = { ...process.env, BENCH_USAGE: usage, NODE_OPTIONS: `--require ${join(folder, 'usage.cjs')}` };
  const begin = performance.now();
  const { status, stderr, stdout } = spawnSync(process.execPath, args, { cwd, env, encoding: 'utf8' });
  const tookMs = performance.now() - begin;
  if (status !== 0) throw new Error(`${args.join(' ')}: exit ${status}\n${stdout}${stderr}`);
  const [peakKb, workUs] = JSON.parse(readFileSync(usage, 'utf8')) as [number, number];
  return { tookMs, workMs: workUs / 1_000, peakMb: peakKb / 1_024 };
}

function print(name: string, all: readonly Sample[]): void {
  const times = all.map(({ tookMs }) => tookMs);
  const [low, high] = [Math.min(...times), Math.max(...times)].map(Math.round);
  const middle = (key: keyof Sample) => Math.round(median(all.map((one) => one[key])));
  const time = `${String(middle('tookMs')).padStart(6)} ms [${low}–${high}]`;
  console.log(
    `${name.padEnd(40)} ${time.padEnd(24)} ${String(middle('workMs')).padStart(6)} ms of work  ${middle('peakMb')} MB`,
  );
}

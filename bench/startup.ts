// What dal-job adds to the start of a process that loads Sequelize and mysql2 anyway: `npm run bench:startup`. Whole processes on
// the compiled package, of a project of 100 jobs: bare imports, the same with the generated index and an app, and the same
// with an app that has started on SQLite in memory. Median of eleven [min–max], taken in turns; beside the time on the wall that
// of the processor, which other work on the machine changes less.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median } from './servers.js';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 11);
const JOBS = 100;
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(ROOT, 'dist/cli/main.js');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
if (!existsSync(BIN)) throw new Error('npm run build first: the bench measures the compiled package');

const BARE = "await Promise.all([import('sequelize'), import('mysql2')]);\n";
const APP = "const { createApp } = await import('./dist/generated/index.js');\n";
const CASES = {
  'node alone': '',
  'sequelize and mysql2': BARE,
  'and an app': `${BARE}${APP}createApp({ logger: false });\n`,
  'and an app that has started':
    `${BARE}${APP}const app = createApp({ logger: false, database: { url: 'sqlite::memory:' } });\n` +
    'await app.start();\nprocess.exit(0);\n',
};

const ON_EXIT =
  "process.on('exit', () => { const { user, system } = process.cpuUsage(); console.log('cpu', (user + system) / 1000); });\n";

interface Sample {
  readonly wallMs: number;
  readonly cpuMs: number;
}

const folder = mkdtempSync(join(tmpdir(), 'dal-job-bench-'));
try {
  createProject();
  for (const [name, text] of Object.entries(CASES)) writeFileSync(join(folder, fileOf(name)), `${ON_EXIT}${text}`);
  print(measure());
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function createProject(): void {
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(ROOT, join(folder, 'node_modules/dal-job'));
  for (const name of ['sequelize', 'mysql2', '@types'])
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  const job = (n: number) => `  job${n}: { desc: Job ${n}, cron: "0 ${n % 60} ${n % 24} * * ?" }\n`;
  const jobs = Array.from({ length: JOBS }, (_, n) => job(n)).join('');
  const compilerOptions = { target: 'ES2022', module: 'NodeNext', types: ['node'], skipLibCheck: true, outDir: 'dist' };
  const files = {
    'package.json': '{ "type": "module" }',
    'tsconfig.json': JSON.stringify({
      compilerOptions: { ...compilerOptions, rootDir: '.' },
      include: ['generated', 'handlers'],
    }),
    'jobs.yaml': `version: 1\napp: bench\njobs:\n${jobs}`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  run([BIN, 'gen']);
  run([TSC, '-p', '.']);
}

function fileOf(name: string): string {
  return `${name.replaceAll(' ', '-')}.mjs`;
}

/** Each case; one of each in turn, so that other work on the machine meets all of them. */
function measure(): ReadonlyMap<string, readonly Sample[]> {
  const samples = new Map(Object.keys(CASES).map((name): [string, Sample[]] => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) for (const [name, taken] of samples) taken.push(run([fileOf(name)]));
  return samples;
}

/** @throws when it does not exit with 0 */
function run(args: readonly string[]): Sample {
  const begin = performance.now();
  const { status, stderr, stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')}: exit ${status}\n${stdout}${stderr}`);
  return { wallMs: performance.now() - begin, cpuMs: Number(/^cpu (.*)$/m.exec(stdout)?.[1] ?? 0) };
}

function print(samples: ReadonlyMap<string, readonly Sample[]>): void {
  const bare = samples.get('sequelize and mysql2') ?? [];
  for (const [name, taken] of samples)
    console.log(name.padEnd(28), compared(taken, bare, 'wallMs'), compared(taken, bare, 'cpuMs'));
}

function compared(taken: readonly Sample[], bare: readonly Sample[], key: keyof Sample): string {
  const [times, base] = [taken.map((one) => one[key]), median(bare.map((one) => one[key]))];
  const ms = median(times);
  const range = `[${Math.min(...times).toFixed(0)}–${Math.max(...times).toFixed(0)}]`;
  const over = ms > base ? ` +${(ms - base).toFixed(0)} ${(ms / base).toFixed(2)} ×` : '';
  return `${key.replace('Ms', '')} ${ms.toFixed(0)} ms ${range}${over}`.padEnd(44);
}

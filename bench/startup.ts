// What starting the generated app costs over a bare process that has sequelize and mysql2, connects and runs one query:
// `npm run bench:startup`. Fresh processes of compiled JavaScript, each kind in its turn, measured from the start of Node to
// the end of `app.start()`; the tables are there already, as at every start but the first. Median [min–max].
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ts } from 'ts-morph';
import { benchServer, median } from './servers.js';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 15);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
if (!existsSync(join(ROOT, 'dist'))) throw new Error('npm run build first: the bench measures the compiled package');

const CONNECT = `
  import { createRequire } from 'node:module';
  const { Sequelize } = createRequire(import.meta.url)('sequelize');
  const sequelize = new Sequelize(process.env.DATABASE_URL, { logging: false });
  await sequelize.query('SELECT 1');`;
const APP = `import { createApp } from './generated/index.js';`;
// schedstat: nanoseconds that the main thread was on a processor; elsewhere the whole process's time. Nothing is awaited before
// it is read: the first tick and the load of pino, which the first line begins, follow the start and are not of it.
const TELL = `
  const elapsedMs = performance.now();
  const cpu = process.cpuUsage();
  const allMs = (cpu.user + cpu.system) / 1e3;
  const stat = '/proc/self/schedstat';
  const ownMs = existsSync(stat) ? Number(readFileSync(stat, 'utf8').split(' ')[0]) / 1e6 : allMs;
  console.error(JSON.stringify([elapsedMs, ownMs, allMs]));`;

/** The example's own tables; a claim asks for them at the start. */
const SETUP = `${CONNECT} const { openShop } = await import('./handlers/shop/tables.js'); await openShop(sequelize); ${TELL} await sequelize.close();`;

/** By name; the first is the one that the others are compared with. */
const KINDS = {
  'bare sequelize + mysql2, one query': `${CONNECT} ${TELL} await sequelize.close();`,
  'the same, and createApp({ sequelize }), not started': `${APP} ${CONNECT} createApp({ sequelize }); ${TELL} await sequelize.close();`,
  'the same, and createApp({ sequelize }) started on it': `${APP} ${CONNECT} const app = createApp({ sequelize }); await app.start(); ${TELL} await app.stop(); await sequelize.close();`,
  'createApp() alone, started': `${APP} const app = createApp(); await app.start(); ${TELL} await app.stop();`,
};

// Inside the package, so that 'dal-job' and 'sequelize' are found from there.
const folder = mkdtempSync(join(ROOT, '.bench-startup-'));
const server = await benchServer('mysql');
try {
  if (server === null) throw new Error('this bench needs mysqld');
  compileExample();
  await measure(server.name, server.url);
} finally {
  rmSync(folder, { recursive: true, force: true });
  await server?.stop();
}

async function measure(name: string, url: string): Promise<void> {
  run(written('setup', SETUP), url);
  const kinds = Object.entries(KINDS).map(([kind, text], at) => {
    const file = written(`kind${at}`, text);
    run(file, url); // the first makes the tables and warms the file cache
    return { kind, file, times: [] as Times[] };
  });
  for (let round = 0; round < ROUNDS; round += 1) for (const { file, times } of kinds) times.push(timesOf(file, url));
  const bare = kinds[0]?.times ?? [];
  console.log(`${name}, ${ROUNDS} rounds`);
  for (const { kind, times } of kinds) {
    console.log(kind);
    for (const [what, at] of [
      ['elapsed', 0],
      ['main thread at work', 1],
      ['all threads at work', 2],
    ] as const) {
      console.log(
        `  ${what.padEnd(20)} ${compared(
          times.map((both) => both[at]),
          bare.map((both) => both[at]),
        )}`,
      );
    }
  }
}

function written(name: string, text: string): string {
  const file = join(folder, `${name}.js`);
  writeFileSync(file, `import { existsSync, readFileSync } from 'node:fs';${text}`);
  return file;
}

function compared(values: readonly number[], bare: readonly number[]): string {
  const [own, base] = [median(values), median(bare)];
  const [least, most] = [Math.min(...values), Math.max(...values)].map(Math.round);
  const over = `${(own / base).toFixed(2)} × bare, ${own >= base ? '+' : ''}${Math.round(own - base)} ms`;
  return `${Math.round(own)} ms [${least}–${most}]  ${over}`;
}

/** Milliseconds from the start of Node, as the process itself tells, and those that its main thread and all of them were at work. */
type Times = readonly [elapsedMs: number, workMs: number, allMs: number];

function timesOf(file: string, url: string): Times {
  return JSON.parse(run(file, url)) as Times;
}

/** What it wrote to stderr. @throws when it does not exit with 0 */
function run(file: string, url: string): string {
  const env = { ...process.env, DATABASE_URL: url };
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { env, encoding: 'utf8', timeout: 60_000 });
  if (status !== 0) throw new Error(`exit ${status}\n${stdout}${stderr}`);
  return stderr;
}

/** The repository's example, as its users would compile it. */
function compileExample(): void {
  for (const part of ['generated', 'handlers']) {
    for (const path of readdirSync(join(ROOT, part), { recursive: true, encoding: 'utf8' })) {
      if (!path.endsWith('.ts')) continue;
      const target = join(folder, part, path.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, transpiled(readFileSync(join(ROOT, part, path), 'utf8')));
    }
  }
}

function transpiled(text: string): string {
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true };
  return ts.transpileModule(text, { compilerOptions }).outputText;
}

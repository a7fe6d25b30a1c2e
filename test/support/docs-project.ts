// A copy of the project, as a reader has it before the first command: the example application is copied, so that commands
// may change it; the product is linked. Its database is a SQLite file inside. It vanishes with the test process.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './docs.js';
import { scratchFolder } from './scratch.js';

const COPIED = ['package.json', 'tsconfig.json', 'jobs.schema.json', 'jobs.yaml', 'handlers', 'generated'];
const LINKED = ['runtime', 'generator', 'cli', 'node_modules'];

export interface Result {
  readonly status: number | null;
  readonly output: string;
}

/** An instance that was started by a shell command, with everything below it. */
export interface StartedCommand {
  output(): string;
  /** Ctrl-C: SIGINT to the whole group, as a terminal sends it. Resolves when all of it has ended. Idempotent. */
  interrupt(): Promise<void>;
}

export class DocsProject {
  readonly folder: string;
  #started = 0;

  constructor() {
    this.folder = scratchFolder('docs-project');
    for (const name of COPIED) cpSync(join(ROOT, name), join(this.folder, name), { recursive: true });
    this.#compileTopLevel();
    for (const name of LINKED) symlinkSync(join(ROOT, name), join(this.folder, name));
  }

  /** The blocks of TypeScript lie beside jobs.yaml; the repository has nothing there. */
  #compileTopLevel(): void {
    const config = JSON.parse(this.read('tsconfig.json')) as { include: string[] };
    this.write('tsconfig.json', JSON.stringify({ ...config, include: [...config.include, '*.ts'] }));
  }

  has(path: string): boolean {
    return existsSync(join(this.folder, path));
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), 'utf8');
  }

  write(path: string, text: string): void {
    writeFileSync(join(this.folder, path), text);
  }

  /** Runs one command line to its end. */
  run(command: string): Result {
    const { status, stdout, stderr } = spawnSync('bash', ['-c', command], {
      ...this.#options(),
      encoding: 'utf8',
      timeout: 60_000,
    });
    return { status, output: stdout + stderr };
  }

  /** Starts a command line that goes on. */
  start(command: string): StartedCommand {
    const child = spawn('bash', ['-c', command], { ...this.#options(), detached: true });
    this.#started += 1;
    // `kill -9 -<pid>` is the whole group: see scratch.ts
    writeFileSync(join(scratchFolder(`docs-command-${this.#started}`), 'pid'), String(-(child.pid ?? 0)));
    return watch(child);
  }

  #options() {
    const { DATABASE_URL: _, ...env } = process.env;
    return { cwd: this.folder, env: { ...env, NO_COLOR: '1' } };
  }
}

function watch(child: ChildProcess): StartedCommand {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (output += String(data)));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    output: () => output,
    interrupt() {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
        process.kill(-child.pid, 'SIGINT');
      return ended;
    },
  };
}

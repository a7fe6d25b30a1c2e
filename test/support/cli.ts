// The real command in processes of its own, on a project in a scratch folder that sees dal-job as an installed package.
// Asynchronous throughout: a test that waits for one process must be able to read another's output meanwhile.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scratchFolder } from './scratch.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COMMAND = [
  '--conditions=dal-job-source',
  '--import',
  createRequire(import.meta.url).resolve('tsx'),
  join(ROOT, 'cli/main.ts'),
];
const LIMIT_MS = 60_000;

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export type Environment = Readonly<Record<string, string>>;

/** A folder with these files and dal-job in its node_modules. Nothing is generated yet. */
export function makeProject(name: string, files: Readonly<Record<string, string>>): string {
  const root = scratchFolder(name);
  mkdirSync(join(root, 'node_modules'));
  symlinkSync(ROOT, join(root, 'node_modules/dal-job'));
  const all = { 'package.json': '{ "type": "module" }\n', ...files };
  for (const [file, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return root;
}

/** Runs a command to its end. */
export async function dalJob(cwd: string, args: readonly string[], env: Environment = {}): Promise<Outcome> {
  return new Running(cwd, args, env).ended();
}

/** A command that goes on. */
export class Running {
  readonly child: ChildProcess;
  #out = '';
  #err = '';
  readonly #closed: Promise<unknown>;

  constructor(cwd: string, args: readonly string[], env: Environment = {}) {
    const { DEBUG: _, FORCE_COLOR: __, DATABASE_URL: ___, ...inherited } = process.env;
    this.child = spawn(process.execPath, [...COMMAND, ...args], { cwd, env: { ...inherited, ...env } });
    this.#closed = once(this.child, 'close');
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#out += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#err += text));
  }

  get out(): string {
    return this.#out;
  }

  /** Resolves as soon as its output fits. @throws with all of the output when the process ends or time is up before */
  async says(pattern: RegExp): Promise<void> {
    await this.#until(pattern, () => this.#out);
  }

  /** The same of what it writes to stderr. */
  async complains(pattern: RegExp): Promise<void> {
    await this.#until(pattern, () => this.#err);
  }

  async #until(pattern: RegExp, text: () => string): Promise<void> {
    const deadline = AbortSignal.timeout(LIMIT_MS);
    while (!pattern.test(text())) {
      if (this.child.exitCode !== null || deadline.aborted)
        throw new Error(`never said ${pattern}; stdout:\n${this.#out}\nstderr:\n${this.#err}`);
      const news = [
        once(this.child.stdout!, 'data', { signal: deadline }),
        once(this.child.stderr!, 'data', { signal: deadline }),
        once(this.child, 'close', { signal: deadline }),
      ];
      await Promise.race(news).catch(() => {});
    }
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Waits for its end. */
  async ended(): Promise<Outcome> {
    await this.#closed;
    return { code: this.child.exitCode, out: this.#out, err: this.#err };
  }
}

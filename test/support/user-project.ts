// A project of somebody who uses the package: its files, the commands they type, an instance that they start and stop. Commands
// run as for a user, with nothing of this repository but the installed tarball and, to check types, a compiler.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { npmInstall, ROOT, run, userEnvironment } from './package.js';

export const COMPILERS = ['5.4', '5.9', '7'] as const;
export type CompilerVersion = (typeof COMPILERS)[number];

const LIMIT_MS = 60_000;

/** The tsc of a version. @throws when this clone was installed before it was among the project's packages */
export function compiler(version: CompilerVersion): string {
  const home = version === '7' ? '.' : `test/pack/typescript-${version}`;
  const file = join(ROOT, home, 'node_modules/typescript/bin/tsc');
  if (!existsSync(file)) throw new Error(`TypeScript ${version} is not installed: run npm install`);
  return file;
}

export class UserProject {
  readonly root: string;
  readonly #registry: string;

  constructor(root: string, registry: string, files: Readonly<Record<string, unknown>> = {}) {
    this.root = root;
    this.#registry = registry;
    mkdirSync(root, { recursive: true });
    for (const [file, content] of Object.entries(files)) this.write(file, content);
  }

  /** Text as it stands, anything else as JSON. */
  write(file: string, content: unknown): void {
    mkdirSync(dirname(join(this.root, file)), { recursive: true });
    writeFileSync(join(this.root, file), typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  }

  read(file: string): string {
    return readFileSync(join(this.root, file), 'utf8');
  }

  remove(...files: readonly string[]): void {
    for (const file of files) rmSync(join(this.root, file), { recursive: true, force: true });
  }

  /** What a production image holds: package.json, node_modules and these, but no jobs.yaml and no TypeScript. */
  imageOf(...files: readonly string[]): UserProject {
    const image = new UserProject(mkdtempSync(`${this.root}-image-`), this.#registry);
    for (const file of ['package.json', ...files])
      cpSync(join(this.root, file), join(image.root, file), { recursive: true });
    symlinkSync(join(this.root, 'node_modules'), join(image.root, 'node_modules'));
    return image;
  }

  install(...packages: readonly string[]): Promise<void> {
    return npmInstall(this.root, this.#registry, packages);
  }

  /** `npx dal-job …`, which never installs anything. */
  async dalJob(...args: readonly string[]): Promise<string> {
    return (await run('npx', ['--no-install', 'dal-job', ...args], { cwd: this.root })).out;
  }

  /** Node on a file of the project. */
  async node(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
    return (await run(process.execPath, args, { cwd: this.root, env })).out;
  }

  /** @throws with what the compiler says */
  async tsc(version: CompilerVersion, ...args: readonly string[]): Promise<void> {
    await run(process.execPath, [compiler(version), ...args], { cwd: this.root });
  }

  /**
   * `dal-job start` until its output fits, then SIGTERM. Resolves with all of it when it has ended by itself.
   * @throws when it ends before, or not with 0
   */
  async startUntil(
    pattern: RegExp,
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const command = ['node_modules/dal-job/dist/cli/main.js', 'start', ...args];
    const child = spawn(process.execPath, command, { cwd: this.root, env: { ...userEnvironment(), ...env } });
    const seen = { text: '' };
    const code = await untilSaid(child, seen, pattern);
    if (code !== 0) throw new Error(`dal-job start ended with ${code}:\n${seen.text}`);
    return seen.text;
  }
}

/** Stops the process as soon as it has said it. The answer is its exit code. */
async function untilSaid(
  child: ChildProcess,
  seen: { text: string },
  pattern: RegExp,
): Promise<number | string | null> {
  const state = { said: false };
  const closed = once(child, 'close') as Promise<[number | null, string | null]>;
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      seen.text += text;
      if (state.said || !pattern.test(seen.text)) return;
      state.said = true;
      child.kill('SIGTERM');
    });
  }
  const [code, signal] = await closed;
  clearTimeout(limit);
  return state.said ? (code ?? signal) : `${code ?? signal}, and never said ${pattern}`;
}

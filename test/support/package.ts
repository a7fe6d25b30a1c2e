// Packs the project and installs the tarball as a user would: in a folder elsewhere, with npm, from a registry of what this
// clone has installed. Packing rewrites package.json for a moment, so it happens in a copy of the working tree: other
// tests go on meanwhile.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scratchRoot } from './scratch.js';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NOT_COPIED: ReadonlySet<string> = new Set(['node_modules', 'dist', '.git', '.dal-job']);
const LIMIT_MS = 300_000;

export interface PackedPackage {
  readonly tarball: string;
  /** The copy it was packed from. */
  readonly source: string;
}

/** @param folder an empty folder for the copy. */
export async function packProject(folder: string): Promise<PackedPackage> {
  const source = join(folder, 'source');
  mkdirSync(source);
  const filter = (path: string) => !NOT_COPIED.has(basename(path)) && !path.endsWith('.tgz');
  for (const name of readdirSync(ROOT).filter(filter))
    cpSync(join(ROOT, name), join(source, name), { recursive: true, filter });
  symlinkSync(join(ROOT, 'node_modules'), join(source, 'node_modules'));
  const { out } = await run('npm', ['pack', '--json', '--silent', '--pack-destination', folder], { cwd: source });
  const name = /"filename":\s*"([^"]+)"/.exec(out)?.[1];
  if (name === undefined) throw new Error(`npm pack said: ${out}`);
  return { tarball: join(folder, name), source };
}

/** `npm install` of these packages, or of what package.json names. */
export async function npmInstall(folder: string, registry: string, packages: readonly string[] = []): Promise<void> {
  const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', ...packages];
  const cache = join(scratchRoot(), 'npm-cache');
  await run('npm', args, { cwd: folder, env: { npm_config_registry: registry, npm_config_cache: cache } });
}

/** `name@version` as this clone has it. */
export function pinned(names: readonly string[]): string[] {
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return names.map((name) => `${name}@${devDependencies[name]}`);
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** What it printed. @throws with everything it printed when it fails. */
export function run(
  command: string,
  args: readonly string[],
  { cwd, env = {} }: RunOptions,
): Promise<{ out: string; err: string }> {
  const options = { cwd, env: { ...userEnvironment(), ...env }, timeout: LIMIT_MS, maxBuffer: 64_000_000 };
  return new Promise((resolve, reject) => {
    execFile(command, args, options, (error, out, err) => {
      if (error === null) resolve({ out, err });
      else reject(new Error(`${command} ${args.join(' ')} failed in ${cwd}:\n${out}\n${err}\n${error.message}`));
    });
  });
}

/** Nothing of ours: no loader, no private condition, no npm that runs us. */
export function userEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env);
  const ours = (name: string) => name === 'NODE_OPTIONS' || name === 'DATABASE_URL' || /^npm_/i.test(name);
  return Object.fromEntries(entries.filter(([name]) => !ours(name)));
}

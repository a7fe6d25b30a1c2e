// Packs the project and installs the tarball as a user would: in an empty folder, with npm, from the registry or its cache.
// Packing rewrites package.json for a moment, so it happens in a copy of the working tree: other tests go on meanwhile.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NOT_COPIED: ReadonlySet<string> = new Set(['node_modules', 'dist', '.git', '.dal-job']);

/** What a user of the package has beside it: its peers, and what compiles a TypeScript application. */
const PEERS = ['sequelize', 'mysql2', 'libsql', 'typescript', '@types/node'];

export interface PackedPackage {
  readonly tarball: string;
  /** The copy it was packed from. */
  readonly source: string;
}

/** @param folder an empty folder for the copy. */
export function packProject(folder: string): PackedPackage {
  const source = join(folder, 'source');
  mkdirSync(source);
  for (const name of readdirSync(ROOT).filter((entry) => !NOT_COPIED.has(entry) && !entry.endsWith('.tgz'))) {
    cpSync(join(ROOT, name), join(source, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(source, 'node_modules'));
  const report = run('npm', ['pack', '--json', '--silent', '--pack-destination', folder], source);
  const name = /"filename":\s*"([^"]+)"/.exec(report)?.[1];
  if (name === undefined) throw new Error(`npm pack said: ${report}`);
  return { tarball: join(folder, name), source };
}

/** Makes `folder` an application that depends on the tarball. */
export function installPackage(tarball: string, folder: string): void {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'shop', private: true, type: 'module' }));
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const peers = PEERS.map((name) => `${name}@${devDependencies[name]}`);
  const install = ['install', '--no-audit', '--no-fund', '--silent', tarball, ...peers];
  const offline = spawnSync('npm', [...install, '--offline'], { cwd: folder, env: userEnvironment() });
  if (offline.status !== 0) run('npm', [...install, '--prefer-offline'], folder);
}

/** Its standard output. @throws with everything it printed when it fails. */
export function run(command: string, args: readonly string[], cwd: string): string {
  const result = spawnSync(command, args, { cwd, encoding: 'utf8', env: userEnvironment(), timeout: 300_000 });
  if (result.status === 0) return result.stdout;
  throw new Error(`${command} ${args.join(' ')} failed:\n${result.stdout}\n${result.stderr}${result.error ?? ''}`);
}

/** Nothing of ours: no loader, no private condition, no npm that runs us. */
function userEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env);
  return Object.fromEntries(
    entries.filter(([name]) => name !== 'NODE_OPTIONS' && !/^npm_(?!config_registry)/i.test(name)),
  );
}

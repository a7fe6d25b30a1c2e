// Compiles the package into dist/: `npm run build`. Plain JavaScript, because it runs before anything is compiled.
// dist/ is made from nothing each time, so that no file of an earlier version is ever packed; on failure
// there is no dist/ at all.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @throws when it does not compile, or a file that package.json promises is not there. */
export function build() {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  try {
    compile();
    for (const file of promisedFiles()) requireFile(file);
    for (const file of commands()) makeExecutable(file);
  } catch (error) {
    rmSync(join(root, 'dist'), { recursive: true, force: true });
    throw error;
  }
}

function compile() {
  const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
  const tsc = join(dirname(manifest), JSON.parse(readFileSync(manifest, 'utf8')).bin.tsc);
  const result = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
  if (result.status !== 0) throw new Error('the package does not compile');
}

function readManifest() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
}

function commands() {
  return Object.values(readManifest().bin ?? {});
}

/** Every file of this folder that package.json names: entry points, their types, commands. */
function promisedFiles() {
  const { main, types, exports } = readManifest();
  const targets = (value) => (typeof value === 'string' ? [value] : Object.values(value).flatMap(targets));
  return [main, types, ...targets(exports), ...commands()];
}

function requireFile(file) {
  if (!existsSync(join(root, file))) throw new Error(`package.json names ${file}, which does not exist`);
}

function makeExecutable(file) {
  const path = join(root, file);
  if (!readFileSync(path, 'utf8').startsWith('#!')) throw new Error(`${file} is a command and needs a #! line`);
  chmodSync(path, 0o755);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    build();
  } catch (error) {
    console.error(`build: ${error.message}`);
    process.exitCode = 1;
  }
}

// Compiles the package into dist/: `npm run build`. Plain JavaScript, because it runs before anything is compiled.
// dist/ is made from nothing each time, so that no file of an earlier version is ever packed; on failure
// there is no dist/ at all.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundleRuntime } from './bundle.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @throws when it does not compile, or a file that package.json promises is not there. */
export function build() {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  try {
    compile();
    bundle();
    declareForRequire(exportedTypes());
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

/** The runtime's many small files as few: reading them would be half of what dal-job adds to the start of a process. */
function bundle() {
  const entries = promisedFiles().filter((file) => file.endsWith('.js'));
  bundleRuntime(
    root,
    entries.map((file) => posix.normalize(file)),
  );
}

/**
 * Beside each declaration that users can reach one for `require`: before TypeScript 5.8 a CommonJS module may not import a
 * declaration of an ES module, though Node can load it. Only names differ: x.d.ts refers to ./y.js, x.d.cts to ./y.cjs.
 */
function declareForRequire(files) {
  const waiting = [...files];
  const seen = new Set(waiting);
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const text = readFileSync(join(root, file), 'utf8');
    writeFileSync(join(root, forRequire(file)), text.replace(RELATIVE, '$1$2.cjs$3'));
    for (const [, , name] of text.matchAll(RELATIVE)) {
      const next = posix.join(posix.dirname(file), `${name}.d.ts`);
      if (!seen.has(next)) waiting.push(next);
      seen.add(next);
    }
  }
}

const RELATIVE = /((?:from |import\()["'])(\.{1,2}\/[^"']+)\.js(["'])/g;

/** Name of the declaration that `require` gets. */
export function forRequire(types) {
  return types.replace(/\.d\.ts$/, '.d.cts');
}

function exportedTypes() {
  const targets = Object.values(readManifest().exports).map(({ types }) => types);
  return targets.filter((types) => types !== undefined).map((types) => posix.normalize(types));
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

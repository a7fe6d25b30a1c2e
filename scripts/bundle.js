// Makes few files of the many that dist/runtime has. What must hold: there is one copy of every module, whoever imports it, so
// every file that the command or the generator imports by its path is an entry, too, and all of them are split at once;
// declarations stay as they are; the heartbeat's thread still lies beside the code that starts it.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, posix } from 'node:path';
import { buildSync } from 'esbuild';

const HEARTBEAT = 'dist/runtime/lock/heartbeat.js';
const WORKER = 'dist/runtime/lock/heartbeat.worker.js';

/** @param files of dist/ that the package promises, relative to its root */
export function bundleRuntime(root, files) {
  const own = [...files.filter(isRuntime), WORKER, ...importedFromOutside(root)];
  const { metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: [...new Set(own)],
    outdir: 'dist/runtime',
    outbase: 'dist/runtime',
    chunkNames: 'lock/[name]-[hash]',
    ...{
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      packages: 'external',
      keepNames: true,
    },
    ...{ sourcemap: 'linked', metafile: true, allowOverwrite: true, logLevel: 'warning' },
  });
  const outputs = Object.entries(metafile.outputs);
  const starter = outputs.find(([, { inputs }]) => HEARTBEAT in inputs)?.[0];
  if (starter === undefined || posix.dirname(starter) !== posix.dirname(WORKER))
    throw new Error(`the heartbeat is in ${starter}, from where it does not find its thread`);
  const made = new Set(outputs.map(([file]) => file));
  for (const file of filesBelow(root, 'dist/runtime')) {
    if (/\.js(\.map)?$/.test(file) && !made.has(file)) rmSync(join(root, file));
  }
}

function importedFromOutside(root) {
  return ['dist/cli', 'dist/generator'].flatMap((folder) =>
    filesBelow(root, folder)
      .filter((file) => file.endsWith('.js'))
      .flatMap((file) => {
        const text = readFileSync(join(root, file), 'utf8');
        const targets = [...text.matchAll(/(?:from |import\()['"](\.[^'"]+)['"]/g)].map(([, target]) => target);
        return targets.map((target) => posix.join(posix.dirname(file), target)).filter(isRuntime);
      }),
  );
}

function isRuntime(file) {
  return file.startsWith('dist/runtime/');
}

function filesBelow(root, folder) {
  const files = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  return files
    .filter((file) => file.isFile())
    .map((file) =>
      posix
        .join(file.parentPath ?? file.path, file.name)
        .slice(root.length)
        .replace(/^\//, ''),
    );
}

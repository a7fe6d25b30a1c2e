// Makes few files of the many that dist/runtime has. What must hold: there is one copy of every module, whoever imports it, so
// all entries are split at once; declarations stay as they are; the heartbeat's thread still lies beside the code that starts it.
// An entry more is a handful of files more at every start of an app. So only what the generator imports by its path is one of
// its own (it must not load the rest); what else the command imports comes through one entry, HANDED_ON, and a line at its path.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { buildSync } from 'esbuild';

const HEARTBEAT = 'dist/runtime/lock/heartbeat.js';
const WORKER = 'dist/runtime/lock/heartbeat.worker.js';
const HANDED_ON = 'dist/runtime/handed-on.js';

/** @param files of dist/ that the package promises, relative to its root */
export function bundleRuntime(root, files) {
  const own = [...new Set([...files.filter(isRuntime), WORKER, ...importedFrom(root, 'dist/generator')])];
  const others = exportsOf(
    root,
    [...new Set(importedFrom(root, 'dist/cli'))].filter((file) => !own.includes(file)),
  );
  const lines = others.map(({ file, names }) => handOn(names, HANDED_ON, file));
  writeFileSync(join(root, HANDED_ON), lines.join(''));
  const { metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: [...own, HANDED_ON],
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
    },
    ...{ sourcemap: 'linked', metafile: true, allowOverwrite: true, logLevel: 'warning' },
  });
  const outputs = Object.entries(metafile.outputs);
  const starter = outputs.find(([, { inputs }]) => HEARTBEAT in inputs)?.[0];
  if (starter === undefined || posix.dirname(starter) !== posix.dirname(WORKER))
    throw new Error(`the heartbeat is in ${starter}, from where it does not find its thread`);
  const made = new Set([...outputs, ...others.map(({ file }) => [file])].map(([file]) => file));
  for (const file of filesBelow(root, 'dist/runtime')) {
    if (/\.js(\.map)?$/.test(file) && !made.has(file)) rmSync(join(root, file));
  }
  for (const { file, names } of others) {
    writeFileSync(join(root, file), handOn(names, file, HANDED_ON));
    rmSync(join(root, `${file}.map`), { force: true });
  }
}

/** The runtime's files that those of a folder import. */
function importedFrom(root, folder) {
  return filesBelow(root, folder)
    .filter((file) => file.endsWith('.js'))
    .flatMap((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      const targets = [...text.matchAll(/(?:from |import\()['"](\.[^'"]+)['"]/g)].map(([, target]) => target);
      return targets.map((target) => posix.join(posix.dirname(file), target)).filter(isRuntime);
    });
}

function exportsOf(root, files) {
  const { metafile } = buildSync({
    ...{ absWorkingDir: root, entryPoints: files, outdir: 'dist/runtime', outbase: 'dist/runtime' },
    ...{ format: 'esm', write: false, metafile: true },
  });
  return Object.entries(metafile.outputs).map(([file, { exports }]) => ({ file, names: exports }));
}

function handOn(names, to, from) {
  const path = posix.relative(posix.dirname(to), from);
  return `export { ${names.join(', ')} } from '${path.startsWith('.') ? path : `./${path}`}';\n`;
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

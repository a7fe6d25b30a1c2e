// What `npm pack` and `npm publish` do around packing. `before` builds, then writes the package.json that users get: without the
// private condition that leads to our sources, development dependencies and scripts, and with what `require` and old ways of
// resolving need, which follows from our exports. `after` puts ours back.
// Ours is kept beside it meanwhile; whatever went wrong in between, the next `before` or `after` finds it there.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, forRequire } from './build.js';

const PRIVATE_CONDITION = 'dal-job-source';
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const manifestFile = join(root, 'package.json');
const backupFile = join(root, '.package.json.before-pack');

function before() {
  after();
  build();
  const own = readFileSync(manifestFile, 'utf8');
  writeFileSync(backupFile, own);
  writeFileSync(manifestFile, `${JSON.stringify(publicManifest(JSON.parse(own)), null, 2)}\n`);
}

function after() {
  if (existsSync(backupFile)) renameSync(backupFile, manifestFile);
}

function publicManifest({ devDependencies: _development, scripts: _scripts, workspaces: _folders, exports, ...rest }) {
  const entries = Object.entries(exports).map(([name, target]) => [name, publicTarget(target)]);
  return { ...rest, exports: Object.fromEntries(entries), typesVersions: { '*': typesByPath(exports) } };
}

/** One file for `import` and `require`, so that there is one copy of every class; declarations are of one kind or the other. */
function publicTarget(target) {
  if (typeof target === 'string') return target;
  const { [PRIVATE_CONDITION]: _ours, types, default: file, ...others } = target;
  if (Object.keys(others).length > 0) throw new Error(`exports has conditions unknown here: ${Object.keys(others)}`);
  return { require: { types: forRequire(types), default: file }, types, default: file };
}

/** For `moduleResolution: node10`, which reads no exports: the declarations of `dal-job/models` and the others. */
function typesByPath(exports) {
  const withTypes = Object.entries(exports).filter(([name, { types }]) => name !== '.' && types !== undefined);
  return Object.fromEntries(withTypes.map(([name, { types }]) => [name.slice('./'.length), [types]]));
}

const steps = { before, after };
const step = steps[process.argv[2]];
try {
  if (step === undefined) throw new Error('usage: node scripts/pack.js before|after');
  step();
} catch (error) {
  console.error(`pack: ${error.message}`);
  process.exitCode = 1;
}

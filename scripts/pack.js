// What `npm pack` and `npm publish` do around packing. `before` builds, then writes the package.json that users get: without the
// private condition that leads to our sources, development dependencies and scripts. `after` puts ours back.
// Ours is kept beside it meanwhile; whatever went wrong in between, the next `before` or `after` finds it there.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.js';

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

function publicManifest({ devDependencies: _development, scripts: _scripts, exports, ...rest }) {
  return { ...rest, exports: withoutCondition(exports) };
}

function withoutCondition(value) {
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => key !== PRIVATE_CONDITION);
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutCondition(inner)]));
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

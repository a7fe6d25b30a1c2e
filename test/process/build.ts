// A compiled tree for test instances: the runtime and the instance script as plain JavaScript, so that an instance (and
// its heartbeat's thread) starts in a fraction of the time that sources need, as an installed package does. A mutant is
// the same with some text replaced first; a replacement that does not fit its file exactly once is an error.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scratchFolder } from '../support/scratch.js';

/** A textual change of one source file. */
export interface Patch {
  /** From the project's root. */
  readonly file: string;
  /** Must stand there exactly once. */
  readonly old: string;
  readonly new: string;
}

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
/** What can be run from a tree. */
const SCRIPTS = ['instance', 'call-instance', 'claim-instance'] as const;
export type Script = (typeof SCRIPTS)[number];
const SOURCES = [
  'runtime',
  ...[
    ...SCRIPTS.map((script) => `${script}.ts`),
    'instance-options.ts',
    'call-options.ts',
    'claim-options.ts',
    'random.ts',
  ].map((name) => `test/process/${name}`),
  ...['witness-client.ts', 'witness-events.ts'].map((name) => `test/support/${name}`),
];

/** Compiles the tree, patched; the path of an instance script in it. @param name unique in this process @throws when a patch does not apply */
export function buildTree(name: string, patches: readonly Patch[] = [], script: Script = 'instance'): string {
  const folder = scratchFolder(`tree-${name}`);
  const source = join(folder, 'source');
  for (const path of SOURCES) copy(join(PROJECT, path), join(source, path));
  for (const patch of patches) apply(source, patch);
  // found by what is run from here: dependencies, and the package's own name
  symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  cpSync(join(PROJECT, 'package.json'), join(folder, 'package.json'));
  compile(folder);
  return join(folder, 'compiled', 'test', 'process', `${script}.js`);
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true });
}

function apply(source: string, patch: Patch): void {
  const path = join(source, patch.file);
  const parts = readFileSync(path, 'utf8').split(patch.old);
  if (parts.length !== 2)
    throw new Error(`found ${parts.length - 1} times in ${patch.file}, must be once: ${patch.old}`);
  writeFileSync(path, parts.join(patch.new));
}

function compile(folder: string): void {
  const options = {
    ...{ target: 'ES2022', module: 'NodeNext', rootDir: 'source', outDir: 'compiled' },
    // types are another check's affair, and a mutant need not have any
    ...{ noCheck: true, skipLibCheck: true, types: ['node'] },
  };
  const scripts = SCRIPTS.map((script) => `source/test/process/${script}.ts`);
  const files = [...scripts, 'source/runtime/index.ts', 'source/runtime/lock/heartbeat.worker.ts'];
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files }));
  const tsc = join(PROJECT, 'node_modules', '.bin', 'tsc');
  const result = spawnSync(tsc, ['-p', join(folder, 'tsconfig.json')], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`cannot compile ${folder}:\n${result.stdout}${result.stderr}`);
}

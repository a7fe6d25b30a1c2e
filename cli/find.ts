// Where the generated registry of a project is: the compiled entry that somebody named, else the output folder of jobs.yaml,
// TypeScript where it can be run, else what was compiled from it. jobs.yaml is asked if it is there and not missed if it
// is not: a production image has none. Finds only; what it found is loaded by project.ts.
import { existsSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import type { Places } from '../generator/index.js';
import { DalJobError } from '../runtime/errors.js';

export interface Found {
  /** Folder of jobs.yaml, or where it would be. */
  readonly root: string;
  /** null when there is no jobs.yaml. */
  readonly configFile: string | null;
  readonly folders: Places['folders'];
  /** Folder of the registry. */
  readonly generated: string;
  readonly extension: string;
}

type Roots = Pick<Found, 'root' | 'configFile' | 'folders'> & { readonly entry: string | null };

/**
 * @param entry compiled index, relative to `from`; overrides jobs.yaml.
 * @throws DalJobError DJ2007 when there is nothing, or TypeScript and nothing to run it with
 */
export async function findGenerated(from: string, entry: string | undefined): Promise<Found> {
  const roots = await findRoots(from);
  if (entry !== undefined) return atEntry(roots, resolve(from, entry), '--entry');
  if (roots.entry !== null) return atEntry(roots, resolve(roots.root, roots.entry), 'entry: of jobs.yaml');
  const { root, folders } = roots;
  const source = existsSync(join(root, folders.output, 'registry.ts'));
  if (source && (await canRunTypeScript())) return foundIn(roots, folders.output, '.ts');
  const compiled = compiledFolders(folders.output).find((name) => existsSync(join(root, name, 'registry.js')));
  if (compiled !== undefined) return foundIn(roots, compiled, '.js');
  throw source ? needsTsx(folders.output) : new DalJobError('DJ2007', nothingIn(roots, from));
}

/** The folder of jobs.yaml; without one the nearest that has a generated/, up to the package's. */
async function findRoots(from: string): Promise<Roots> {
  const { DEFAULT_FOLDERS, findConfig, placesOf } = await import('../generator/index.js');
  const configFile = findConfig(from);
  if (configFile === null) {
    const root = upwards(from, (folder) => hasGenerated(folder, DEFAULT_FOLDERS.output)) ?? from;
    return { root, configFile, folders: DEFAULT_FOLDERS, entry: null };
  }
  const root = dirname(configFile);
  return { root, configFile, ...(await placesOf({ root, configFile })) };
}

function hasGenerated(folder: string, output: string): boolean {
  const registries = [`${output}/registry.ts`, ...compiledFolders(output).map((name) => `${name}/registry.js`)];
  return registries.some((file) => existsSync(join(folder, file)));
}

function upwards(folder: string, isIt: (folder: string) => boolean): string | null {
  if (isIt(folder)) return folder;
  const parent = dirname(folder);
  return existsSync(join(folder, 'package.json')) || parent === folder ? null : upwards(parent, isIt);
}

/** Beside the sources, or below `dist`, which has a `src` of its own only if something else is compiled too. */
function compiledFolders(output: string): string[] {
  return [output, `dist/${output}`, ...(output.startsWith('src/') ? [`dist/${output.slice('src/'.length)}`] : [])];
}

function atEntry(roots: Roots, file: string, who: string): Found {
  const shown = relative(process.cwd(), file);
  const extension = extname(file);
  if (!/^\.[cm]?js$/.test(extension) || basename(file, extension) !== 'index')
    throw new DalJobError('DJ2007', `${who} names ${shown}: it takes the compiled index of the generated files.`);
  if (!existsSync(file)) throw new DalJobError('DJ2007', `${who} names ${shown}, which does not exist: compile first.`);
  return { ...roots, generated: dirname(file), extension };
}

function foundIn(roots: Roots, folder: string, extension: string): Found {
  return { ...roots, generated: join(roots.root, folder), extension };
}

function needsTsx(output: string): DalJobError {
  const ways = 'npm i -D tsx, or compile it and name the compiled index: --entry dist/generated/index.js';
  return new DalJobError('DJ2007', `${output}/ is TypeScript, and there is nothing to run it with: ${ways}.`);
}

function nothingIn({ configFile, folders: { output } }: Roots, from: string): string {
  if (configFile !== null) return `There is no ${output}/ in ${from}: run npx dal-job gen.`;
  return `There is no jobs.yaml and no ${output}/ in ${from}: npx dal-job init begins a project.`;
}

// From source a loader is at work already. Compiled, tsx is asked to help if it is installed beside us; both of its
// loaders, since a project without "type": "module" is CommonJS.
async function canRunTypeScript(): Promise<boolean> {
  if (import.meta.url.endsWith('.ts')) return true;
  try {
    const loaders = [await import('tsx/esm/api'), await import('tsx/cjs/api')];
    for (const { register } of loaders) register();
    return true;
  } catch {
    return false;
  }
}

// The project that a command works on: generated/, found from the working directory upwards, and what it says.
// Definitions, name and database come from the generated registry and never from jobs.yaml, which a production image need
// not have. TypeScript is loaded as it stands where that is possible (from source, or with tsx), else its compiled output.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { interpolate } from '../runtime/db/url.js';
import { DalJobError } from '../runtime/errors.js';
import { createJob, type Job } from '../runtime/lock/job.js';
import { PRUNE_JOB, pruneEntry } from '../runtime/run/retention.js';
import type { AnyRegistry } from '../runtime/types.js';

export interface Project {
  /** Folder of jobs.yaml, or where it would be. */
  readonly root: string;
  /** Folder of the registry that was loaded. */
  readonly generated: string;
  readonly extension: 'ts' | 'js';
  readonly registry: AnyRegistry;
}

const FOLDERS = ['generated', 'dist/generated'] as const;

/** @throws DalJobError DJ2007 when there is no generated/ or it cannot be loaded */
export async function openProject(from = process.cwd()): Promise<Project> {
  const found = findGenerated(from);
  if (found === null) {
    throw new DalJobError('DJ2007', `There is no generated/ in ${from}: run npx dal-job gen.`);
  }
  const { registry } = await load<{ registry?: AnyRegistry }>(found, 'registry');
  if (registry === undefined) throw notLoaded(found, 'registry', 'it exports no registry');
  return { ...found, registry };
}

/** Imports a module of generated/. @throws DalJobError DJ2007 */
export async function load<T>(found: Found, name: string): Promise<T> {
  try {
    return (await import(pathToFileURL(join(found.generated, `${name}.${found.extension}`)).href)) as T;
  } catch (cause) {
    throw notLoaded(found, name, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** The database's URL, environment variables filled in. @throws DalJobError DJ2008 naming key and line */
export function databaseUrl({ registry, root }: Project): string {
  try {
    return interpolate(registry.database.url, process.env);
  } catch (error) {
    const variable = error instanceof DalJobError ? error.fields.variable : undefined;
    if (typeof variable !== 'string') throw error;
    const place = lineOf(root, variable);
    const message = `The environment variable ${variable} is not set, and database.url${place} asks for it.`;
    throw new DalJobError('DJ2008', message, { cause: error, fields: { variable } });
  }
}

/** Every job of the registry, and the built-in one, by name. @throws CronError */
export function jobsOf({ registry }: Project): ReadonlyMap<string, Job> {
  const definitions = Object.entries(registry.jobs).map(([name, entry]) => [name, entry.definition] as const);
  const { definition } = pruneEntry(() => {
    throw new Error('only instances run it');
  });
  const all = [...definitions, [PRUNE_JOB, definition] as const];
  return new Map(all.map(([name, one]) => [name, createJob(name, one)]));
}

/** @throws DalJobError DJ4001, with the nearest known name */
export async function unknownJob(name: string, known: readonly string[]): Promise<DalJobError> {
  const { suggest } = await import('../generator/suggest.js');
  const near = suggest(name, known);
  const hint = near === undefined ? `There are ${[...known].sort().join(', ')}.` : `Did you mean "${near}"?`;
  return new DalJobError('DJ4001', `There is no job "${name}". ${hint}`, { fields: { job: name } });
}

type Found = Omit<Project, 'registry'>;

function findGenerated(folder: string): Found | null {
  for (const name of FOLDERS) {
    const generated = join(folder, name);
    if (existsSync(join(generated, 'registry.ts')) && canLoadTypeScript(folder))
      return { root: folder, generated, extension: 'ts' };
    if (existsSync(join(generated, 'registry.js'))) return { root: folder, generated, extension: 'js' };
  }
  const parent = dirname(folder);
  return existsSync(join(folder, 'package.json')) || parent === folder ? null : findGenerated(parent);
}

// From source a loader is at work already. Compiled, the project's own tsx is asked to help.
function canLoadTypeScript(folder: string): boolean {
  if (import.meta.url.endsWith('.ts') || process.execArgv.some((argument) => argument.includes('tsx'))) return true;
  try {
    const require = createRequire(join(folder, 'package.json'));
    (require('tsx/esm/api') as { register: () => unknown }).register();
    return true;
  } catch {
    return false;
  }
}

function notLoaded({ root, generated, extension }: Found, name: string, why: string, cause?: unknown): DalJobError {
  const file = relative(root, join(generated, `${name}.${extension}`));
  const message = `${file} cannot be loaded: ${why.split('\n', 1)[0]}. Run npx dal-job gen.`;
  return new DalJobError('DJ2007', message, { cause });
}

function lineOf(root: string, variable: string): string {
  const file = join(root, 'jobs.yaml');
  if (!existsSync(file)) return '';
  const lines = readFileSync(file, 'utf8').split('\n');
  const index = lines.findIndex((line) => line.includes(`\${${variable}`));
  return index < 0 ? ' of jobs.yaml' : ` (jobs.yaml:${index + 1})`;
}

// The project that a command works on: generated/, found from the working directory upwards, and what it says.
// Definitions, name and database come from the generated registry and never from jobs.yaml, which a production image need
// not have. TypeScript is loaded as it stands where that is possible (from source, or with tsx), else its compiled output.
import { existsSync, readFileSync } from 'node:fs';
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
  const found = await findGenerated(from);
  if (found === null) throw new DalJobError('DJ2007', `There is no generated/ in ${from}: run npx dal-job gen.`);
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

/** @throws DalJobError DJ2007 when there is TypeScript only, and nothing to run it with */
async function findGenerated(folder: string): Promise<Found | null> {
  const at = (name: string, extension: 'ts' | 'js') => existsSync(join(folder, name, `registry.${extension}`));
  if (at('generated', 'ts') && (await canRunTypeScript())) return foundIn(folder, 'generated', 'ts');
  for (const name of FOLDERS) if (at(name, 'js')) return foundIn(folder, name, 'js');
  if (at('generated', 'ts')) {
    const message = 'generated/ is TypeScript, and is not compiled to dist/generated: compile it, or npm i -D tsx.';
    throw new DalJobError('DJ2007', message);
  }
  const parent = dirname(folder);
  return existsSync(join(folder, 'package.json')) || parent === folder ? null : findGenerated(parent);
}

function foundIn(root: string, name: string, extension: 'ts' | 'js'): Found {
  return { root, generated: join(root, name), extension };
}

// From source a loader is at work already. Compiled, tsx is asked to help if it is installed beside us.
async function canRunTypeScript(): Promise<boolean> {
  if (import.meta.url.endsWith('.ts')) return true;
  try {
    const { register } = await import('tsx/esm/api');
    register();
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

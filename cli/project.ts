// The project that a command works on: its generated files, and what they say. Definitions, name and database come from
// the generated registry and never from jobs.yaml, which a production image need not have.
import { readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { interpolate } from '../runtime/db/url.js';
import { DalJobError } from '../runtime/errors.js';
import { createJob, type Job } from '../runtime/lock/job.js';
import { PRUNE_JOB, pruneEntry } from '../runtime/run/retention.js';
import type { AnyRegistry } from '../runtime/types.js';
import { type Found, findGenerated } from './find.js';

export interface Project extends Found {
  readonly registry: AnyRegistry;
}

/** What every command that needs a project takes. */
export const ENTRY_OPTION = [
  '--entry <file>',
  'compiled index of the generated files (default: entry: of jobs.yaml, else the TypeScript through tsx)',
] as const;

/** @throws DalJobError DJ2007 when there are no generated files or they cannot be loaded */
export async function openProject(options: { readonly entry?: unknown }): Promise<Project> {
  const entry = typeof options.entry === 'string' ? options.entry : undefined;
  const found = await findGenerated(process.cwd(), entry);
  const { registry } = await load<{ registry?: AnyRegistry }>(found, 'registry');
  if (registry === undefined) throw notLoaded(found, 'registry', 'it exports no registry');
  return { ...found, registry };
}

/** Imports a module of generated/. @throws DalJobError DJ2007 */
export async function load<T>(found: Found, name: string): Promise<T> {
  try {
    const module = await import(pathToFileURL(join(found.generated, `${name}${found.extension}`)).href);
    return exportsOf<T>(module);
  } catch (cause) {
    throw notLoaded(found, name, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** Of a CommonJS module Node may see nothing but `default`, which then holds what was exported. */
function exportsOf<T>(module: { readonly default?: { readonly __esModule?: unknown } }): T {
  return (module.default?.__esModule === true ? module.default : module) as T;
}

/** Whose database it is: what of a project says so. */
export interface DatabaseOwner {
  readonly configFile: string | null;
  readonly registry: Pick<AnyRegistry, 'app' | 'database'>;
}

/** The database's URL, environment variables filled in. @throws DalJobError DJ2008 naming key and line */
export function databaseUrl({ registry, configFile }: DatabaseOwner): string {
  try {
    return interpolate(registry.database.url, process.env);
  } catch (error) {
    const variable = error instanceof DalJobError ? error.fields.variable : undefined;
    if (typeof variable !== 'string') throw error;
    const place = lineOf(configFile, variable);
    const message = `The environment variable ${variable} is not set, and database.url${place} asks for it.`;
    throw new DalJobError('DJ2008', message, { cause: error, fields: { variable } });
  }
}

/** Every job of the registry, and the built-in one, by name. @throws CronError */
export function jobsOf({ registry }: Project): ReadonlyMap<string, Job> {
  const prune = pruneEntry(() => {
    throw new Error('only instances run it');
  });
  const all = Object.entries({ ...registry.jobs, [PRUNE_JOB]: prune });
  return new Map(all.map(([name, { definition, claim }]) => [name, createJob(name, definition, { claim })]));
}

/** Methods whose calls are recorded, as `service.method`. */
export function recordedCalls({ registry }: Project): readonly string[] {
  return Object.entries(registry.services).flatMap(([service, { methods }]) =>
    Object.entries(methods).flatMap(([method, { retry }]) => (retry === null ? [] : [`${service}.${method}`])),
  );
}

/** @throws DalJobError DJ4001, with the nearest known name */
export async function unknownJob(name: string, known: readonly string[]): Promise<DalJobError> {
  const { suggest } = await import('../generator/suggest.js');
  const near = suggest(name, known);
  const hint = near === undefined ? `There are ${[...known].sort().join(', ')}.` : `Did you mean "${near}"?`;
  return new DalJobError('DJ4001', `There is no job "${name}". ${hint}`, { fields: { job: name } });
}

function notLoaded({ root, generated, extension }: Found, name: string, why: string, cause?: unknown): DalJobError {
  const file = relative(root, join(generated, `${name}${extension}`));
  const [first = '', second = ''] = why.split('\n'); // esbuild's first line only announces the second
  const reason = first.endsWith(':') ? `${first} ${second.trim()}` : first;
  const message = `${file} cannot be loaded: ${reason.replace(/\.$/, '')}. If it is not your own code, run npx dal-job gen.`;
  return new DalJobError('DJ2007', message, { cause });
}

function lineOf(configFile: string | null, variable: string): string {
  if (configFile === null) return '';
  const lines = readFileSync(configFile, 'utf8').split('\n');
  const index = lines.findIndex((line) => line.includes(`\${${variable}`));
  const name = basename(configFile);
  return index < 0 ? ` of ${name}` : ` (${name}:${index + 1})`;
}

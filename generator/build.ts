// From a checked config to the model: defaults filled in, durations in milliseconds, everything sorted by code unit.
// What must hold: it is total and pure (whatever can be wrong was reported before), and the order of keys in the YAML
// cannot be seen in its result, but for the order of parameters. The defaults of jobs.yaml live here and in build/, and
// nowhere else in the generator.
import { posix } from 'node:path';
import { buildClaim } from './build/claim.js';
import { buildRetry, durationMs } from './build/retry.js';
import { buildServices } from './build/services.js';
import { freeName } from './build/types.js';
import { canonical, canonicalJson, sha256, sortedByName } from './canonical.js';
import type { Job, JobsConfig } from './config.gen.js';
import {
  capitalised,
  DEFAULT_FOLDERS,
  type ExportPlace,
  type Folders,
  type Model,
  type ModelDefinition,
  type ModelInput,
  type ModelJob,
  type ModelType,
  type Schema,
} from './model.js';

// biome-ignore lint/suspicious/noTemplateCurlyInString: a template of jobs.yaml, read at run time
const DEFAULT_URL = '${DATABASE_URL:-sqlite:./.dal-job/jobs.sqlite}';
const DEFAULT_MISFIRE_LIMIT = 100;

/** The model of a config that has no errors. */
export function buildModel(config: JobsConfig): Model {
  const types = new Map<string, Schema>(Object.entries(config.types ?? {}) as [string, Schema][]);
  const jobs = Object.entries(config.jobs ?? {}).map(([name, job]) => buildJob(name, job, { config, types }));
  const services = buildServices(config.services ?? {}, types);
  return {
    app: config.app,
    folders: buildFolders(config),
    database: { url: config.database?.url ?? DEFAULT_URL, tablePrefix: config.database?.tablePrefix ?? '' },
    jobs: sortedByName(jobs),
    services,
    types: sortedByName([...types].map(([name, schema]): ModelType => ({ name, schema: canonical(schema) }))),
    errors: sortedByName(Object.entries(config.errors ?? {}).map(([name, file]) => ({ name, file: slashes(file) }))),
  };
}

/** SHA-256 (hex) of the model: the same for the same meaning. */
export function hashModel(model: Model): string {
  return sha256(canonicalJson(model));
}

/** The folders that a config names, or the usual ones. */
export function buildFolders({ output, handlers }: Pick<JobsConfig, 'output' | 'handlers'>): Folders {
  return { output: folder(output) ?? DEFAULT_FOLDERS.output, handlers: folder(handlers) ?? DEFAULT_FOLDERS.handlers };
}

function folder(path: string | undefined): string | undefined {
  return path?.replace(/^(\.\/)+|\/+$/g, '');
}

interface Surroundings {
  readonly config: JobsConfig;
  /** Payload types by name; inline inputs are added to it. */
  readonly types: Map<string, Schema>;
}

function buildJob(name: string, job: Job, { config, types }: Surroundings): ModelJob {
  return {
    name,
    definition: buildDefinition(job, config.timezone ?? 'UTC'),
    input: job.input === undefined ? null : buildInput(name, job, types),
    ...(job.claim === undefined ? {} : { claim: buildClaim(name, job.claim, types) }),
    ...(job.handler === undefined ? {} : { handler: buildHandler(name, job.handler) }),
  };
}

/** `path#export`; the export is that of the job's name if left out. */
function buildHandler(job: string, place: string): ExportPlace {
  const [file = '', name = job] = place.split('#');
  return { file: posix.normalize(slashes(file)), name };
}

function buildDefinition(job: Job, timezone: string): ModelDefinition {
  return {
    description: job.desc?.trim() ?? '',
    cron: job.cron ?? null,
    timezone: job.timezone ?? timezone,
    dst: { gap: job.dst?.gap ?? 'next', overlap: job.dst?.overlap ?? null },
    globalSingle: job.globalSingle ?? true,
    timeoutMs: job.timeout === undefined ? null : durationMs(job.timeout),
    misfire: job.misfire ?? 'latest',
    misfireLimit: job.misfireLimit ?? DEFAULT_MISFIRE_LIMIT,
    overlap: job.overlap ?? 'skip',
    onLost: job.onLost ?? 'skip',
    retry: job.retry === undefined ? null : buildRetry(job.retry),
  };
}

/** A reference keeps its type's name; an inline schema becomes a type named after the job. */
function buildInput(job: string, { input = {}, cron }: Job, types: Map<string, Schema>): ModelInput {
  const { default: value, ...schema } = input;
  const reference = /^#\/types\/([A-Za-z0-9]+)$/.exec(schema.$ref ?? '')?.[1];
  const type = reference ?? freeName(`${capitalised(job)}Input`, types);
  if (reference === undefined) types.set(type, schema as Schema);
  const given = 'default' in input;
  return { type, ...(given ? { default: canonical(value) } : {}), required: cron === undefined && !given };
}

function slashes(file: string): string {
  return file.replaceAll('\\', '/').replace(/^\.\//, '');
}

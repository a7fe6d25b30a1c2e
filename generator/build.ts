// From a checked config to the model: defaults filled in, durations in milliseconds, everything sorted by code unit.
// What must hold: it is total and pure (whatever can be wrong was reported before), and the order of keys in the YAML
// cannot be seen in its result. The defaults of jobs.yaml live here and nowhere else in the generator.
import { posix } from 'node:path';
import { canonical, canonicalJson, sha256, sortedByName } from './canonical.js';
import type { Backoff, Job, JobRetry, JobsConfig } from './config.gen.js';
import { parseDurationMs } from './duration.js';
import {
  DEFAULT_FOLDERS,
  type ExportPlace,
  type Folders,
  type Model,
  type ModelBackoff,
  type ModelDefinition,
  type ModelInput,
  type ModelJob,
  type ModelRetry,
  type ModelType,
  type Schema,
} from './model.js';

// biome-ignore lint/suspicious/noTemplateCurlyInString: a template of jobs.yaml, read at run time
const DEFAULT_URL = '${DATABASE_URL:-sqlite:./.dal-job/jobs.sqlite}';
const DEFAULT_MISFIRE_LIMIT = 100;
const DEFAULT_MAX_RETRIES = 3;
const DEFAULT_RETRY_FOR = ['BizRetryNeedError'];
const DEFAULT_BACKOFF: ModelBackoff = { type: 'exponential', delayMs: 5_000, maxMs: 600_000, jitter: 0.2 };

/** The model of a config that has no errors. */
export function buildModel(config: JobsConfig): Model {
  const types = new Map<string, Schema>(Object.entries(config.types ?? {}) as [string, Schema][]);
  const jobs = Object.entries(config.jobs ?? {}).map(([name, job]) => buildJob(name, job, { config, types }));
  return {
    app: config.app,
    folders: buildFolders(config),
    database: { url: config.database?.url ?? DEFAULT_URL, tablePrefix: config.database?.tablePrefix ?? '' },
    jobs: sortedByName(jobs),
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

function buildRetry(retry: JobRetry): ModelRetry {
  return {
    for: retry.for ?? DEFAULT_RETRY_FOR,
    maxRetries: retry.maxRetries ?? DEFAULT_MAX_RETRIES,
    backoff: buildBackoff(retry.backoff ?? {}),
  };
}

function buildBackoff(backoff: Backoff): ModelBackoff {
  return {
    type: backoff.type ?? DEFAULT_BACKOFF.type,
    delayMs: backoff.delay === undefined ? DEFAULT_BACKOFF.delayMs : durationMs(backoff.delay),
    maxMs: backoff.max === undefined ? DEFAULT_BACKOFF.maxMs : durationMs(backoff.max),
    jitter: backoff.jitter ?? DEFAULT_BACKOFF.jitter,
  };
}

/** A reference keeps its type's name; an inline schema becomes a type named after the job. */
function buildInput(job: string, { input = {}, cron }: Job, types: Map<string, Schema>): ModelInput {
  const { default: value, ...schema } = input;
  const reference = /^#\/types\/([A-Za-z0-9]+)$/.exec(schema.$ref ?? '')?.[1];
  const type = reference ?? freeName(`${job.charAt(0).toUpperCase()}${job.slice(1)}Input`, types);
  if (reference === undefined) types.set(type, schema as Schema);
  const given = 'default' in input;
  return { type, ...(given ? { default: canonical(value) } : {}), required: cron === undefined && !given };
}

/** Durations were checked before; one that is none is a bug of ours. */
function durationMs(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === null) throw new TypeError(`not a duration: ${text}`);
  return ms;
}

function freeName(name: string, types: ReadonlyMap<string, Schema>): string {
  return types.has(name) ? freeName(`${name}Value`, types) : name;
}

function slashes(file: string): string {
  return file.replaceAll('\\', '/').replace(/^\.\//, '');
}

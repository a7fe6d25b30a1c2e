// The model: what jobs.yaml means, with every default filled in and every list sorted. The emitters read this and
// nothing else, and configHash is its hash. What must hold: plain JSON data, no positions, no paths of a machine, and
// the same model for the same meaning however the YAML was ordered or written. Add to it what generated code needs;
// never put in what a reader of jobs.yaml would call formatting.
import type { ColumnKind } from './column-kind.js';

/** A JSON Schema (draft-07) as plain data. */
export type Schema = boolean | { readonly [keyword: string]: unknown };

export interface ModelBackoff {
  readonly type: 'fixed' | 'exponential';
  readonly delayMs: number;
  readonly maxMs: number;
  readonly jitter: number;
}

export interface ModelRetry {
  readonly for: readonly string[];
  readonly maxRetries: number;
  readonly backoff: ModelBackoff;
}

/** What the registry says of a job; the runtime's JobDefinition, which `satisfies Registry<Types>` checks. */
export interface ModelDefinition {
  readonly description: string;
  readonly cron: string | null;
  readonly timezone: string;
  readonly dst: { readonly gap: 'next' | 'skip'; readonly overlap: 'first' | 'both' | null };
  readonly globalSingle: boolean;
  readonly timeoutMs: number | null;
  readonly misfire: 'latest' | 'skip' | 'all';
  readonly misfireLimit: number;
  readonly overlap: 'skip' | 'queue';
  readonly onLost: 'skip' | 'rerun';
  readonly retry: ModelRetry | null;
}

export interface ModelInput {
  /** Name of the payload type, in `types`. */
  readonly type: string;
  /** Present: runs that come without input get it. */
  readonly default?: unknown;
  /** A trigger must bring one. */
  readonly required: boolean;
}

/** Where an export is that generated code loads. */
export interface ExportPlace {
  /** Relative to jobs.yaml, with forward slashes. */
  readonly file: string;
  readonly name: string;
}

export interface ModelJob {
  readonly name: string;
  readonly definition: ModelDefinition;
  readonly input: ModelInput | null;
  /** Present: the handler is there, and no stub is made for it. */
  readonly handler?: ExportPlace;
  readonly claim?: ModelClaim;
}

export type ModelCondition =
  | { readonly column: string; readonly is: 'equal'; readonly value: string | number | boolean }
  | { readonly column: string; readonly is: 'null' }
  | { readonly column: string; readonly is: 'in'; readonly values: readonly (string | number | boolean)[] }
  | { readonly column: string; readonly is: 'before'; readonly ms: number };

type ModelValues = Readonly<Record<string, string | number | boolean | null>>;

/** What the registry says of a claim; the runtime's ClaimDefinition, which `satisfies Registry<Types>` checks. */
export interface ModelClaimDefinition {
  readonly table: string;
  readonly key: readonly string[];
  readonly where: readonly ModelCondition[];
  readonly orderBy: readonly string[];
  readonly batch: number;
  readonly concurrency: number;
  readonly columns: Readonly<Record<string, ColumnKind>>;
  readonly done: ModelValues;
  readonly failed: ModelValues | null;
  readonly maxAttempts: number | null;
  readonly attemptsColumn: string | null;
  readonly timezone: string;
}

export interface ModelClaim {
  /** Name of the type of its rows, in `types`. */
  readonly rowType: string;
  /** The columns as jobs.yaml declares them, by name. */
  readonly schemas: readonly ModelType[];
  /** Columns that may be NULL. */
  readonly nullable: readonly string[];
  readonly definition: ModelClaimDefinition;
}

export interface ModelParam {
  readonly name: string;
  /** Key in the companion's `byType`: the name of a type, or string, number, boolean, array, object, null, unknown. */
  readonly kind: string;
  /** A reference to one of `types`, or a schema without parts. */
  readonly schema: Schema;
  readonly optional: boolean;
}

/** The runtime's MethodRetry, which the generated entry's type checks. */
export interface ModelMethodRetry extends ModelRetry {
  readonly mode: 'beforehand' | 'afterward';
  readonly onCrash: 'hold' | 'retry';
  /** Index of a parameter, then names of properties. */
  readonly key: readonly [index: number, ...path: string[]] | null;
  readonly keep: { readonly succeededMs: number | null; readonly deadMs: number | null };
  readonly concurrency: number;
  readonly upcast: boolean;
}

export interface ModelMethod {
  readonly name: string;
  readonly description: string;
  /** In the order of the file: the one place where that order means something. */
  readonly params: readonly ModelParam[];
  /** As the schema of a parameter; null: nothing. */
  readonly result: Schema | null;
  /** null: called plainly. */
  readonly retry: ModelMethodRetry | null;
}

export interface ModelService {
  readonly name: string;
  readonly description: string;
  readonly methods: readonly ModelMethod[];
}

/** A payload type: named under `types:`, or an inline schema of an input, parameter or result under a qualified name. */
export interface ModelType {
  readonly name: string;
  readonly schema: Schema;
}

export interface ModelError {
  readonly name: string;
  /** Path of the file that exports the class, relative to jobs.yaml, with forward slashes. */
  readonly file: string;
}

/** Where things are, relative to jobs.yaml, with forward slashes. */
export interface Folders {
  /** Of the machine: every file in it is generated. */
  readonly output: string;
  /** Of the user: jobs/ is below it. */
  readonly handlers: string;
}

export interface Model {
  readonly app: string;
  readonly folders: Folders;
  /** `url` is the template as written: variables are read at run time. */
  readonly database: { readonly url: string; readonly tablePrefix: string };
  readonly jobs: readonly ModelJob[];
  readonly services: readonly ModelService[];
  readonly types: readonly ModelType[];
  readonly errors: readonly ModelError[];
}

/** Folders of a jobs.yaml that names none. */
export const DEFAULT_FOLDERS: Folders = { output: 'generated', handlers: 'handlers' };

/** Path of the handler file of a job, relative to jobs.yaml. */
export function handlerPath({ handlers }: Folders, job: string): string {
  return `${handlers}/jobs/${job}.ts`;
}

/** Where the handler of a job is: where jobs.yaml says, or in the file of its name. */
export function handlerOf(folders: Folders, { name, handler }: Pick<ModelJob, 'name' | 'handler'>): ExportPlace {
  return handler ?? { file: handlerPath(folders, name), name };
}

/** Path of the file that implements a service, relative to jobs.yaml. */
export function servicePath({ handlers }: Folders, service: string): string {
  return `${handlers}/services/${service}.ts`;
}

/** The method beside an afterward method that retries it, and the one beside any that turns older arguments into today's. */
export function companionName(prefix: 'retry' | 'upcast', method: string): string {
  return `${prefix}${capitalised(method)}`;
}

export function capitalised(name: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** The interface of a service in generated/contracts.ts: what the user implements, what callers see, what `with` answers. */
export function contractName(service: string, suffix: 'Service' | 'Proxy' | 'Outbox'): string {
  return `${capitalised(service)}${suffix}`;
}

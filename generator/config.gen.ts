// biome-ignore-all format: made by a script
// biome-ignore-all lint: made by a script
// Made from jobs.schema.json by scripts/config-types.ts; do not edit.

/**
 * A name: TypeScript identifier, file name and database value at once.
 */
export type Name = string;
/**
 * Name of a type or an error class.
 */
export type TypeName = string;
/**
 * File that exports the error class, relative to jobs.yaml.
 */
export type ErrorFile = string;
/**
 * File that exports the handler, relative to jobs.yaml, and after # the name of the export.
 */
export type HandlerPlace = string;
/**
 * A folder below that of this file.
 */
export type Folder = string;
/**
 * A duration in one unit: ms, s, m, h or d.
 */
export type Duration = string;
/**
 * A duration in one unit, or forever.
 */
export type DurationOrForever = string;
/**
 * An IANA zone name.
 */
export type Timezone = string;
/**
 * Name of a table's column.
 */
export type Identifier = string;
/**
 * Errors worth a retry: names from `errors`, BizRetryNeedError, or Error for anything thrown.
 *
 * @minItems 1
 */
export type ErrorNames = TypeName[];
/**
 * How many retries follow a failed first attempt; attempts are one more.
 */
export type MaxRetries = number;
/**
 * A value to equal, null, { in: [...] }, or { before: 30m } for a time earlier than that long ago.
 */
export type Condition =
  | string
  | number
  | boolean
  | null
  | {
      /**
       * The column has one of these values.
       *
       * @minItems 1
       */
      in?: (string | number | boolean)[];
      /**
       * The column is a time earlier than that long ago.
       */
      before?: Duration;
    };
/**
 * A kind of value.
 */
export type SimpleType = 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'null';
/**
 * A whole number of at least 0.
 */
export type Count = number;
/**
 * A list of strings.
 */
export type Strings = string[];
/**
 * A type; true for anything, false for nothing.
 */
export type TypeSchemaOrBoolean = TypeSchema | boolean;
/**
 * A list of types.
 *
 * @minItems 1
 */
export type TypeSchemaList = TypeSchemaOrBoolean[];
/**
 * A type, or a list of types.
 */
export type TypeSchemaOrList = TypeSchema | boolean | (TypeSchema | boolean)[];
/**
 * Other properties that must be there, or a type.
 */
export type Dependency = TypeSchema | boolean | string[];

/**
 * jobs.yaml: the scheduled jobs of an application, and the service calls it must not lose. `dal-job gen` compiles it.
 */
export interface JobsConfig {
  /**
   * Version of this file's format. Always 1.
   */
  version: 1;
  /**
   * Name of the application. Several applications may share one database; each sees its own jobs only.
   */
  app: string;
  /**
   * Folder of the generated files, relative to this file. gen owns it: it writes, replaces and deletes there.
   */
  output?: Folder;
  /**
   * Folder of the handlers, relative to this file. gen makes a missing stub in its jobs/ and never touches one that is there.
   */
  handlers?: Folder;
  /**
   * Compiled index of the output folder, relative to this file, for `dal-job start` to load. If left out it runs the TypeScript through tsx.
   */
  entry?: string;
  /**
   * Zone of every cron that names none itself: an IANA name. UTC if left out.
   */
  timezone?: Timezone;
  /**
   * The application's database, where the jobs' rows and locks live.
   */
  database?: Database;
  /**
   * The scheduled jobs by name. The name is also the handler's name, its file's name and the value in the database.
   */
  jobs?: {
    [k: string]: Job;
  };
  /**
   * Services whose calls are recorded and retried, by name.
   */
  services?: {
    [k: string]: Service;
  };
  /**
   * Named types for inputs, parameters and results: JSON Schema, draft-07. Refer to one by { $ref: "#/types/Order" }.
   */
  types?: {
    [k: string]: TypeSchema;
  };
  /**
   * Error classes for `retry.for`, each with the file that exports it. Error and BizRetryNeedError are built in.
   */
  errors?: {
    [k: string]: ErrorFile;
  };
}
/**
 * The application's database.
 */
export interface Database {
  /**
   * mysql://, mariadb:// or sqlite: URL. ${NAME} and ${NAME:-default} are read from the environment when the application starts; $${ is a literal ${. SQLite paths are relative to the working directory.
   */
  url?: string;
  /**
   * Put before the names of dal-job's own tables.
   */
  tablePrefix?: string;
}
/**
 * One scheduled job.
 */
export interface Job {
  /**
   * What the job does; becomes the comment of its handler and is shown by `dal-job status`.
   */
  desc?: string;
  /**
   * When it fires: 5 fields, 6 (seconds first), Quartz's 6-7 with ? L W # and year, or @daily and its kin. Left out, the job runs only when it is triggered by hand.
   */
  cron?: string;
  /**
   * Zone of this job's cron; overrides the default of the file.
   */
  timezone?: Timezone;
  /**
   * What happens to fire times when clocks change.
   */
  dst?: Dst;
  /**
   * true: of all instances one runs each fire. false: every instance runs it.
   */
  globalSingle?: boolean;
  /**
   * Longest time of a whole run, retries and their waits included; then its signal aborts. None by default.
   */
  timeout?: Duration;
  /**
   * What happens to fire times that passed while no instance could run them. latest: only the newest is made up for. skip: none older than a minute. all: every one, up to misfireLimit.
   */
  misfire?: 'latest' | 'skip' | 'all';
  /**
   * With misfire: all, how many of the newest missed fire times are made up for.
   */
  misfireLimit?: number;
  /**
   * What happens to a fire while the run before it still goes on. skip: it is left out. queue: one more run follows when this one ends.
   */
  overlap?: 'skip' | 'queue';
  /**
   * What happens when the instance dies in mid-run. skip: the run counts as lost. rerun: another instance runs it again.
   */
  onLost?: 'skip' | 'rerun';
  /**
   * Which errors make a run try again, how often, and after which waits. Without it a run has one attempt.
   */
  retry?: JobRetry;
  /**
   * Type of the argument of a manual trigger: JSON Schema, draft-07. With a default the handler always has one.
   */
  input?: TypeSchema;
  /**
   * Where the handler is, if not in the file of the job's name: path#export. Without #export it is the export of the job's name. No stub is made then.
   */
  handler?: HandlerPlace;
  /**
   * Rows that each instance takes for itself: none twice, none left out. The handler gets them as `rows`.
   */
  claim?: Claim;
}
/**
 * What happens to fire times when clocks change.
 */
export interface Dst {
  /**
   * A fire time that does not exist that day. next: fires at the first instant after the gap. skip: does not fire.
   */
  gap?: 'next' | 'skip';
  /**
   * A fire time that comes twice that day. first: fires the first time only. both: fires both times. Left out: once for fixed hours, both times for wildcard or stepped hours.
   */
  overlap?: 'first' | 'both';
}
/**
 * The waits between attempts.
 */
export interface Backoff {
  /**
   * exponential: each wait is twice the one before. fixed: all are equal.
   */
  type?: 'exponential' | 'fixed';
  /**
   * The first wait.
   */
  delay?: Duration;
  /**
   * No wait is longer. Left out: 10m, or delay where that is longer.
   */
  max?: Duration;
  /**
   * Share of each wait that is left to chance, so that retries do not come all at once: 0.2 is plus or minus 20 %.
   */
  jitter?: number;
}
/**
 * Retries inside a run of a job.
 */
export interface JobRetry {
  /**
   * Errors worth a retry: names from `errors`, BizRetryNeedError, or Error for anything thrown.
   */
  for?: ErrorNames;
  /**
   * How many retries follow a failed first attempt; attempts are one more.
   */
  maxRetries?: MaxRetries;
  /**
   * The waits between attempts.
   */
  backoff?: Backoff;
}
/**
 * Rows of an application's table, taken by one instance under a random unique key. The table needs a nullable VARCHAR(64) column claim_key.
 */
export interface Claim {
  /**
   * The application's table.
   */
  table: string;
  /**
   * The primary key: one column, or a list of columns in the key's order.
   *
   * @minItems 1
   */
  key: string | Identifier[];
  /**
   * Which rows wait for work, by column; all conditions must hold. A value means equal, null means IS NULL.
   */
  where: {
    [k: string]: Condition;
  };
  /**
   * Column, or columns, by which rows are taken; those of the key if left out.
   *
   * @minItems 1
   */
  orderBy?: string | Identifier[];
  /**
   * How many rows a handler gets at once.
   */
  batch?: number;
  /**
   * How many batches an instance works on at once.
   */
  concurrency?: number;
  /**
   * The columns the handler sees, each with its type: JSON Schema, draft-07. A date-time column comes as a Date.
   */
  columns: {
    [k: string]: TypeSchema;
  };
  /**
   * Columns to set on a row that is finished; it must no longer fit `where` then.
   */
  done: ColumnValues;
  /**
   * Columns to set on a row that is given up.
   */
  failed?: ColumnValues;
  /**
   * How often a row is handed over before it is given up. No limit if left out. Needs attemptsColumn.
   */
  maxAttempts?: number;
  /**
   * Integer column of the table that counts how often a row was handed over.
   */
  attemptsColumn?: Identifier;
  /**
   * Zone in which the table's date-time columns are written. UTC if left out.
   */
  timezone?: Timezone;
}
/**
 * Columns to set, with their values.
 */
export interface ColumnValues {
  [k: string]: string | number | boolean | null;
}
/**
 * A service whose calls are recorded and retried.
 */
export interface Service {
  /**
   * What the service does; becomes the comment of its implementation.
   */
  desc?: string;
  /**
   * The methods by name.
   */
  methods: {
    [k: string]: Method;
  };
}
/**
 * One method of a service.
 */
export interface Method {
  /**
   * What the method does.
   */
  desc?: string;
  /**
   * The parameters in order, each with its type: JSON Schema, draft-07. The last ones may be `optional: true`.
   */
  params?: {
    [k: string]: TypeSchema;
  };
  /**
   * Type of what the method answers: JSON Schema, draft-07. Nothing if left out.
   */
  result?: TypeSchema;
  /**
   * How its calls are recorded and retried. Without it the method is called plainly.
   */
  retry?: MethodRetry;
}
/**
 * How the calls of a method are recorded and retried.
 */
export interface MethodRetry {
  /**
   * beforehand: a record is written before every call. afterward: a record is written only when a call failed, and a companion method retries it.
   */
  mode: 'beforehand' | 'afterward';
  /**
   * Errors worth a retry: names from `errors`, BizRetryNeedError, or Error for anything thrown.
   */
  for?: ErrorNames;
  /**
   * How many retries follow a failed first attempt; attempts are one more.
   */
  maxRetries?: MaxRetries;
  /**
   * The waits between attempts.
   */
  backoff?: Backoff;
  /**
   * What becomes of a beforehand call whose first attempt was cut short: its instance died, or its signal was aborted and its error is none of `for`. hold: it waits for a person. retry: it is called again. A later attempt that is cut short is always followed by another, while maxRetries lasts.
   */
  onCrash?: 'hold' | 'retry';
  /**
   * Afterward only: path of a required string or integer among the parameters. A second failure under a live key keeps one record. The record's id if left out.
   */
  key?: string;
  /**
   * The implementation has `upcastX`, which turns the recorded arguments of older versions of jobs.yaml into today's. Without it such records wait for an instance that knows them.
   */
  upcast?: boolean;
  /**
   * How many retries of this method an instance runs at once.
   */
  concurrency?: number;
  /**
   * How long finished records stay.
   */
  keep?: Keep;
}
/**
 * How long finished records stay, by state.
 */
export interface Keep {
  /**
   * Records of calls that succeeded.
   */
  succeeded?: DurationOrForever;
  /**
   * Records that used up their attempts.
   */
  dead?: DurationOrForever;
}
/**
 * A type: JSON Schema, draft-07, with dal-job's own keywords `optional` and `secret`.
 */
export interface TypeSchema {
  /**
   * Another type of this file.
   */
  $ref?: string;
  /**
   * A comment; has no effect.
   */
  $comment?: string;
  /**
   * A short name for readers; has no effect on types.
   */
  title?: string;
  /**
   * What it means; becomes the comment of the generated type.
   */
  description?: string;
  /**
   * Value used where none is given.
   */
  default?: unknown;
  /**
   * Values that fit.
   */
  examples?: unknown[];
  /**
   * For readers; has no effect.
   */
  readOnly?: boolean;
  /**
   * For readers; has no effect.
   */
  writeOnly?: boolean;
  /**
   * The parameter may be left out. Only on the last parameters of a method.
   */
  optional?: boolean;
  /**
   * The value is stored encrypted in retry records.
   */
  secret?: boolean;
  /**
   * The kind of value, or a list of kinds.
   */
  type?: SimpleType | SimpleType[];
  /**
   * The values allowed.
   *
   * @minItems 1
   */
  enum?: unknown[];
  /**
   * The one value allowed.
   */
  const?: unknown;
  /**
   * Format of a string.
   */
  format?: string;
  /**
   * Regular expression that a string fits.
   */
  pattern?: string;
  /**
   * Least length of a string.
   */
  minLength?: Count;
  /**
   * Greatest length of a string.
   */
  maxLength?: Count;
  /**
   * Encoding of a string's content; for readers.
   */
  contentEncoding?: string;
  /**
   * Media type of a string's content; for readers.
   */
  contentMediaType?: string;
  /**
   * Least value of a number.
   */
  minimum?: number;
  /**
   * Greatest value of a number.
   */
  maximum?: number;
  /**
   * A number is greater than this.
   */
  exclusiveMinimum?: number;
  /**
   * A number is less than this.
   */
  exclusiveMaximum?: number;
  /**
   * A number is a multiple of this.
   */
  multipleOf?: number;
  /**
   * Properties of an object, each with its type.
   */
  properties?: TypeSchemaMap;
  /**
   * Properties that must be there.
   */
  required?: Strings;
  /**
   * Whether an object may have properties beside those named, or their type. false if left out.
   */
  additionalProperties?: TypeSchemaOrBoolean;
  /**
   * Types of properties by regular expression.
   */
  patternProperties?: TypeSchemaMap;
  /**
   * Type that the names of properties fit.
   */
  propertyNames?: TypeSchemaOrBoolean;
  /**
   * Least number of properties.
   */
  minProperties?: Count;
  /**
   * Greatest number of properties.
   */
  maxProperties?: Count;
  /**
   * What must hold when a property is there: other properties, or a type.
   */
  dependencies?: {
    [k: string]: Dependency;
  };
  /**
   * Type of an array's items; a list of types for the items by position.
   */
  items?: TypeSchemaOrList;
  /**
   * Type of the items after those in a list of `items`.
   */
  additionalItems?: TypeSchemaOrBoolean;
  /**
   * At least one item fits this type.
   */
  contains?: TypeSchemaOrBoolean;
  /**
   * Least number of items.
   */
  minItems?: Count;
  /**
   * Greatest number of items.
   */
  maxItems?: Count;
  /**
   * No item comes twice.
   */
  uniqueItems?: boolean;
  /**
   * All of these types at once.
   */
  allOf?: TypeSchemaList;
  /**
   * At least one of these types.
   */
  anyOf?: TypeSchemaList;
  /**
   * Exactly one of these types.
   */
  oneOf?: TypeSchemaList;
  /**
   * Not this type.
   */
  not?: TypeSchemaOrBoolean;
  /**
   * A condition for `then` and `else`.
   */
  if?: TypeSchemaOrBoolean;
  /**
   * Holds when `if` does.
   */
  then?: TypeSchemaOrBoolean;
  /**
   * Holds when `if` does not.
   */
  else?: TypeSchemaOrBoolean;
}
/**
 * Types by name.
 */
export interface TypeSchemaMap {
  [k: string]: TypeSchemaOrBoolean;
}

// The one description of dal-job's tables. Migrations, the generated models and the docs are made from it.
// What must hold: every time is a BIGINT of UTC epoch milliseconds; names and ids are ascii and compared by byte;
// indexes are the ones the statements of lock/ were measured with. Nothing here knows a database driver.

export type ColumnType =
  | { readonly kind: 'id'; readonly length: number } // ascii, compared by byte
  | { readonly kind: 'text'; readonly length: number } // utf8mb4
  | { readonly kind: 'longtext' }
  | { readonly kind: 'bigint' } // also every time
  | { readonly kind: 'int' }
  | { readonly kind: 'bool' };

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
  /** Literal default; absent: none. */
  readonly default?: string | number;
  /** Epoch milliseconds: generated models get a `Date` getter beside it. */
  readonly time?: true;
  readonly comment: string;
}

export interface Index {
  /** Without the table prefix, which is put in front. */
  readonly name: string;
  readonly columns: readonly string[];
  readonly unique?: true;
}

export interface Table {
  readonly name: TableName;
  readonly primaryKey: readonly string[];
  readonly columns: readonly Column[];
  readonly indexes: readonly Index[];
}

export type TableName = 'job_instance' | 'job_info' | 'job_log' | 'job_beforehand_retry' | 'job_retry';

/** Longest job, service, method or app name: keys must fit InnoDB's 3,072 bytes with room to spare. */
export const NAME_LENGTH = 100;
export const INSTANCE_ID_LENGTH = 22;

const id = (name: string, length: number, comment: string, nullable = false): Column => ({
  name,
  type: { kind: 'id', length },
  nullable,
  comment,
});
const text = (name: string, length: number, comment: string, nullable = true): Column => ({
  name,
  type: { kind: 'text', length },
  nullable,
  comment,
});
const long = (name: string, comment: string): Column => ({ name, type: { kind: 'longtext' }, nullable: true, comment });
const time = (name: string, comment: string, nullable = true): Column => ({
  name,
  type: { kind: 'bigint' },
  nullable,
  time: true,
  comment,
});
const big = (name: string, comment: string, value?: number): Column => ({
  name,
  type: { kind: 'bigint' },
  nullable: value === undefined,
  ...(value === undefined ? {} : { default: value }),
  comment,
});
const int = (name: string, comment: string, value?: number): Column => ({
  name,
  type: { kind: 'int' },
  nullable: value === undefined,
  ...(value === undefined ? {} : { default: value }),
  comment,
});
const bool = (name: string, comment: string, value = 0): Column => ({
  name,
  type: { kind: 'bool' },
  nullable: false,
  default: value,
  comment,
});

const appAndName = [id('app', NAME_LENGTH, 'application'), id('name', NAME_LENGTH, 'job')];

const jobInstance: Table = {
  name: 'job_instance',
  primaryKey: ['id'],
  columns: [
    id('id', INSTANCE_ID_LENGTH, 'random, new at each start'),
    id('app', NAME_LENGTH, 'application'),
    text('host', 255, 'host name', false),
    int('pid', 'process id', 0),
    text('version', 100, 'version of dal-job', false),
    id('config_hash', 64, 'hash of the model it was generated from'),
    bool('scheduling', 'it acquires jobs; 0: it only calls services'),
    id('state', 10, 'ALIVE, DEAD or STOPPED; the last two are final'),
    time('lease_until', 'it may own runs until then', false),
    int('lease_ms', 'its lease: how far a beat moves lease_until', 0),
    big('beats', 'heartbeats so far', 0),
    time('started_at', 'registered', false),
  ],
  indexes: [{ name: 'job_instance_state', columns: ['app', 'state', 'lease_until'] }],
};

const jobInfo: Table = {
  name: 'job_info',
  primaryKey: ['app', 'name'],
  columns: [
    ...appAndName,
    text('description', 1000, 'desc of jobs.yaml'),
    text('cron', 255, 'NULL: manual only'),
    id('timezone', 64, 'zone of the cron'),
    bool('global_single', 'one instance at a time', 1),
    id('on_lost', 10, 'skip or rerun, for whoever recovers a run'),
    int('max_retries', 'of one run, for whoever recovers it', 0),
    id('def_hash', 64, 'hash of what decides when it fires; only instances with it acquire'),
    id('def_config', 64, 'config_hash of the instance that registered it'),
    bool('paused', 'no new runs until resumed'),
    bool('retired', 'no live instance declares it'),
    id('status', 10, 'IDLE or RUNNING'),
    id('owner', INSTANCE_ID_LENGTH, 'instance that runs it', true),
    id('acq_id', 36, 'names one acquire', true),
    big('fence', 'fencing token: raised by every acquire, demanded by every later write', 0),
    big('guards', 'guarded commits so far', 0),
    time('fire_at', 'last fire taken; never falls', false),
    time('next_fire_at', 'next fire'),
    id('run_kind', 10, 'of the run in progress', true),
    bool('run_manual', 'of the run in progress: asked for by hand'),
    time('run_fire_at', 'of the run in progress'),
    int('run_attempt', 'of the run in progress'),
    id('run_log_id', 36, 'its row of job_log', true),
    long('run_input', 'JSON of its input, until it has ended for good'),
    time('started_at', 'of the run in progress, or the newest one'),
    time('deadline_at', 'of the run in progress: timeout and grace'),
    time('rerun_fire_at', 'rerun slot: a fire to be run again before anything else'),
    id('rerun_kind', 10, 'rerun slot: kind its row of job_log will have', true),
    bool('rerun_manual', 'rerun slot'),
    int('rerun_attempt', 'rerun slot: attempt to start with'),
    time('queued_fire_at', 'overlap queue: one more run when this one ends'),
    time('trigger_at', 'manual trigger waiting; its fire time'),
    time('last_trigger_at', 'fire time of the newest trigger; the next is greater', false),
    long('trigger_input', 'JSON of the input that waits with it'),
    bool('trigger_forced', 'it runs although the job is paused'),
    id('last_outcome', 10, 'of the newest finished run', true),
    time('last_finished_at', 'of the newest finished run'),
    big('last_duration_ms', 'of the newest finished run'),
    text('last_error', 1000, 'of the newest finished run'),
    int('failures_in_a_row', 'since the last success', 0),
    time('due_at', 'when a due read must look at this row; NULL: nothing to come'),
  ],
  indexes: [
    { name: 'job_info_due', columns: ['app', 'due_at'] },
    { name: 'job_info_owner', columns: ['app', 'status', 'owner'] },
  ],
};

const jobLog: Table = {
  name: 'job_log',
  primaryKey: ['id'],
  columns: [
    id('id', 36, 'UUIDv7'),
    id('app', NAME_LENGTH, 'application'),
    id('job_name', NAME_LENGTH, 'job'),
    bool('manual', '1: asked for by hand'),
    time('fire_at', 'the instant the schedule names', false),
    id('slot', INSTANCE_ID_LENGTH, "'' or, for jobs that run on every instance, the instance"),
    int('attempt', '1 for the first try; 0: a decision, not a run', 0),
    id('kind', 10, 'cron, manual, catch-up or rerun'),
    big('fence', 'fencing token of the run', 0),
    id('owner', INSTANCE_ID_LENGTH, 'instance that ran or decided', true),
    id('outcome', 10, 'running, succeeded, failed, timed_out, cancelled, lost, skipped, missed, requeued, discarded'),
    time('started_at', 'start of the attempt, or the decision', false),
    time('finished_at', 'end of the attempt'),
    big('duration_ms', 'finished_at - started_at'),
    text('error_name', 255, 'class of the error'),
    long('error_message', 'at most 4 KiB'),
    long('error_stack', 'at most 4 KiB'),
    big('missed_count', 'fire times this row stands for'),
    text('note', 255, 'why, in a few words'),
  ],
  indexes: [
    { name: 'job_log_fire', columns: ['app', 'job_name', 'manual', 'fire_at', 'slot', 'attempt'], unique: true },
    { name: 'job_log_job_time', columns: ['app', 'job_name', 'started_at'] },
    { name: 'job_log_running', columns: ['app', 'outcome', 'owner'] },
    { name: 'job_log_time', columns: ['app', 'started_at'] },
  ],
};

const callColumns: readonly Column[] = [
  id('id', 36, 'UUIDv7, made by the caller'),
  id('app', NAME_LENGTH, 'application'),
  id('service', NAME_LENGTH, 'service'),
  id('method', NAME_LENGTH, 'method'),
  long('args', 'JSON of the arguments'),
  id('args_hash', 64, 'hash of their schema'),
  id('state', 10, 'RUNNING, SUCCEEDED, RETRY, DEAD or UNKNOWN'),
  int('attempt', 'calls so far, the first included', 0),
  int('max_retries', 'DEAD at attempt = 1 + max_retries', 0),
  id('on_crash', 10, 'hold or retry'),
  time('next_at', 'not before; NULL unless RETRY'),
  id('owner', INSTANCE_ID_LENGTH, 'instance that runs it', true),
  id('claim_key', 64, 'names the newest claim; stays when it has ended', true),
  text('error_name', 255, 'of the last failure'),
  long('error_message', 'of the last failure'),
  time('created_at', 'recorded', false),
  time('finished_at', 'SUCCEEDED or DEAD'),
];
// Only a record that waits has a next_at, so these two say nothing of the state: a call that goes well never moves in them.
const callIndexes = (table: string): readonly Index[] => [
  { name: `${table}_due`, columns: ['app', 'next_at', 'id'] },
  { name: `${table}_method`, columns: ['app', 'service', 'method', 'next_at', 'id'] },
  { name: `${table}_owner`, columns: ['app', 'state', 'owner'] },
];

const jobBeforehandRetry: Table = {
  name: 'job_beforehand_retry',
  primaryKey: ['id'],
  columns: callColumns,
  indexes: callIndexes('job_beforehand_retry'),
};

const jobRetry: Table = {
  name: 'job_retry',
  primaryKey: ['id'],
  columns: [
    ...callColumns,
    text('retry_data_key', 255, "the caller's key", false),
    int('generation', 'how often newer arguments replaced older ones', 0),
    id('live_key', 190, 'app.service.method:key while it is live, NULL once finished', true),
  ],
  indexes: [...callIndexes('job_retry'), { name: 'job_retry_live', columns: ['live_key'], unique: true }],
};

export const TABLES: readonly Table[] = [jobInstance, jobInfo, jobLog, jobBeforehandRetry, jobRetry];

/** Full names by short name: `{ job_info: 'myprefix_job_info', … }`. */
export function tableNames(prefix: string): Readonly<Record<TableName, string>> {
  return Object.fromEntries(TABLES.map((table) => [table.name, prefix + table.name])) as Record<TableName, string>;
}

// All log text of the runtime, made from events; no other file formats a line. Benign races are debug.
// What must hold: errors appear as name, code and message only. Drivers attach SQL and values to theirs.
import type { AppEvents, FireEvent, Log, RunEvent } from '../types.js';
import type { Events } from './events.js';

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** The logger the options ask for: theirs, none, or pino on stdout. */
export function createLog(choice: Log | false | undefined): Log {
  if (choice === false) return silent;
  return choice ?? new PinoLog();
}

/** pino on stdout. The first line makes it load, beside whatever goes on; lines that come before it is there are written then. */
class PinoLog implements Log {
  readonly #waiting: ((log: Log) => void)[] = [];
  #pino: (Log & { child(fields: object): Log }) | undefined;

  child(fields: object): Log {
    return this.#pino?.child(fields) ?? boundTo(this, fields);
  }

  debug(fields: object, message?: string): void {
    this.#write((log) => log.debug(fields, message));
  }

  info(fields: object, message?: string): void {
    this.#write((log) => log.info(fields, message));
  }

  warn(fields: object, message?: string): void {
    this.#write((log) => log.warn(fields, message));
  }

  error(fields: object, message?: string): void {
    this.#write((log) => log.error(fields, message));
  }

  async #load(): Promise<void> {
    const { pino } = await import('pino');
    this.#pino = pino({ name: 'dal-job', base: null });
    for (const write of this.#waiting.splice(0)) write(this.#pino);
  }

  #write(line: (log: Log) => void): void {
    if (this.#pino !== undefined) line(this.#pino);
    else if (this.#waiting.push(line) === 1) void this.#load();
  }
}

/** The handler's logger: every line carries the run. Where the logger has pino's child(), that is used. */
export function runLog(log: Log, run: object): Log {
  const parent = log as Log & { child?: (fields: object) => Log };
  return typeof parent.child === 'function' ? parent.child(run) : boundTo(log, run);
}

function boundTo(log: Log, run: object): Log {
  const bind = (level: 'debug' | 'info' | 'warn' | 'error') => (fields: object, message?: string) =>
    log[level]({ ...run, ...fields }, message);
  return { debug: bind('debug'), info: bind('info'), warn: bind('warn'), error: bind('error') };
}

export function describeError(error: unknown): { name: string; code?: string; message: string } {
  if (!(error instanceof Error)) return { name: typeof error, message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  return { name: error.name, ...code, message: error.message };
}

type Line<E extends keyof AppEvents> = (data: AppEvents[E]) => [level: keyof Log, message: string, fields: object];

const LINES: { readonly [E in keyof AppEvents]: Line<E> } = {
  'instance.started': (d) => ['info', 'instance started', d],
  'instance.stopped': (d) => ['info', 'instance stopped', d],
  'lease.lost': (d) => ['warn', 'lease lost: runs aborted, starting over as a new instance', d],
  'instance.ended': (d) => ['warn', 'instances ended: their leases were over', d],
  'run.started': (d) => ['debug', 'run started', named(d)],
  'run.retrying': (d) => [
    'warn',
    'attempt failed, another follows',
    { ...named(d), delayMs: d.delayMs, error: describeError(d.error) },
  ],
  'run.finished': finished,
  'run.fenced': (d) => ['warn', 'run fenced: somebody else owns the job by now, the result is dropped', named(d)],
  'run.zombie': (d) => [
    'error',
    'handler ignored its signal past the grace; the job waits here until it ends',
    named(d),
  ],
  'run.lost': (d) => ['warn', 'run lost: its instance is gone, or does not know of it', fire(d)],
  'row.failed': (d) => [
    'warn',
    d.givenUp ? 'row given up' : 'row failed: a later run gets it again',
    { ...d, error: describeError(d.error) },
  ],
  'rows.givenUp': (d) => ['error', 'rows given up: their attempts are used up', d],
  'rows.released': (d) => ['warn', 'rows freed: the instance that had claimed them is gone', d],
  'fire.skipped': (d) => ['info', 'fire skipped', fire(d)],
  'fire.missed': (d) => ['warn', 'fires missed', fire(d)],
  'fire.queued': (d) => ['info', 'fire queued', fire(d)],
  'fire.timedOut': (d) => ['warn', 'run taken away past its deadline', fire(d)],
  'job.registered': (d) => ['info', 'definitions taken over from instances that are gone', d],
  'job.superseded': (d) => [
    'warn',
    'a newer definition of the job is in force: it is left to the instances that have it',
    d,
  ],
  'database.down': (d) => ['error', 'database does not answer; trying on', { error: describeError(d.error) }],
  'database.up': (d) => ['info', 'database answers again', d],
  'sweep.blocked': (d) => ['warn', 'sweep blocked: something holds the row of the job', d],
  'call.succeeded': (d) => ['debug', 'call made from its record', d],
  'call.retrying': (d) => ['warn', 'call failed, another attempt follows', { ...d, error: describeError(d.error) }],
  'call.dead': (d) => ['error', 'call failed for good', { ...d, error: describeError(d.error) }],
  'call.unknown': (d) => ['error', 'call of unknown outcome: it was cut short; a person decides', d],
  'retry.merged': (d) => ['info', 'failed call merged into the live record of its key', d],
  'retry.lost': (d) => [
    'error',
    'failed call lost: no record of it can be written',
    { ...d, error: describeError(d.error) },
  ],
  bug: (d) => ['error', 'unexpected error; going on', { error: describeError(d.error) }],
};

export function logEvents(events: Events, log: Log): void {
  for (const event of Object.keys(LINES) as (keyof AppEvents)[]) subscribe(events, event, log);
}

function subscribe<E extends keyof AppEvents>(events: Events, event: E, log: Log): void {
  events.on(event, (data) => {
    const [level, message, fields] = LINES[event](data);
    log[level]({ event, ...fields }, message);
  });
}

function finished(d: AppEvents['run.finished']): [keyof Log, string, object] {
  const rows = d.rows === undefined ? {} : { rows: d.rows };
  const fields = { ...named(d), outcome: d.outcome, durationMs: d.durationMs, ...rows };
  if (d.outcome === 'succeeded') return ['info', 'run succeeded', fields];
  return [
    'error',
    `run ${d.outcome.replace('_', ' ')}`,
    { ...fields, ...(d.error === undefined ? {} : { error: describeError(d.error) }) },
  ];
}

function named({ job, fireMs, kind, attempt, fence }: RunEvent): object {
  return { job, fireTime: new Date(fireMs).toISOString(), kind, attempt, fence };
}

function fire<T extends Pick<FireEvent, 'job' | 'fireMs'>>({ fireMs, ...rest }: T): object {
  return { ...rest, fireTime: new Date(fireMs).toISOString() };
}

// `dal-job logs`: the rows of job_log, newest first: every attempt, and every fire that was skipped or missed.
import { type Command, Option } from 'commander';
import type { LogEntry } from '../runtime/admin.js';
import { OUTCOMES, type Outcome } from '../runtime/types.js';
import type { CommandModule, ExitCode } from './command.js';
import { EXIT_CODES, UsageError } from './failure.js';
import { type Cell, dateTime, duration, instanceLabel, iso, oneLine, styleOf, table } from './format.js';
import { print, printJson, wantsColor } from './output.js';
import { jobsOf, openProject, unknownJob } from './project.js';
import { databaseNow, type Owner, readOwners, type Session, withSession } from './session.js';

const MOST = 100_000;

export const logs: CommandModule = {
  configure(command: Command): void {
    command
      .argument('[job]', 'a job of jobs.yaml (default: all)')
      .option('--since <time>', 'started within a duration such as 10m, or since an ISO 8601 time')
      .addOption(new Option('--outcome <outcome>', 'only these').choices(OUTCOMES))
      .option('--limit <number>', 'the newest so many', '50')
      .option('--json', 'an array of rows, newest first; times ISO 8601 in UTC')
      .addHelpText('after', EXIT_CODES);
  },

  async run(options, [job]): Promise<ExitCode> {
    const limit = readLimit(options.limit);
    const project = await openProject(options);
    await withSession(project, async (session) => {
      const entries = await session.admin.logs({
        limit,
        ...(job === undefined ? {} : { job }),
        ...(options.outcome === undefined ? {} : { outcome: options.outcome as Outcome }),
        ...(options.since === undefined ? {} : { sinceMs: await readSince(session, String(options.since)) }),
      });
      if (entries.length === 0 && job !== undefined) await requireKnown(session, job);
      if (options.json === true) printJson(entries.map(asJson));
      else await printTable(session, entries);
    });
    return 0;
  },
};

function asJson(entry: LogEntry): object {
  const { fireAt, startedAt, finishedAt } = entry; // spread first, so that keys keep the order of the columns
  return { ...entry, fireAt: iso(fireAt), startedAt: iso(startedAt), finishedAt: iso(finishedAt) };
}

async function printTable({ database }: Session, entries: readonly LogEntry[]): Promise<void> {
  if (entries.length === 0) return print('nothing there');
  const owners = await readOwners(
    database,
    entries.map(({ owner }) => owner),
  );
  const heading = ['STARTED (UTC)', 'JOB', 'FIRE (UTC)', 'KIND', 'TRY', 'OUTCOME', 'TOOK', 'WHERE', 'WHY'];
  const rows = entries.map((entry) => cells(entry, owners));
  for (const line of table(heading, rows, wantsColor(process.stdout))) print(line);
}

function cells(entry: LogEntry, owners: ReadonlyMap<string, Owner>): Cell[] {
  const { startedAt, jobName, fireAt, kind, attempt, outcome, durationMs, owner } = entry;
  const isDecision = attempt === 0;
  return [
    { text: dateTime(startedAt) },
    { text: jobName },
    { text: dateTime(fireAt), style: 'dim' },
    { text: kind, style: 'dim' },
    { text: isDecision ? '' : String(attempt), right: true },
    { text: outcome, style: styleOf(outcome) },
    { text: durationMs === null || isDecision ? '' : duration(durationMs), right: true },
    { text: isDecision ? '' : where(owner, owners), style: 'dim' },
    { text: why(entry) },
  ];
}

/** Host, process and id of an instance; its id alone when its row is gone. */
export function where(owner: string | null, owners: ReadonlyMap<string, Owner>): string {
  const known = owner === null ? undefined : owners.get(owner);
  return known === undefined ? (owner?.slice(0, 4) ?? '') : instanceLabel(known);
}

/** The error, the note and the count of a row, in words. */
export function why({ errorName, errorMessage, missedCount, note }: LogEntry): string {
  const error = errorName === null ? [] : [`${errorName}: ${errorMessage ?? ''}`];
  const count = missedCount === null || missedCount < 2 ? [] : [`${missedCount} fires`];
  return oneLine([...error, ...count, ...(note === null ? [] : [note])].join(', '));
}

async function requireKnown({ project, database }: Session, job: string): Promise<void> {
  const sql = `SELECT name FROM ${database.tables.job_info} WHERE app = ?`;
  const stored = (await database.query<{ name: string }>(sql, [project.registry.app])).map(({ name }) => name);
  const known = new Set([...jobsOf(project).keys(), ...stored]);
  if (!known.has(job)) throw await unknownJob(job, [...known]);
}

/** UTC milliseconds; a duration counts back from the database's now. */
async function readSince({ database }: Session, text: string): Promise<number> {
  const { parseDurationMs } = await import('../generator/duration.js');
  const backMs = parseDurationMs(text);
  if (backMs !== null) return (await databaseNow(database)) - backMs;
  const ms = /^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new UsageError(`--since takes a duration such as 10m or a time such as 2026-05-17T08:30:00Z, not "${text}"`);
}

function readLimit(value: unknown): number {
  const limit = Number(value);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MOST) return limit;
  throw new UsageError(`--limit takes a whole number from 1 to ${MOST}, not "${value}"`);
}

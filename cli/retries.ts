// `dal-job retries`: the records of calls that are made again, or were given up; and what a person decides about them.
// It works on the database alone: no instance need run. Arguments are shown as they are stored, secrets encrypted.
import { hostname, userInfo } from 'node:os';
import { type Command, Option } from 'commander';
import {
  type Act,
  act,
  actOnAll,
  CALL_KINDS,
  findRecords,
  listRecords,
  type RetryRecord,
} from '../runtime/retry/people.js';
import { CALL_STATES, type CallKind, type CallState } from '../runtime/service-types.js';
import type { CommandModule, ExitCode } from './command.js';
import { EXIT_CODES, UsageError } from './failure.js';
import { type Cell, dateTime, iso, oneLine, type Style, table } from './format.js';
import { count, print, printJson, wantsColor } from './output.js';
import { openProject } from './project.js';
import { type Session, withSession } from './session.js';

const ACTIONS: Readonly<Record<string, Act>> = { requeue: 'requeued', discard: 'discarded' };

export const retries: CommandModule = {
  configure(command: Command): void {
    command
      .argument('[action]', 'show, requeue or discard (default: list them)')
      .argument('[id...]', 'records')
      .addOption(new Option('--kind <kind>', 'only these').choices(CALL_KINDS))
      .addOption(new Option('--state <state>', 'only these').choices(CALL_STATES.map((state) => state.toLowerCase())))
      .option('--service <service>', 'only of this service')
      .option('--limit <number>', 'the newest so many', '50')
      .option('--all', 'requeue or discard all that --state, --kind and --service name')
      .option('--json', 'records as an array, newest first; times ISO 8601 in UTC')
      .addHelpText('after', EXIT_CODES);
  },

  async run(options, [action = 'list', ...ids]): Promise<ExitCode> {
    const what = ACTIONS[action];
    if (what === undefined && action !== 'list' && action !== 'show')
      throw new UsageError(`retries knows show, requeue and discard, not "${action}"`);
    const query = readQuery(options);
    const project = await openProject(options);
    await withSession(project, async (session) => {
      if (what !== undefined) return await decide(session, { what, ids, query, all: options.all === true });
      if (action === 'show') return await show(session, ids, options.json === true);
      const records = await listRecords(session.admin.who, query);
      if (options.json === true) printJson(records.map(asJson));
      else printTable(records);
    });
    return 0;
  },
};

type Query = Parameters<typeof listRecords>[1];

function readQuery({ kind, state, service, limit }: Readonly<Record<string, unknown>>): Query {
  const most = Number(limit);
  if (!Number.isInteger(most) || most < 1) throw new UsageError(`--limit takes a whole number, not "${limit}"`);
  return {
    limit: most,
    ...(kind === undefined ? {} : { kind: kind as CallKind }),
    ...(state === undefined ? {} : { state: String(state).toUpperCase() as CallState }),
    ...(service === undefined ? {} : { service: String(service) }),
  };
}

function asJson(record: RetryRecord): object {
  const { nextAt, createdAt, finishedAt } = record;
  return { ...record, nextAt: iso(nextAt), createdAt: iso(createdAt), finishedAt: iso(finishedAt) };
}

function printTable(records: readonly RetryRecord[]): void {
  if (records.length === 0) print('nothing there');
  if (records.length === 0) return;
  const rows = records.map((record): Cell[] => [
    { text: record.id },
    { text: record.kind, style: 'dim' },
    { text: `${record.service}.${record.method}` },
    { text: record.state, style: styleOf(record.state) },
    { text: `${record.attempt}/${record.maxRetries + 1}`, right: true },
    { text: record.nextAt === null ? '' : dateTime(record.nextAt) },
    { text: dateTime(record.createdAt), style: 'dim' },
    { text: errorOf(record) },
  ]);
  const heading = ['ID', 'KIND', 'METHOD', 'STATE', 'CALLS', 'NEXT (UTC)', 'RECORDED (UTC)', 'LAST ERROR'];
  for (const line of table(heading, rows, wantsColor(process.stdout))) print(line);
}

function styleOf(state: CallState): Style {
  if (state === 'SUCCEEDED') return 'green';
  return state === 'RUNNING' ? 'cyan' : state === 'RETRY' ? 'yellow' : 'red';
}

function errorOf({ errorName, errorMessage }: RetryRecord): string {
  return errorName === null ? '' : oneLine(`${errorName}: ${errorMessage ?? ''}`);
}

async function show(session: Session, ids: readonly string[], json: boolean): Promise<void> {
  if (ids.length === 0) throw new UsageError('retries show needs the id of a record');
  const records = await findRecords(session.admin.who, ids);
  for (const record of records) {
    const acts = await actsOn(session, record.id);
    if (json) printJson({ ...asJson(record), history: acts });
    else printOne(record, acts);
  }
}

function printOne(record: RetryRecord, acts: readonly object[]): void {
  for (const [name, value] of Object.entries(asJson(record))) {
    if (value !== null) print(`${name.padEnd(14)}${name === 'args' ? String(value) : oneLine(String(value), 1_000)}`);
  }
  for (const one of acts) print(`${'history'.padEnd(14)}${Object.values(one).join(' ')}`);
}

/** What people did to it, oldest first. */
async function actsOn({ database, project }: Session, id: string): Promise<readonly object[]> {
  const found = await database.query<{ started_at: number; outcome: string; note: string }>(
    `SELECT started_at, outcome, note FROM ${database.tables.job_log}
     WHERE app = ? AND job_name = 'dalJob.retry' AND note LIKE ? ORDER BY started_at, id`,
    [project.registry.app, `${id}%`],
  );
  return found.map(({ started_at, outcome, note }) => ({ at: iso(started_at), outcome, note }));
}

async function decide(
  session: Session,
  { what, ids, query, all }: { what: Act; ids: readonly string[]; query: Query; all: boolean },
): Promise<void> {
  if (all ? ids.length > 0 || query.state === undefined : ids.length === 0)
    throw new UsageError('name the records by their ids, or all of a state: --all --state dead');
  const by = `${userInfo().username}@${hostname()}`;
  const { who } = session.admin;
  const done = all ? await actOnAll(who, { query, what, by }) : await decideOn(session, { what, ids, by });
  print(`${count(done, 'record')} ${what}`);
}

async function decideOn(
  { admin: { who } }: Session,
  { what, ids, by }: { what: Act; ids: readonly string[]; by: string },
): Promise<number> {
  const records = await findRecords(who, ids);
  await act(who, { records, what, by });
  return records.length;
}

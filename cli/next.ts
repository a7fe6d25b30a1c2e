// `dal-job next`: the fire times of a job, or of any expression. Asks no database: fire times follow from cron, zone and
// the rule for clock changes alone.
import type { Command } from 'commander';
import { CronError } from '../runtime/schedule/cron-error.js';
import { createSchedule, type Schedule, upcoming } from '../runtime/schedule/schedule.js';
import type { CommandModule, ExitCode } from './command.js';
import { EXIT_CODES, UsageError } from './failure.js';
import { iso } from './format.js';
import { print, printJson } from './output.js';
import { jobsOf, openProject, unknownJob } from './project.js';

type Options = Readonly<Record<string, unknown>>;

interface Asked {
  readonly schedule: Schedule | null;
  readonly timezone: string;
}

const MOST = 10_000;

export const next: CommandModule = {
  configure(command: Command): void {
    command
      .argument('[job]', 'a job of jobs.yaml')
      .option('--cron <expression>', 'any expression instead of a job: 5 fields, 6 (seconds first), Quartz, @daily')
      .option('--timezone <zone>', 'with --cron: its zone (default: UTC)')
      .option('--from <time>', 'fires after this time, ISO 8601 (default: now)')
      .option('--count <number>', 'how many', '10')
      .option('--json', 'an array of ISO 8601 times in UTC')
      .addHelpText('after', EXIT_CODES);
  },

  async run(options, [name]): Promise<ExitCode> {
    const fromMs = readTime(options.from);
    const count = readCount(options.count);
    const { schedule, timezone } = await ask(options, name);
    const fires = schedule === null ? [] : upcoming(schedule, fromMs, count);
    if (options.json === true) printJson(fires.map((fire) => iso(fire)));
    else tell({ name: name ?? String(options.cron), fires, timezone, manual: schedule === null });
    return 0;
  },
};

async function ask(options: Options, name: string | undefined): Promise<Asked> {
  if (typeof options.cron === 'string') {
    if (name !== undefined) throw new UsageError('give a job or --cron, not both');
    return askExpression(options.cron, String(options.timezone ?? 'UTC'));
  }
  if (name === undefined) throw new UsageError('give a job, or --cron and an expression');
  if (options.timezone !== undefined) throw new UsageError('--timezone goes with --cron: a job has its own');
  const jobs = jobsOf(await openProject(options));
  const job = jobs.get(name);
  if (job === undefined) throw await unknownJob(name, [...jobs.keys()]);
  return { schedule: job.schedule, timezone: job.definition.timezone };
}

function askExpression(cron: string, timezone: string): Asked {
  try {
    return { schedule: createSchedule({ cron, timezone, dst: { gap: 'next', overlap: null } }), timezone };
  } catch (error) {
    if (!(error instanceof CronError)) throw error;
    throw new UsageError(error.hint === undefined ? error.message : `${error.message}; ${error.hint}`);
  }
}

function tell(what: { name: string; fires: readonly number[]; timezone: string; manual: boolean }): void {
  const { name, fires, timezone, manual } = what;
  if (manual) print(`${name} has no cron: it runs when somebody triggers it`);
  else if (fires.length === 0) print(`${name} fires no more`);
  for (const fire of fires) print(timezone === 'UTC' ? iso(fire) : `${iso(fire)}  ${localTime(fire, timezone)}`);
}

/** `Sat 2026-05-16 08:30:00 GMT+8`: what the expression's own clock shows. */
function localTime(ms: number, timeZone: string): string {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, hourCycle: 'h23', weekday: 'short', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short' },
  } as Intl.DateTimeFormatOptions);
  const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? '';
  const date = `${part('year')}-${part('month')}-${part('day')}`;
  return `${part('weekday')} ${date} ${part('hour')}:${part('minute')}:${part('second')} ${part('timeZoneName')}`;
}

function readTime(value: unknown): number {
  if (value === undefined) return Date.now();
  const ms = Date.parse(String(value));
  if (Number.isNaN(ms)) throw new UsageError(`--from takes a time such as 2026-05-17T08:30:00Z, not "${value}"`);
  return ms;
}

function readCount(value: unknown): number {
  const count = Number(value);
  if (Number.isInteger(count) && count >= 1 && count <= MOST) return count;
  throw new UsageError(`--count takes a whole number from 1 to ${MOST}, not "${value}"`);
}

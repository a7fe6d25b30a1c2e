// `dal-job trigger`, `pause` and `resume`: what a person asks of a job from outside. Each stores a request in the job's row;
// living instances act on it. What must hold: an input is checked against the job's type before it is stored.
import type { Command } from 'commander';
import { requireTriggered } from '../runtime/admin.js';
import { DalJobError } from '../runtime/errors.js';
import { inputProblem } from '../runtime/run/input.js';
import type { CommandModule, ExitCode } from './command.js';
import { EXIT_CODES } from './failure.js';
import { iso } from './format.js';
import { complain, print, printJson } from './output.js';
import { jobsOf, openProject, unknownJob } from './project.js';
import { readLiving, type Session, withSession } from './session.js';

export const trigger: CommandModule = {
  configure(command: Command): void {
    command
      .argument('<job>', 'a job of jobs.yaml')
      .option('--input <json>', "the run's input, as JSON of the job's type")
      .option('--force', 'also when the job is paused')
      .option('--json', 'print { jobName, fireAt }')
      .addHelpText('after', EXIT_CODES);
  },

  async run(options, [name = '']): Promise<ExitCode> {
    await onJob({ name, options }, async ({ admin, database, project }) => {
      const input = readInput(name, options.input, project.registry.jobs[name]?.input ?? null);
      const result = await admin.trigger({ job: name, input, force: options.force === true });
      const fireAt = iso(requireTriggered(name, result));
      if (options.json === true) printJson({ jobName: name, fireAt });
      else print(`${name} triggered, fire time ${fireAt}: the next free instance runs it`);
      await warnIfAlone(database, project.registry.app);
    });
    return 0;
  },
};

export const pause: CommandModule = {
  configure: oneJob,
  async run(options, [name = '']): Promise<ExitCode> {
    await onJob({ name, options }, async ({ admin }) => {
      const changed = await admin.pause(name);
      print(
        changed ? `${name} is paused: no new runs on any instance until it is resumed` : `${name} was paused already`,
      );
    });
    return 0;
  },
};

export const resume: CommandModule = {
  configure: oneJob,
  async run(options, [name = '']): Promise<ExitCode> {
    await onJob({ name, options }, async ({ admin, project }) => {
      const changed = await admin.resume(name, jobsOf(project).get(name) ?? null);
      print(changed ? `${name} is resumed: it fires again from now on` : `${name} was not paused`);
    });
    return 0;
  },
};

function oneJob(command: Command): void {
  command.argument('<job>', 'a job of jobs.yaml').addHelpText('after', EXIT_CODES);
}

interface Asked {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

async function onJob({ name, options }: Asked, work: (session: Session) => Promise<void>): Promise<void> {
  const project = await openProject(options);
  const known = [...jobsOf(project).keys()];
  await withSession(project, async (session) => {
    if (!known.includes(name) && !(await isStored(session, name))) throw await unknownJob(name, known);
    await work(session);
  });
}

/** Jobs of an older or newer version are in the database only. */
async function isStored({ database, project }: Session, name: string): Promise<boolean> {
  const sql = `SELECT name FROM ${database.tables.job_info} WHERE app = ? AND name = ?`;
  return (await database.query(sql, [project.registry.app, name])).length > 0;
}

type Input = Parameters<typeof inputProblem>[1];

/** The JSON to store, or null for none. @throws DalJobError DJ4004 */
function readInput(job: string, text: unknown, definition: Input | null): string | null {
  if (typeof text !== 'string') {
    if (definition?.required === true) throw unfit(job, 'it needs one; give it with --input');
    return null;
  }
  const input = parse(job, text);
  if (definition === null) throw unfit(job, 'the job takes none');
  const problem = inputProblem(input, definition);
  if (problem !== null) throw unfit(job, problem);
  return JSON.stringify(input);
}

function parse(job: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unfit(job, `it is not JSON: ${(cause as Error).message}`);
  }
}

function unfit(job: string, why: string): DalJobError {
  return new DalJobError('DJ4004', `The input of ${job} does not fit: ${why}.`, { fields: { job } });
}

async function warnIfAlone(database: Session['database'], app: string): Promise<void> {
  if ((await readLiving(database, app)).length === 0)
    complain('warning: no instance is running; the run waits until one starts');
}

#!/usr/bin/env node
// The command line: a table of commands, each in a file of its own that loads only when it is asked for, so that `start`
// does not pay for the generator nor `gen` for the database. What is thrown ends here as one line with a code; a stack
// trace is shown under DEBUG only.
import { Command, CommanderError } from 'commander';
import type { CommandEntry, CommandModule, ExitCode } from './command.js';
import { complain } from './output.js';

const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'init',
    summary: 'begin: jobs.yaml with an example, scripts, the packages that it takes',
    load: async () => (await import('./init.js')).init,
  },
  {
    name: 'gen',
    summary: 'compile jobs.yaml: generated/, and stubs of missing handlers',
    load: async () => (await import('./gen.js')).gen,
  },
  {
    name: 'start',
    opensProject: true,
    summary: 'run one instance here, and show what it and the others do',
    load: async () => (await import('./start.js')).start,
  },
  {
    name: 'status',
    opensProject: true,
    summary: 'every job: next fire, last outcome, where it runs; the living instances',
    load: async () => (await import('./status.js')).status,
  },
  {
    name: 'logs',
    opensProject: true,
    summary: 'what ran, what did not, and why',
    load: async () => (await import('./logs.js')).logs,
  },
  {
    name: 'retries',
    opensProject: true,
    summary: 'calls that are made again or were given up; requeue or discard them',
    load: async () => (await import('./retries.js')).retries,
  },
  {
    name: 'next',
    opensProject: true,
    summary: 'the next fire times of a job or of an expression',
    load: async () => (await import('./next.js')).next,
  },
  {
    name: 'trigger',
    opensProject: true,
    summary: 'ask for one run now, on any instance',
    load: async () => (await import('./requests.js')).trigger,
  },
  {
    name: 'pause',
    opensProject: true,
    summary: 'no new runs of a job, on any instance',
    load: async () => (await import('./requests.js')).pause,
  },
  {
    name: 'resume',
    opensProject: true,
    summary: 'let a paused job fire again',
    load: async () => (await import('./requests.js')).resume,
  },
  {
    name: 'rename',
    opensProject: true,
    summary: "a job's new name: in jobs.yaml, its handler, generated/ and the database",
    load: async () => (await import('./rename.js')).rename,
  },
  {
    name: 'migrate',
    opensProject: true,
    summary: "make dal-job's tables, or print the SQL",
    load: async () => (await import('./migrate.js')).migrate,
  },
  {
    name: 'explain',
    summary: 'what a code such as DJ1003 means, and what to do',
    load: async () => (await import('./explain.js')).explain,
  },
  {
    name: 'schema',
    summary: 'print the JSON Schema of jobs.yaml',
    load: async () => (await import('./schema.js')).schema,
  },
];

const USAGE: ExitCode = 64;
/** An error of the runtime, DJ2xxx to DJ5xxx. */
const REFUSED: ExitCode = 1;
const UNEXPECTED: ExitCode = 3;

/** Runs one command line. Never throws. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    return await dispatch(args);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    return lastResort(error);
  }
}

async function dispatch(args: readonly string[]): Promise<number> {
  const program = createProgram();
  const asked = args[0] === 'help' ? args[1] : args[0];
  const entry = COMMANDS.find(({ name }) => name === asked);
  const module = entry === undefined ? undefined : await entry.load();
  let exitCode: number = 0;
  for (const { name, summary } of COMMANDS) {
    const command = program.command(name).summary(summary).description(summary);
    if (name !== entry?.name || module === undefined) continue;
    if (entry.opensProject === true) command.option(...(await entryOption()));
    attach(command, module, (code) => (exitCode = code));
  }
  await program.parseAsync([...args], { from: 'user' });
  return exitCode;
}

/** From project.ts, which only those commands load that need it anyway. */
async function entryOption(): Promise<readonly [flags: string, description: string]> {
  return (await import('./project.js')).ENTRY_OPTION;
}

function createProgram(): Command {
  return new Command('dal-job')
    .description('Scheduled jobs that run once, however many instances run.')
    .showHelpAfterError('(dal-job --help shows what there is)')
    .exitOverride();
}

function attach(command: Command, module: CommandModule, done: (code: number) => void): void {
  module.configure(command);
  command.showHelpAfterError(`(dal-job ${command.name()} --help shows what there is)`);
  command.action(async () => done(await module.run(command.opts(), command.args)));
}

/** What went wrong, with its code if it has one. An error nobody expected is cut to its first line. */
function lastResort(error: unknown): number {
  const { code, exitCode, message } = error as { code?: unknown; exitCode?: unknown; message?: unknown };
  const known = typeof code === 'string' && /^DJ\d{4}$/.test(code) ? `${code} ` : '';
  const expected = known !== '' || typeof exitCode === 'number';
  const text = String(message ?? error);
  complain(`dal-job: error ${expected ? known : 'DJ1299 '}${expected ? text : (text.split('\n', 1)[0] ?? '')}`);
  if (process.env.DEBUG) complain(error instanceof Error ? (error.stack ?? '') : String(error));
  if (typeof exitCode === 'number') return exitCode;
  return known === '' ? UNEXPECTED : REFUSED;
}

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
process.exitCode = await main(process.argv.slice(2));

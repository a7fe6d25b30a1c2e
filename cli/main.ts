#!/usr/bin/env node
// The command line: a table of commands, each in a file of its own that loads only when it is asked for, so that `start`
// does not pay for the generator nor `gen` for the database. What is thrown ends here as one line with a code; a stack
// trace is shown under DEBUG only.
import { Command, CommanderError } from 'commander';
import type { CommandEntry, CommandModule, ExitCode } from './command.js';
import { complain } from './output.js';

const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'gen',
    summary: 'compile jobs.yaml: generated/, and stubs of missing handlers',
    load: async () => (await import('./gen.js')).gen,
  },
];

const USAGE: ExitCode = 64;

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
  const entry = COMMANDS.find(({ name }) => name === args[0]);
  const module = entry === undefined ? undefined : await entry.load();
  let exitCode: number = 0;
  for (const { name, summary } of COMMANDS) {
    const command = program.command(name).summary(summary).description(summary);
    if (name === entry?.name && module !== undefined) attach(command, module, (code) => (exitCode = code));
  }
  await program.parseAsync([...args], { from: 'user' });
  return exitCode;
}

function createProgram(): Command {
  return new Command('dal-job')
    .description('Scheduled jobs that run once, however many instances run.')
    .showHelpAfterError('(dal-job --help shows what there is)')
    .exitOverride();
}

function attach(command: Command, module: CommandModule, done: (code: number) => void): void {
  module.configure(command);
  command.action(async () => done(await module.run(command.opts(), command.args)));
}

/** One line; the code of an error that has one. */
function lastResort(error: unknown): number {
  const { code, exitCode, message } = error as { code?: unknown; exitCode?: unknown; message?: unknown };
  const known = typeof code === 'string' && /^DJ\d{4}$/.test(code);
  const text = String(message ?? error).split('\n', 1)[0] ?? '';
  complain(`dal-job: error ${known ? code : 'DJ1299'} ${text}`);
  if (process.env.DEBUG) complain(error instanceof Error ? (error.stack ?? '') : String(error));
  return typeof exitCode === 'number' ? exitCode : 3;
}

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
process.exitCode = await main(process.argv.slice(2));

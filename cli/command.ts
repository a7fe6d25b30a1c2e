// What a command is to main.ts: a name in the table, and a file that is loaded only when that command is asked for.
// A command answers with its exit code and throws for what it cannot explain itself; it never calls process.exit, so that
// output is flushed and a command can be tested in the process.
import type { Command } from 'commander';

/** 0 clean, 1 not clean, 2 invalid jobs.yaml, 3 files or network, 64 wrong use of the command line. */
export type ExitCode = 0 | 1 | 2 | 3 | 64;

export interface CommandModule {
  /** Adds options, arguments and help. */
  readonly configure: (command: Command) => void;
  /** Does it. `options` are commander's; `args` what stands after them. */
  readonly run: (options: Readonly<Record<string, unknown>>, args: readonly string[]) => Promise<ExitCode>;
}

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** Takes --entry. */
  readonly opensProject?: true;
  readonly load: () => Promise<CommandModule>;
}

// What a command throws when it cannot go on, beside the DalJobErrors of the runtime: one sentence and an exit code.
// What must hold: the sentence says what to do; no stack reaches a user.
import type { ExitCode } from './command.js';

/** The command line asks for something that cannot be. Exit code 64. */
export class UsageError extends Error {
  readonly exitCode: ExitCode = 64;
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** Where a jobs.yaml is needed. */
export const NO_CONFIG = 'there is no jobs.yaml here or in a folder above; npx dal-job init makes one';

/** The last lines of every command's help. */
export const EXIT_CODES = `
Exit codes: 0 done, 1 refused or failed (the code is on stderr: DJ2xxx start and database, DJ4xxx requests),
2 jobs.yaml has errors or there is none, 3 a file could not be read or written, 64 wrong use of the command line`;

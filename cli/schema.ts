// `dal-job schema`: prints the JSON Schema of jobs.yaml, the very file that editors and `gen` read, byte for byte.
// For an editor or a check that cannot look into node_modules: `dal-job schema > jobs.schema.json`.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Command } from 'commander';
import type { CommandModule, ExitCode } from './command.js';

export const schema: CommandModule = {
  configure(command: Command): void {
    command
      .option('--path', 'where the file is, instead of its text')
      .addHelpText('after', '\nIn jobs.yaml: # yaml-language-server: $schema=./node_modules/dal-job/jobs.schema.json');
  },

  async run(options): Promise<ExitCode> {
    const path = createRequire(import.meta.url).resolve('dal-job/jobs.schema.json');
    process.stdout.write(options.path === true ? `${path}\n` : readFileSync(path, 'utf8'));
    return 0;
  },
};

// `dal-job gen`: makes generated/ fit jobs.yaml and adds missing stubs. With --check, --dry-run and --diff it only looks; with
// --watch it goes on. What it says is in gen-report.ts. The generator is imported here and only here, when the command
// runs, because it brings the parser with it.
import { type Command, Option } from 'commander';
import type { CommandModule, ExitCode } from './command.js';
import { NO_CONFIG } from './failure.js';
import { print } from './output.js';

type Options = Readonly<Record<string, unknown>>;

export const gen: CommandModule = {
  configure(command: Command): void {
    command
      .option(
        '--check',
        'write nothing, list what differs; exit 1 when generated/ would change or a handler is missing',
      )
      .option('--strict', 'with --check: orphans and handlers not filled in count too')
      .option('--dry-run', 'write nothing; tell what would change')
      .option('--diff', 'write nothing; print what would change as a unified diff')
      .addOption(new Option('--prune', 'move handlers of jobs that are gone to handlers/.orphans/').conflicts('check'))
      .addOption(new Option('--watch', 'go on, after every save').conflicts(['check', 'strict', 'dryRun', 'diff']))
      .option('--config <file>', 'jobs.yaml to use (default: jobs.yaml here or in a folder above)')
      .addOption(new Option('--format <format>', 'how to print').choices(['text', 'json', 'github']).default('text'))
      .addHelpText('after', '\nExit codes: 0 clean, 1 something needs you, 2 jobs.yaml has errors, 3 files, 64 usage');
  },

  async run(options): Promise<ExitCode> {
    if (options.watch === true) return (await import('./watch.js')).watch(options);
    const { generate } = await import('../generator/index.js');
    const check = options.check === true;
    const dryRun = !check && (options.dryRun === true || options.diff === true);
    const report = await generate({ ...(await whichConfig(options)), check, dryRun, prune: options.prune === true });
    const { exitCodeOf, tell } = await import('./gen-report.js');
    if (options.diff === true) await printDiff(report);
    await tell(report, { ...options, looked: check || dryRun });
    return exitCodeOf(report, options);
  },
};

/** What was asked for with --config, or what is found here. @throws ConfigMissingError */
export async function whichConfig({ config }: Options): Promise<{ root: string; configFile: string }> {
  const { ConfigMissingError, findConfig } = await import('../generator/index.js');
  const configFile = typeof config === 'string' ? config : findConfig(process.cwd());
  if (configFile === null) throw new ConfigMissingError(NO_CONFIG);
  return { root: process.cwd(), configFile };
}

async function printDiff(report: Parameters<typeof import('./gen-diff.js')['unifiedDiff']>[0]): Promise<void> {
  const { unifiedDiff } = await import('./gen-diff.js');
  const text = await unifiedDiff(report);
  if (text !== '') print(text);
}

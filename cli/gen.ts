// `dal-job gen`: makes generated/ fit jobs.yaml and adds missing stubs; with --check only looks. One line a changed file,
// then one that sums up; problems go to stderr, all at once. The generator is imported here and only here, when the
// command runs, because it brings the parser with it.
import { performance } from 'node:perf_hooks';
import { type Command, Option } from 'commander';
import type { CommandModule, ExitCode } from './command.js';
import { complain, count, print, wantsColor } from './output.js';

type Report = Awaited<ReturnType<typeof import('../generator/index.js')['generate']>>;

export const gen: CommandModule = {
  configure(command: Command): void {
    command
      .option('--check', 'write nothing; exit 1 when something would change')
      .addOption(new Option('--prune', 'move handlers of jobs that are gone to handlers/.orphans/').conflicts('check'))
      .option('--config <file>', 'jobs.yaml to use (default: jobs.yaml here or in a folder above)')
      .addOption(new Option('--format <format>', 'how to print').choices(['text']).default('text'))
      .addHelpText('after', '\nExit codes: 0 clean, 1 something needs you, 2 jobs.yaml has errors, 3 files, 64 usage');
  },

  async run(options): Promise<ExitCode> {
    const check = options.check === true;
    const { ConfigMissingError, findConfig, generate } = await import('../generator/index.js');
    const configFile = typeof options.config === 'string' ? options.config : findConfig(process.cwd());
    if (configFile === null) throw new ConfigMissingError('there is no jobs.yaml here or in a folder above');
    const report = await generate({ root: process.cwd(), configFile, check, prune: options.prune === true });
    await printProblems(report);
    if (report.exitCode === 2) return 2;
    if (!check) for (const change of report.changes) print(changeLine(change));
    print(summary(report, check));
    return report.exitCode;
  },
};

/** `create generated/index.ts`; `move handlers/jobs/x.ts -> handlers/.orphans/x.ts` */
export function changeLine(change: Report['changes'][number]): string {
  return `${change.kind} ${change.path}${change.kind === 'move' ? ` -> ${change.to}` : ''}`;
}

async function printProblems({ problems, findings, textOf }: Report): Promise<void> {
  if (problems.length + findings.length === 0) return;
  const { formatProblems } = await import('../generator/diagnostics.js');
  complain(formatProblems({ problems: [...problems, ...findings], textOf, color: wantsColor(process.stderr) }));
}

/** `12 jobs: 2 files changed, 41 unchanged (0.31 s)` */
function summary({ jobs, changes, unchanged }: Report, check: boolean): string {
  const seconds = (performance.now() / 1_000).toFixed(2);
  const changed =
    changes.length === 0 ? 'nothing changed' : `${count(changes.length, 'file')} changed, ${unchanged} unchanged`;
  const differing = changes.length === 0 ? 'nothing to do' : `${count(changes.length, 'file')} would change`;
  return `${count(jobs, 'job')}: ${check ? differing : changed} (${seconds} s)`;
}

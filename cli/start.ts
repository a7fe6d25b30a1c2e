// `dal-job start`: one instance in this process, until a signal asks it to stop. On a terminal it shows what happens here
// and on the other instances; elsewhere it writes the app's own JSON lines. The app is the generated one: what stands in
// generated/index.ts is what runs.
import { type Command, Option } from 'commander';
import type { AppOptions } from '../runtime/config.js';
import type { Database } from '../runtime/db/database.js';
import { describeUrl } from '../runtime/db/url.js';
import { createLog } from '../runtime/run/log.js';
import type { CommandModule, ExitCode } from './command.js';
import { type Listenable, LiveDisplay } from './display/live.js';
import { Screen } from './display/screen.js';
import { generateFirst, requireFit, unfilledHandlers } from './fit.js';
import { duration, oneLine, paint, table } from './format.js';
import { count, wantsColor } from './output.js';
import { databaseUrl, jobsOf, load, openProject, type Project, recordedCalls } from './project.js';
import { open } from './session.js';
import { type StopSignal, stopSignal } from './signals.js';

interface GeneratedApp extends Listenable {
  start(): Promise<void>;
  stop(): Promise<void>;
}

interface GeneratedIndex {
  readonly createApp: (options: AppOptions) => GeneratedApp;
}

const EXIT_WITHIN_MS = 2_000;

const HELP = `
The first SIGINT or SIGTERM drains: nothing new starts, running handlers get 30 s, then their signal, then 10 s more.
A second one ends the process at once.

Exit codes: 0 drained and stopped, 1 cannot start (the code is on stderr), 2 jobs.yaml has errors,
3 a file could not be read or written, 64 wrong use of the command line, 130 or 143 after a second signal`;

export const start: CommandModule = {
  configure(command: Command): void {
    command
      .option('--gen', 'first make generated/ fit jobs.yaml, as dal-job gen does')
      .option('--quiet', 'show only what did not succeed')
      .addOption(
        new Option('--format <format>', 'live: lines for people; json: a JSON line an event')
          .choices(['live', 'json'])
          .default(process.stdout.isTTY ? 'live' : 'json', 'live on a terminal, else json'),
      )
      .addHelpText('after', HELP);
  },

  async run(options): Promise<ExitCode> {
    if (options.gen === true) {
      const exitCode = await generateFirst();
      if (exitCode !== 0) return exitCode;
    }
    const project = await openProject(options);
    if (options.gen !== true || project.extension !== '.ts') await requireFit(project);
    const url = databaseUrl(project);
    const { createApp } = await load<GeneratedIndex>(project, 'index');
    const instance: Starting = { project, createApp, url, quiet: options.quiet === true, stop: stopSignal() };
    await (options.format === 'json' ? runWithJson(instance) : runWithDisplay(instance));
    setTimeout(() => process.exit(), EXIT_WITHIN_MS).unref(); // a handler may have left something open
    return 0;
  },
};

interface Starting extends GeneratedIndex {
  readonly project: Project;
  readonly url: string;
  readonly quiet: boolean;
  readonly stop: Promise<StopSignal>;
}

async function runWithJson({ project, createApp, url, quiet, stop }: Starting): Promise<void> {
  const logger = createLog(undefined);
  if (quiet) Object.assign(logger, { level: 'warn' });
  const app = createApp({ logger });
  logger.info({ database: describeUrl(url), jobs: Object.keys(project.registry.jobs).length }, 'starting');
  for (const file of unfilledHandlers(project)) logger.warn({ file }, 'handler is not filled in: its runs fail');
  await app.start();
  logger.info({ signal: await stop }, 'stopping');
  await app.stop();
}

async function runWithDisplay({ project, createApp, url, quiet, stop }: Starting): Promise<void> {
  const color = wantsColor(process.stdout);
  const screen = new Screen(process.stdout, process.stdout.isTTY === true);
  const jobs = jobsOf(project);
  const display = new LiveDisplay({
    app: project.registry.app,
    jobs,
    calls: recordedCalls(project),
    screen,
    color,
    quiet,
  });
  const app = createApp({ logger: display.log });
  display.listen(app);
  printJobs(project, screen, color);
  screen.line(`database  ${describeUrl(url)}`);
  const startedMs = performance.now();
  await app.start();
  const window = await openWindow(project, url);
  try {
    await display.watch(window);
    const signal = await stop;
    display.remark(`${signal}: no new runs; waiting for those that go on (once more to end at once)`, 'yellow');
    await display.stopWatching();
    await app.stop();
    display.remark(summary(display, performance.now() - startedMs), 'bold');
  } finally {
    screen.close();
    await window?.close();
  }
}

/** A second look at the database, beside the app's; an in-memory one has nobody else in it. */
async function openWindow(project: Project, url: string): Promise<Database | null> {
  return url.includes(':memory:') ? null : open(project);
}

function printJobs(project: Project, screen: Screen, color: boolean): void {
  const { app, jobs } = project.registry;
  screen.line(paint(`dal-job · ${app} · ${count(Object.keys(jobs).length, 'job')}`, 'bold', color));
  const rows = Object.entries(jobs).map(([name, { definition }]) => [
    { text: `  ${name}` },
    { text: definition.cron ?? 'manual' },
    { text: definition.globalSingle ? '' : 'every instance' },
    { text: oneLine(definition.description, 80), style: 'dim' as const },
  ]);
  const heading = ['', '', '', '|']; // never shown: it tells where descriptions begin
  const indent = table(heading, rows, false)[0]?.indexOf('|');
  for (const line of table(heading, rows, color).slice(1)) screen.line(line, indent);
  const words = 'is still a stub: its runs fail until you fill it in';
  for (const file of unfilledHandlers(project)) screen.line(paint(`warning: ${file} ${words}`, 'yellow', color));
}

function summary({ tally }: LiveDisplay, elapsedMs: number): string {
  const { succeeded, other, elsewhere } = tally;
  const failed = other === 0 ? '' : `, ${other} not succeeded`;
  return `stopped after ${duration(elapsedMs)}: ${count(succeeded + other, 'run')} here${failed}, ${elsewhere} elsewhere`;
}

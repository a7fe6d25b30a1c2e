// `dal-job rename`: a job's new name everywhere at once, in jobs.yaml, in its handler, in generated/ and in the database. First
// everything is looked at, the database too; then the files change, all or none; then the rows. Whatever was done before,
// by hand or by a run that was killed, is left alone, so that the same command always finishes the work. Where there is no
// jobs.yaml (a production image) only the rows are left to do.
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Renamed } from '../runtime/admin.js';
import { asDatabaseUrl } from '../runtime/db/url.js';
import { DalJobError } from '../runtime/errors.js';
import type { CommandModule, ExitCode } from './command.js';
import { EXIT_CODES, NO_CONFIG } from './failure.js';
import { complain, count, print, wantsColor } from './output.js';
import { type DatabaseOwner, databaseUrl, openProject } from './project.js';
import { withSession } from './session.js';

type Plan = import('../generator/rename/index.js').RenamePlan;
type Names = { readonly from: string; readonly to: string };

export const rename: CommandModule = {
  configure(command: Command): void {
    command
      .argument('<old>', 'the name of a job now')
      .argument('<new>', 'the name it gets')
      .option('--no-database', 'files only; run it again without this where the database can be reached')
      .option('--config <file>', 'jobs.yaml to use (default: jobs.yaml here or in a folder above)')
      .addHelpText('after', EXIT_CODES);
  },

  async run(options, [from = '', to = '']): Promise<ExitCode> {
    const { ConfigMissingError, findConfig } = await import('../generator/index.js');
    const configFile = typeof options.config === 'string' ? resolve(options.config) : findConfig(process.cwd());
    const withDatabase = options.database !== false;
    if (configFile !== null) return renameAll({ configFile, names: { from, to }, withDatabase });
    if (!withDatabase) throw new ConfigMissingError(NO_CONFIG);
    await renameRows({ from, to }, options);
    return 0;
  },
};

interface Work {
  readonly configFile: string;
  readonly names: Names;
  readonly withDatabase: boolean;
}

async function renameAll({ configFile, names, withDatabase }: Work): Promise<ExitCode> {
  const { applyRename, planRename } = await import('../generator/rename/index.js');
  const plan = await planRename({ root: process.cwd(), configFile, ...names });
  if ('problems' in plan) return complainOf(plan.problems, configFile);
  const owner = { configFile, registry: { app: plan.model.app, database: plan.model.database } };
  const rename = { ...names, configHash: plan.configHash };
  if (withDatabase) await onRows(owner, (admin) => admin.requireRenamable(rename));
  applyRename(plan);
  printFiles(plan);
  const exitCode = await generateAgain(configFile);
  if (withDatabase) await onRows(owner, async (admin) => printRows(names, await admin.rename(rename)));
  else print('the database was left alone: run this again, without --no-database, where it can be reached');
  await printRest(plan, names);
  return exitCode;
}

/** In an image without jobs.yaml: the files have the new name, the rows perhaps not yet. */
async function renameRows({ from, to }: Names, options: Readonly<Record<string, unknown>>): Promise<void> {
  const project = await openProject(options);
  const { jobs, configHash } = project.registry;
  const why = Object.hasOwn(jobs, from)
    ? `still has a job "${from}"`
    : Object.hasOwn(jobs, to)
      ? ''
      : `has no job "${to}"`;
  if (why !== '') throw new DalJobError('DJ4001', `There is no jobs.yaml, and what was generated from it ${why}.`);
  await onRows(project, async (admin) => printRows({ from, to }, await admin.rename({ from, to, configHash })));
}

type Admin = import('../runtime/admin.js').Admin;

/** A database that has no tables, or is a file that is not there, has no rows of the job. */
async function onRows(owner: DatabaseOwner, work: (admin: Admin) => Promise<void>): Promise<void> {
  try {
    const url = asDatabaseUrl(databaseUrl(owner));
    if (url.kind === 'sqlite' && !existsSync(url.path)) return;
    await withSession(owner, ({ admin }) => work(admin));
  } catch (error) {
    if (!(error instanceof DalJobError)) throw error;
    if (error.code === 'DJ2006') return;
    if (!['DJ2003', 'DJ2008'].includes(error.code)) throw error;
    const message = `${error.message} With --no-database only files are renamed.`;
    throw new DalJobError(error.code, message, { cause: error });
  }
}

async function complainOf(
  problems: Parameters<typeof import('../generator/diagnostics.js')['formatProblems']>[0]['problems'],
  configFile: string,
): Promise<ExitCode> {
  const { formatProblems } = await import('../generator/diagnostics.js');
  const { readText } = await import('../generator/write.js');
  const textOf = (file: string) => readText(dirname(configFile), file) ?? undefined;
  complain(formatProblems({ problems, textOf, color: wantsColor(process.stderr) }));
  return 2;
}

function printFiles({ operations }: Plan): void {
  for (const { kind, path } of operations) print(`${kind === 'put' ? 'write' : kind} ${path}`);
}

async function generateAgain(configFile: string): Promise<ExitCode> {
  const { generate } = await import('../generator/index.js');
  const { tell } = await import('./gen-report.js');
  const report = await generate({ root: dirname(configFile), configFile });
  const findings = report.findings.filter(({ code }) => code !== 'DJ1221'); // it was a rename, and is done
  await tell({ ...report, findings }, { looked: false });
  return report.exitCode;
}

function printRows({ from, to }: Names, { how, paused, skipped, logs, kept }: Renamed): void {
  const rows = {
    moved: `"${from}" is "${to}" now`,
    merged: `"${to}" had a row already, which stays`,
    absent: `no "${from}"`,
  }[how];
  print(`database: ${rows}; ${count(logs, 'row')} of history renamed`);
  if (kept > 0) print(`database: ${count(kept, 'row')} of history keep the old name, since "${to}" has their fires`);
  if (skipped > 0)
    print(`database: ${count(skipped, 'fire')} waited for "${from}" and will not run: see dal-job logs ${to}`);
  if (how === 'merged' && paused) print(`database: "${from}" was paused, "${to}" is as it was: dal-job pause ${to}`);
}

/** What only a person can do. */
async function printRest({ root, model, inlineInput }: Plan, { from, to }: Names): Promise<void> {
  const { mentionsOf } = await import('../generator/rename/index.js');
  for (const { file, line, text } of mentionsOf(root, model.folders.handlers, from))
    print(`look at ${file}:${line}, which has the old name: ${text.slice(0, 100)}`);
  const type = (name: string) => `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
  if (inlineInput) print(`the type ${type(from)} is called ${type(to)} now`);
}

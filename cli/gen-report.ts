// What `gen` says of a run, for a person (text), a program (json) or the pages of a pull request (github). Results go to
// stdout, problems to stderr; json is one object on stdout and nothing else. Nothing here decides anything but words
// and, with --strict, the exit code.
import { relative, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { GenerateReport, Problem } from '../generator/index.js';
import type { ExitCode } from './command.js';
import { complain, count, print, wantsColor } from './output.js';

export interface TellOptions {
  readonly format?: unknown;
  readonly check?: unknown;
  readonly diff?: unknown;
  /** Nothing was written. */
  readonly looked: boolean;
  /** Since the command began; the process by default. */
  readonly tookMs?: number;
}

/** What --check lists a line each, and what it calls it. */
const LISTED: Readonly<Record<string, string>> = {
  DJ1205: 'orphan',
  DJ1206: 'generated',
  DJ1207: 'handler missing',
  DJ1208: 'unfilled',
};
const DRIFT = { create: 'missing', update: 'changed', delete: 'extra', move: 'orphan' } as const;
/** Told, and by themselves no reason to fail. */
const HARMLESS = ['DJ1205', 'DJ1208', 'DJ1221'];

/** The exit code of a run; with `strict` everything that was found counts. */
export function exitCodeOf({ exitCode, findings }: GenerateReport, { strict }: { strict?: unknown }): ExitCode {
  return exitCode === 0 && strict === true && findings.length > 0 ? 1 : exitCode;
}

/** Says it all. */
export async function tell(report: GenerateReport, options: TellOptions): Promise<void> {
  if (options.format === 'json') print(JSON.stringify(asJson(report, options)));
  else if (options.format === 'github') tellGithub(report, options);
  else await tellText(report, options);
}

async function tellText(report: GenerateReport, options: TellOptions): Promise<void> {
  const check = options.check === true;
  const { problems, findings, changes } = report;
  await printProblems(report, [...problems, ...findings.filter(({ code }) => !check || !(code in LISTED))]);
  if (report.exitCode === 2) return;
  if (check) for (const line of checkList(report)) print(line);
  else if (options.diff !== true) for (const change of changes) print(changeLine(change));
  (options.diff === true ? complain : print)(summary(report, options));
}

/** `create generated/index.ts`; `move handlers/jobs/x.ts -> handlers/.orphans/x.ts` */
export function changeLine(change: GenerateReport['changes'][number]): string {
  return `${change.kind} ${change.path}${change.kind === 'move' ? ` -> ${change.to}` : ''}`;
}

async function printProblems({ textOf }: GenerateReport, problems: readonly Problem[]): Promise<void> {
  if (problems.length === 0) return;
  const { formatProblems } = await import('../generator/diagnostics.js');
  complain(formatProblems({ problems, textOf, color: wantsColor(process.stderr) }));
}

/** `changed          generated/index.ts` */
function checkList(report: GenerateReport): string[] {
  const kinds = new Map(report.changes.map(({ path, kind }) => [path, DRIFT[kind]]));
  const listed = report.findings
    .filter(({ code }) => code in LISTED)
    .sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
  return listed.map(({ code, file }) => {
    const word = code === 'DJ1206' ? (kinds.get(file) ?? 'changed') : (LISTED[code] ?? '');
    return `${word.padEnd(16)} ${file}`;
  });
}

/** `12 jobs: 2 files changed, 41 unchanged (0.31 s)`; `2 jobs: nothing would change, 1 handler not filled in (0.31 s)` */
function summary(
  { jobs, changes, unchanged, findings }: GenerateReport,
  { looked, tookMs = performance.now() }: TellOptions,
): string {
  const changed =
    changes.length === 0 ? 'nothing changed' : `${count(changes.length, 'file')} changed, ${unchanged} unchanged`;
  const differing = `${changes.length === 0 ? 'nothing' : count(changes.length, 'file')} would change`;
  const unfilled = findings.filter(({ code }) => code === 'DJ1208').length;
  const left = unfilled === 0 ? '' : `, ${count(unfilled, 'handler')} not filled in`;
  return `${count(jobs, 'job')}: ${looked ? differing : changed}${left} (${(tookMs / 1_000).toFixed(2)} s)`;
}

/** The shape of `--format json`. */
function asJson(report: GenerateReport, options: TellOptions): object {
  const { exitCode, jobs, changes, unchanged, problems, findings } = report;
  const written = !options.looked && exitCode !== 2;
  return { exitCode, written, jobs, changes, unchanged, problems: [...problems, ...findings] };
}

/** Workflow commands: https://docs.github.com/actions/reference/workflow-commands-for-github-actions */
function tellGithub(report: GenerateReport, options: TellOptions): void {
  for (const problem of [...report.problems, ...report.findings]) print(annotation(report.root, problem));
  if (report.exitCode !== 2) print(summary(report, options));
}

function annotation(root: string, { code, severity, message, hint, file, line, column, length }: Problem): string {
  const level = severity === 'error' || !(HARMLESS.includes(code) || /^DJ10/.test(code)) ? 'error' : 'warning';
  const path = relative(process.env.GITHUB_WORKSPACE ?? process.cwd(), resolve(root, file)).replaceAll('\\', '/');
  const properties = { file: path, line, col: column, endColumn: column + length, title: `dal-job ${code}` };
  const shown = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
  return `::${level} ${shown.join(',')}::${escapeData(hint === undefined ? message : `${message}\n${hint}`)}`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

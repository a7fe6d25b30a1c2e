// Before an instance starts: does generated/ say what jobs.yaml says, and is every handler filled in?
// jobs.yaml need not be there (a production image has none), and the generator's heavy parts are never loaded to compare.
import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { DalJobError } from '../runtime/errors.js';
import type { ExitCode } from './command.js';
import { NO_CONFIG } from './failure.js';
import { changeLine } from './gen-report.js';
import { complain, print, wantsColor } from './output.js';
import type { Project } from './project.js';

/** Generates what is stale. 0: go on; else the exit code, everything said. */
export async function generateFirst(): Promise<ExitCode> {
  const { ConfigMissingError, findConfig, generate } = await import('../generator/index.js');
  const configFile = findConfig(process.cwd());
  if (configFile === null) throw new ConfigMissingError(NO_CONFIG);
  const { exitCode, problems, findings, textOf, changes } = await generate({ root: dirname(configFile), configFile });
  if (problems.length + findings.length > 0) {
    const { formatProblems } = await import('../generator/diagnostics.js');
    complain(formatProblems({ problems: [...problems, ...findings], textOf, color: wantsColor(process.stderr) }));
  }
  for (const change of changes) print(changeLine(change));
  return exitCode === 2 ? 2 : 0;
}

/** @throws DalJobError DJ2007 when jobs.yaml is there and says something else */
export async function requireFit({ root, configFile, generated, extension, registry }: Project): Promise<void> {
  if (configFile === null) return;
  const name = basename(configFile);
  const { modelHash } = await import('../generator/index.js');
  const { hash, problems } = await modelHash({ root, configFile });
  if (hash === registry.configHash) return;
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const why =
    hash === null
      ? `${name} has ${errors} error${errors === 1 ? '' : 's'}`
      : `${relative(root, generated)}/ does not match ${name}`;
  const compiled = extension === '.ts' ? '' : ' and compile';
  throw new DalJobError('DJ2007', `${why}: run npx dal-job gen${compiled}.`);
}

/** Files of handlers that are still the stub they were made as. */
export function unfilledHandlers({ registry, root, generated, extension }: Project): readonly string[] {
  return Object.entries(registry.jobs).flatMap(([job, { load }]) => {
    const path = handlerFile(String(load), generated, extension);
    const text = path === undefined ? '' : readFileSync(path, 'utf8');
    return path !== undefined && new RegExp(`new (?:\\w+\\.)?NotImplementedError\\(['"]${job}['"]\\)`).test(text)
      ? [relative(root, path)]
      : [];
  });
}

/**
 * The file that a job's `load` imports, by the words of that function: jobs.yaml, which may place it anywhere, need not be
 * there. undefined where a bundler left no path.
 */
function handlerFile(load: string, generated: string, extension: string): string | undefined {
  const specifier = /\b(?:import|require)\(\s*['"](\.[^'"]+)['"]/.exec(load)?.[1];
  if (specifier === undefined) return undefined;
  const path = join(generated, specifier);
  const stem = path.replace(/\.js$/, '');
  const sources = [path.replace(/\.([cm]?)js$/, '.$1ts'), `${stem}.ts`, `${stem}.tsx`];
  const candidates = [...(extension === '.ts' ? sources : []), path, `${path}${extension}`];
  return candidates.find((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
}

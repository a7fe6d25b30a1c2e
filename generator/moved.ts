// A handler that its author moved: the job's own file is not there, and another file of the handlers' folder exports a
// JobHandler of that job. Making a stub then would put an empty job in the place of a full one, so none is made, and the
// line that jobs.yaml needs is told. Found by what a file says, never by its name; only files that mention the job are parsed.
import type { FilePlace } from './source-file.js';
import { filesBelow, readText } from './write.js';

export interface MovedHandler extends FilePlace {
  readonly job: string;
  readonly file: string;
  /** Of the export. */
  readonly name: string;
}

/** Where the handlers of these jobs are now, by job; those that are nowhere are left out. @throws FileError */
export async function findMoved(
  root: string,
  folder: string,
  jobs: readonly string[],
): Promise<Map<string, MovedHandler>> {
  const found = new Map<string, MovedHandler>();
  if (jobs.length === 0) return found;
  const missing = new Set(jobs);
  for (const file of handlerFiles(root, folder)) {
    const text = readText(root, file) ?? '';
    if (![...text.matchAll(MENTION)].some(([, job = '']) => missing.has(job))) continue;
    const { handlerExports } = await import('./handler-exports.js');
    for (const one of handlerExports(file, text)) {
      if (missing.has(one.job) && !found.has(one.job)) found.set(one.job, { ...one, file });
    }
  }
  return found;
}

const MENTION = /JobHandler<\s*['"]([A-Za-z0-9]+)['"]\s*>/g;

function handlerFiles(root: string, folder: string): string[] {
  const aside = `${folder}/.orphans/`;
  return filesBelow(root, folder).filter((file) => /\.[cm]?[jt]sx?$/.test(file) && !file.startsWith(aside));
}

// Folders that jobs.yaml named before and names no more. What is in them of the user's is not where generated code looks for it
// now: it is named, and no stub is made in its place, until it is moved. What is in them of ours goes. Known from the
// last run's state: without one nothing is done here.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isOurs } from './header.js';
import type { Folders } from './model.js';
import type { Plan } from './plan.js';
import type { State } from './state.js';
import { type Change, readText } from './write.js';

/** The folder of handlers before this one, if there was any. */
export function formerHandlers(state: State | null, { handlers }: Folders): string | undefined {
  const last = state?.places.folders.handlers;
  return last === undefined || last === handlers ? state?.former : last;
}

/** Where a file of the handlers' folder is still; undefined when it is not in the one before. */
export function formerPlace(root: string, path: string, folders: HandlerFolders): string | undefined {
  const { handlers, former } = folders;
  if (former === undefined || former === handlers || !path.startsWith(`${handlers}/`)) return undefined;
  const place = `${former}${path.slice(handlers.length)}`;
  return existsSync(join(root, place)) ? place : undefined;
}

export interface HandlerFolders {
  readonly handlers: string;
  readonly former: string | undefined;
}

/** The generated files of the last run that lie in another folder than those of this one. @throws FileError */
export function formerOutputs(root: string, state: State | null, plan: Plan, { output }: Folders): Change[] {
  if (state === null || state.places.folders.output === output) return [];
  const paths = Object.keys(state.outputs).filter((path) => !plan.has(path) && isOurs(readText(root, path) ?? ''));
  return paths.map((path) => ({ kind: 'delete', path }));
}

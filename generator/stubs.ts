// Which stubs a run makes: of the jobs whose file is not there, but for those whose handler is somewhere else. And what a
// run that was killed while it made some left beside them: temporary files that hold a stub, or the beginning of one.
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { formerPlace, type HandlerFolders } from './former.js';
import type { Folders } from './model.js';
import { findMoved } from './moved.js';
import type { Plan } from './plan.js';
import { isStub } from './stub.js';
import { type Change, filesBelow, isInProgress, readText, TEMPORARY } from './write.js';

/** Text by path of the missing stubs. @throws FileError */
export async function stubsToMake(root: string, folders: HandlerFolders, stubs: Plan): Promise<Plan> {
  const { handlers } = folders;
  const isNowhere = (path: string) => !existsSync(join(root, path)) && formerPlace(root, path, folders) === undefined;
  const absent = [...stubs].filter(([path]) => isNowhere(path));
  const jobs = absent.flatMap(([path]) => jobOfPath(handlers, path));
  const moved = await findMoved(root, handlers, jobs);
  return new Map(absent.filter(([path]) => !jobOfPath(handlers, path).some((job) => moved.has(job))));
}

/** Temporary files of stubs that nobody is going to rename any more. @throws FileError */
export function staleStubs(root: string, { handlers }: Folders, stubs: Plan): Change[] {
  const files = ['jobs', 'services'].flatMap((folder) => filesBelow(root, `${handlers}/${folder}`));
  const stale = files.filter((path) => {
    if (!TEMPORARY.test(path) || isInProgress(root, path)) return false;
    const target = path.replace(TEMPORARY, '');
    const text = readText(root, path) ?? '';
    return stubs.get(target)?.startsWith(text) === true || isStub(basename(target, '.ts'), text);
  });
  return stale.map((path) => ({ kind: 'delete', path }));
}

/** None for the stub of a service. */
function jobOfPath(handlers: string, path: string): string[] {
  return path.startsWith(`${handlers}/jobs/`) ? [basename(path, '.ts')] : [];
}

// Watches folders, never files: a file that an editor replaces is another file, and a watch on the old one hears nothing more.
// jobs.yaml's own folder is watched for its name only; the folders of what a run depends on for any change but that of
// temporary files. A folder that is deleted is dropped and found again when it comes back.
import { existsSync, type FSWatcher, watch } from 'node:fs';
import { basename, dirname, join } from 'node:path';

export interface FolderWatch {
  /** From now on the folders of these files, relative to the root, and those above them. */
  readonly follow: (files: readonly string[]) => void;
  readonly close: () => void;
}

interface WatchedFolders {
  readonly root: string;
  /** The one name that matters in the root itself, beside folders. */
  readonly file: string;
  readonly onEvent: () => void;
}

export function createFolderWatch({ root, file, onEvent }: WatchedFolders): FolderWatch {
  const open = new Map<string, FSWatcher>();
  let tops = new Set<string>();

  const drop = (folder: string): void => {
    open.get(folder)?.close();
    open.delete(folder);
  };
  const add = (folder: string): void => {
    const isRoot = folder === '.';
    const path = join(root, folder);
    if (open.has(folder) || (!isRoot && !existsSync(path))) return;
    const watcher = watch(path, (_, name) => {
      if (!isRoot && name === basename(folder) && !existsSync(path)) drop(folder);
      const matters = isRoot ? name === null || name === file || tops.has(name) : !name?.endsWith('.tmp');
      if (matters) onEvent();
    });
    watcher.on('error', () => drop(folder));
    open.set(folder, watcher);
  };
  const follow = (files: readonly string[]): void => {
    const folders = new Set(['.', ...files.flatMap(foldersOf)]);
    // a run that failed depends on nothing: what it was about to look at is still of interest
    if (files.length > 0) for (const folder of open.keys()) if (!folders.has(folder)) drop(folder);
    tops = files.length > 0 ? new Set([...folders].filter((folder) => !folder.includes('/'))) : tops;
    for (const folder of [...folders, ...open.keys()]) add(folder);
  };
  return { follow, close: () => [...open.keys()].forEach(drop) };
}

/** `handlers/jobs` and `handlers` for `handlers/jobs/one.ts`. */
function foldersOf(file: string): string[] {
  const folder = dirname(file);
  return folder === '.' || folder.startsWith('..') ? [folder] : [folder, ...foldersOf(folder)];
}

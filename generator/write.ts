// Plans against the disk: what differs, and how to make it so. All or nothing as far as a file system allows: every new
// text is on disk under a temporary name before the first one takes its place, deletes come last. Equal files are not
// touched (whatever their line ends), so that watchers sleep and user times stay. Deletes only files of ours inside
// our folder; never a folder, never a file without our mark, never follows a link.
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { byCodeUnit } from './canonical.js';
import { FileError } from './failures.js';
import { isOurs } from './header.js';
import type { Plan } from './plan.js';

/** After so long nobody is going to rename a temporary file any more. */
const STALE_MS = 600_000;

export interface Change {
  readonly kind: 'create' | 'update' | 'delete';
  /** Relative to jobs.yaml, with forward slashes. */
  readonly path: string;
}

function attempt<T>(action: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new FileError(action, path, cause);
  }
}

/** The text of a file, null if there is none. @throws FileError */
export function readText(root: string, path: string): string | null {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new FileError('read', path, cause);
  }
}

/** Files below a folder, links left out; none if there is no such folder. @throws FileError */
export function filesBelow(root: string, folder: string): string[] {
  const found = attempt('read', folder, () => walk(root, folder));
  return found.sort(byCodeUnit);
}

function walk(root: string, folder: string): string[] {
  if (!isRealFolder(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return walk(root, path);
    return entry.isFile() ? [path] : [];
  });
}

function isRealFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** What would have to change for `folder` to hold the plan and nothing else of ours. @throws FileError */
export function compare(root: string, folder: string, plan: Plan): Change[] {
  const changes: Change[] = [];
  for (const [path, text] of plan) {
    const existing = readText(root, path);
    if (existing === null) changes.push({ kind: 'create', path });
    else if (withoutCr(existing) !== text) changes.push({ kind: 'update', path });
  }
  for (const path of orphans(root, folder, (path) => plan.has(path))) changes.push({ kind: 'delete', path });
  return changes;
}

/** Files of ours below a folder that are not known. @throws FileError */
export function orphans(root: string, folder: string, isKnown: (path: string) => boolean): string[] {
  const others = filesBelow(root, folder).filter((path) => !isKnown(path) && !isInProgress(root, path));
  return others.filter((path) => isOurs(readText(root, path) ?? ''));
}

/** A temporary file that another process may be about to rename; an old one was left by a crash. */
function isInProgress(root: string, path: string): boolean {
  if (!path.endsWith('.tmp')) return false;
  const changedMs = lstatSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return Date.now() - changedMs < STALE_MS;
}

export function withoutCr(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

export interface Work {
  readonly changes: readonly Change[];
  /** The texts of what is created and updated. */
  readonly plan: Plan;
  /** Files of the user's, written only where there is none. */
  readonly stubs: Plan;
}

/** Carries out the changes; the answer adds the stubs that were made. @throws FileError */
export function apply(root: string, { changes, plan, stubs }: Work): Change[] {
  for (const { kind, path } of changes) if (kind === 'update') requireOurs(root, path);
  const writes = changes.filter((change) => change.kind !== 'delete');
  const deletes = changes.filter((change) => change.kind === 'delete');
  const staged: [temporary: string, path: string][] = [];
  try {
    for (const { path } of writes) staged.push([stage(root, path, plan.get(path) ?? ''), path]);
    const created = createAbsent(root, stubs);
    for (const [temporary, path] of staged) attempt('write', path, () => renameSync(temporary, join(root, path)));
    for (const { path } of deletes) attempt('delete', path, () => rmSync(join(root, path), { force: true }));
    return [...created, ...changes];
  } catch (error) {
    for (const [temporary] of staged) discard(temporary);
    throw error;
  }
}

/** A file in our folder that somebody else wrote is not ours to replace. An empty one is nobody's. */
function requireOurs(root: string, path: string): void {
  const text = readText(root, path) ?? '';
  if (text.trim() !== '' && !isOurs(text)) throw new FileError('write', path, { code: 'FOREIGN' });
}

/** Writes a text beside its place. Its name ends in `.tmp`, so that no compiler sees it. */
function stage(root: string, path: string, text: string): string {
  const temporary = `${join(root, path)}.${process.pid}.tmp`;
  return attempt('write', path, () => {
    mkdirSync(dirname(temporary), { recursive: true });
    try {
      writeFileSync(temporary, text);
    } catch (cause) {
      discard(temporary);
      throw cause;
    }
    return temporary;
  });
}

/** Takes away what a failed run made. The failure is what the user should hear of, not this. */
function discard(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // it stays, and a later run removes it
  }
}

/** Writes those texts whose file does not exist; a file that exists is not opened. */
function createAbsent(root: string, plan: Plan): Change[] {
  const created: Change[] = [];
  for (const folder of new Set([...plan.keys()].map(dirname))) makeFolder(root, folder);
  for (const [path, text] of plan) {
    const isNew = attempt('write', path, () => writeNew(join(root, path), text));
    if (isNew) created.push({ kind: 'create', path });
  }
  return created;
}

function makeFolder(root: string, folder: string): void {
  attempt('make', folder, () => mkdirSync(join(root, folder), { recursive: true }));
}

function writeNew(path: string, text: string): boolean {
  const file = openNew(path);
  if (file === null) return false;
  try {
    writeFileSync(file, text);
    return true;
  } catch (cause) {
    discard(path);
    throw cause;
  } finally {
    closeSync(file);
  }
}

/** null: there is something of that name, so that it is not ours to write. */
function openNew(path: string): number | null {
  try {
    return openSync(path, 'wx');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return null;
    throw cause;
  }
}

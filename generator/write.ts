// Plans against the disk: what differs, and how to make it so. Equal files are not touched (whatever their line ends), so
// that watchers sleep and user times stay. Finds as deletable only files of ours inside our folder; never a folder, never a
// file without our mark, never what a link leads to. How files are changed, all or none, is commit.ts.
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { byCodeUnit } from './canonical.js';
import { attempt, commit, type FileOperation } from './commit.js';
import { FileError } from './failures.js';
import { beginsOurs, isOurs } from './header.js';
import type { Plan } from './plan.js';

/** After so long nobody is going to rename a temporary file any more. */
const STALE_MS = 600_000;

/** Relative to jobs.yaml, with forward slashes. */
export type Change =
  | { readonly kind: 'create' | 'update'; readonly path: string }
  | { readonly kind: 'delete'; readonly path: string }
  | { readonly kind: 'move'; readonly path: string; readonly to: string };

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

/** The bytes of a file that is there. @throws FileError */
export function readBytes(root: string, path: string): Buffer {
  return attempt('read', path, () => readFileSync(join(root, path)));
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
  return others.filter((path) => {
    const text = readText(root, path) ?? '';
    return isOurs(text) || (TEMPORARY.test(path) && beginsOurs(text));
  });
}

/** As commit.ts names them. */
export const TEMPORARY = /\.\d+(?:\.old)?\.tmp$/;

/** A temporary file that another process may be about to rename; an old one was left by a crash. */
export function isInProgress(root: string, path: string): boolean {
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
  /** The file by which a run knows what the last one made; changed after all others, so that a run that was killed can be repeated. */
  readonly record: string;
}

/** Carries out the changes; the answer adds the stubs that were made. @throws FileError */
export function apply(root: string, { changes, plan, stubs, record }: Work): Change[] {
  for (const { kind, path } of changes) if (kind === 'update') requireOurs(root, path);
  const creates = [...stubs].map(([path, text]): FileOperation => ({ kind: 'create', path, text }));
  const done = commit(root, [...creates, ...inOrder(changes, record).map((change) => operationOf(change, plan))]);
  const created = done.flatMap(({ kind, path }): Change[] => (kind === 'create' ? [{ kind, path }] : []));
  return [...created, ...changes];
}

/** What takes something away comes after what is written, and the record last. */
function inOrder(changes: readonly Change[], record: string): Change[] {
  const rank = ({ kind, path }: Change) => (path === record ? 2 : kind === 'create' || kind === 'update' ? 0 : 1);
  return [...changes].sort((a, b) => rank(a) - rank(b));
}

function operationOf(change: Change, plan: Plan): FileOperation {
  if (change.kind === 'delete' || change.kind === 'move') return change;
  return { kind: 'put', path: change.path, text: plan.get(change.path) ?? '' };
}

/** A file in our folder that somebody else wrote is not ours to replace. An empty one is nobody's. */
function requireOurs(root: string, path: string): void {
  const text = readText(root, path) ?? '';
  if (text.trim() !== '' && !isOurs(text)) throw new FileError('write', path, { code: 'FOREIGN' });
}

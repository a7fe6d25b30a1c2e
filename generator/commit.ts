// Changes to files, all of them or none, as far as a file system allows. What must hold: a file has its old text or its new
// one whenever the process is killed, since every text is on disk under a temporary name before the first file changes, and
// each file changes by one rename or link; when a step fails, those before it are undone, newest first, and what the user
// sees is the failure. A file that must not exist yet is never overwritten. Temporary names end in `.tmp`, so that no compiler
// sees them; what a kill leaves of them is taken away by a later run.
import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { FileError } from './failures.js';

/** One change. Paths are relative to the root, with forward slashes. */
export type FileOperation =
  /** Only where there is nothing of that name; otherwise nothing happens. */
  | { readonly kind: 'create'; readonly path: string; readonly text: string }
  /** Put in the place of what is there, if anything is. */
  | { readonly kind: 'put'; readonly path: string; readonly text: string }
  | { readonly kind: 'delete'; readonly path: string }
  /** @throws FileError when something has the name it moves to */
  | { readonly kind: 'move'; readonly path: string; readonly to: string };

/** Carries them out in order; the answer leaves out what was not created. @throws FileError with everything as it was */
export function commit(root: string, operations: readonly FileOperation[]): FileOperation[] {
  const files = new Files(root);
  try {
    const staged = operations.map((operation) => ({ operation, temporary: files.stage(operation) }));
    return staged.flatMap(({ operation, temporary }) => (files.perform(operation, temporary) ? [operation] : []));
  } catch (error) {
    files.undo();
    throw error;
  } finally {
    files.clean();
  }
}

export function attempt<T>(action: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new FileError(action, path, cause);
  }
}

/** Takes a file of ours away. A failure here is never what the user should hear of. */
function discard(path: string): void {
  quietly(() => rmSync(path, { force: true }));
}

function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // what stays is a temporary file, or an empty folder
  }
}

class Files {
  readonly #root: string;
  readonly #undo: (() => void)[] = [];
  readonly #temporary: string[] = [];
  /** Made by us, outermost first. */
  readonly #folders: string[] = [];

  constructor(root: string) {
    this.#root = root;
  }

  /** Brings the text of an operation to disk; the temporary file it is in, null when there is no text to write. */
  stage(operation: FileOperation): string | null {
    if (operation.kind !== 'create' && operation.kind !== 'put') return null;
    const target = join(this.#root, operation.path);
    if (operation.kind === 'create' && existsSync(target)) return null;
    return attempt('write', operation.path, () => {
      this.#makeFolder(dirname(target));
      const temporary = this.#temporaryName(`${target}.${process.pid}.tmp`);
      writeFileSync(temporary, operation.text);
      keepMode(target, temporary);
      return temporary;
    });
  }

  /** false: there was something that must not be overwritten. */
  perform(operation: FileOperation, temporary: string | null): boolean {
    const target = join(this.#root, operation.path);
    const { kind, path } = operation;
    if (kind === 'delete') attempt('delete', path, () => this.#remove(target));
    else if (kind === 'move') attempt('move', path, () => this.#move(target, join(this.#root, operation.to)));
    else if (temporary === null) return false;
    else if (kind === 'put') attempt('write', path, () => this.#put(temporary, target));
    else return attempt('write', path, () => this.#create(temporary, target));
    return true;
  }

  undo(): void {
    for (const step of this.#undo.reverse()) quietly(step);
    this.clean();
    for (const folder of this.#folders.reverse()) quietly(() => rmdirSync(folder));
  }

  clean(): void {
    for (const path of this.#temporary) discard(path);
  }

  #create(temporary: string, target: string): boolean {
    if (!linkAbsent(temporary, target)) return false;
    this.#undo.push(() => rmSync(target, { force: true }));
    return true;
  }

  #put(temporary: string, target: string): void {
    if (!existsSync(target)) {
      renameSync(temporary, target);
      this.#undo.push(() => rmSync(target, { force: true }));
      return;
    }
    const backup = this.#temporaryName(backupOf(target));
    discard(backup);
    if (!linkAbsent(target, backup)) copyFileSync(target, backup);
    renameSync(temporary, target);
    this.#undo.push(() => renameSync(backup, target));
  }

  #remove(target: string): void {
    if (lstatSync(target, { throwIfNoEntry: false }) === undefined) return;
    const backup = this.#temporaryName(backupOf(target));
    renameSync(target, backup);
    this.#undo.push(() => renameSync(backup, target));
  }

  #move(from: string, to: string): void {
    this.#makeFolder(dirname(to));
    if (lstatSync(to, { throwIfNoEntry: false }) !== undefined) throw Object.assign(new Error(), { code: 'EEXIST' });
    renameSync(from, to);
    this.#undo.push(() => renameSync(to, from));
  }

  #makeFolder(path: string): void {
    if (existsSync(path)) return;
    this.#makeFolder(dirname(path));
    if (mkdirSync(path, { recursive: true }) === undefined) return; // another process was faster
    this.#folders.push(path);
  }

  #temporaryName(path: string): string {
    this.#temporary.push(path);
    return path;
  }
}

function backupOf(target: string): string {
  return `${target}.${process.pid}.old.tmp`;
}

/** A text that takes a file's place may be read by whom that one could. */
function keepMode(target: string, temporary: string): void {
  const mode = lstatSync(target, { throwIfNoEntry: false })?.mode;
  if (mode !== undefined && (mode & 0o777) !== (lstatSync(temporary).mode & 0o777)) chmodSync(temporary, mode & 0o777);
}

/** What file systems without links say. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/** A second name for a file, in one step and never over another; false: the name is taken. */
function linkAbsent(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!NO_LINKS.includes(code)) throw cause;
    if (existsSync(to)) return false;
    copyFileSync(from, to, constants.COPYFILE_EXCL);
    return true;
  }
}

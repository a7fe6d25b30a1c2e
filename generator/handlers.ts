// The user's files: is everything there that generated code loads? Reads only, and parses only those whose hash is not
// the one of the last run; a file that is still our stub needs no parser at all. Handlers of jobs that are gone are named,
// never deleted: what stands in handlers/ belongs to the user.
import { basename } from 'node:path';
import { byCodeUnit, sha256 } from './canonical.js';
import type { Problem } from './diagnostics.js';
import { exportFindings, leftHandler, movedHandler, orphanHandler, unfilledHandler, type Wanted } from './findings.js';
import { formerPlace, type HandlerFolders } from './former.js';
import { type Folders, handlerOf, type Model, servicePath } from './model.js';
import { findMoved, type MovedHandler } from './moved.js';
import { findOrphans } from './orphans.js';
import type { ErrorPlaces } from './read.js';
import type { SeenFile } from './state.js';
import { isStub } from './stub.js';
import { readText } from './write.js';

/** What generated code will load: a handler a job, an implementation a service, and the error classes. */
export function wantedOf(model: Model, errorPlaces: ErrorPlaces): Wanted[] {
  const handlers = model.jobs.map(
    (job): Wanted => ({
      kind: 'handler',
      ...handlerOf(model.folders, job),
      ...(job.handler === undefined ? {} : { job: job.name }),
    }),
  );
  const services = model.services.map(
    ({ name }): Wanted => ({ kind: 'service', name, file: servicePath(model.folders, name) }),
  );
  const errors = model.errors.map(
    ({ name, file }): Wanted => ({
      kind: 'error',
      name,
      file,
      ...(errorPlaces[name] === undefined ? {} : { named: errorPlaces[name] }),
    }),
  );
  return [...handlers, ...services, ...errors];
}

export interface ScanInput {
  readonly root: string;
  readonly folders: Folders;
  /** The folder of handlers before. */
  readonly former: string | undefined;
  readonly wanted: readonly Wanted[];
  /** From the last run. */
  readonly seen: Readonly<Record<string, SeenFile>>;
  /** Texts just written, which need no reading. */
  readonly written: ReadonlyMap<string, string>;
}

export interface Scan {
  readonly findings: Problem[];
  readonly seen: Record<string, SeenFile>;
}

/** Looks at every file that is wanted, and at handlers nobody wants. @throws FileError */
export async function scanUserFiles({ root, folders, former, wanted, seen, written }: ScanInput): Promise<Scan> {
  const now: Record<string, SeenFile> = {};
  for (const [file, names] of byFile(wanted)) {
    const text = written.get(file) ?? readText(root, file);
    now[file] = await scanFile({ file, text, names, before: seen[file] });
  }
  const moved = await findMoved(root, folders.handlers, absentHandlers(wanted, now));
  const left = leftBehind(root, { handlers: folders.handlers, former }, wanted);
  const shown = Object.entries(now).flatMap(
    ([file, one]) => (isAbsent(one) && left.get(file)) || movedInstead(file, one, moved),
  );
  const orphans = findOrphans(root, folders, wanted).filter(({ pristine }) => !pristine);
  const findings = [...shown, ...orphans.map(orphanHandler)];
  return {
    findings: findings.sort((a, b) => byCodeUnit(a.file, b.file) || a.line - b.line || a.column - b.column),
    seen: now,
  };
}

/** Jobs whose own file is not there. */
function absentHandlers(wanted: readonly Wanted[], seen: Readonly<Record<string, SeenFile>>): string[] {
  const absent = wanted.filter(({ kind, file }) => kind === 'handler' && isAbsent(seen[file]));
  return absent.map(({ name }) => name);
}

function isAbsent(seen: SeenFile | undefined): boolean {
  return seen?.findings.some(({ code }) => code === 'DJ1207') === true;
}

/** What is to be said of files that are in the folder before. */
function leftBehind(root: string, folders: HandlerFolders, wanted: readonly Wanted[]): Map<string, readonly Problem[]> {
  const found = wanted.map((one) => ({ one, place: formerPlace(root, one.file, folders) }));
  return new Map(
    found.flatMap(({ one, place }) => (place === undefined ? [] : [[one.file, [leftHandler(one, place)]]])),
  );
}

/** Where the handler of a missing file is instead, if it is anywhere. */
function movedInstead(file: string, seen: SeenFile, moved: ReadonlyMap<string, MovedHandler>): readonly Problem[] {
  const instead = isAbsent(seen) ? moved.get(basename(file, '.ts')) : undefined;
  return instead === undefined ? seen.findings : [movedHandler(instead)];
}

function byFile(wanted: readonly Wanted[]): Map<string, Wanted[]> {
  const files = new Map<string, Wanted[]>();
  for (const one of wanted) files.set(one.file, [...(files.get(one.file) ?? []), one]);
  return files;
}

interface FileToScan {
  readonly file: string;
  /** null: there is no such file. */
  readonly text: string | null;
  readonly names: readonly Wanted[];
  readonly before: SeenFile | undefined;
}

async function scanFile({ file, text, names, before }: FileToScan): Promise<SeenFile> {
  const hash = sha256(
    `2 ${names.map(({ kind, name, job = '', named }) => `${kind} ${name} ${job} ${named?.line}:${named?.column}`).join()}\n${text ?? ''}${text === null ? ' absent' : ''}`,
  );
  if (before?.hash === hash) return before;
  if (text === null) return { hash, findings: names.flatMap((wanted) => exportFindings(wanted, null)) };
  const unfilled = unfilledHandler(file, text);
  if (names.every((wanted) => isPlainStub(wanted, text))) return { hash, findings: unfilled };
  const { readExports } = await import('./exports.js');
  const exports = readExports(file, text);
  const findings = names.flatMap((wanted, index) =>
    exportFindings(wanted, index === 0 ? exports : { ...exports, syntaxError: null }),
  );
  return { hash, findings: [...findings, ...unfilled] };
}

/** The stub, whatever its comment says: two imports, one comment, one export. */
function isPlainStub({ kind, name, job = name }: Wanted, text: string): boolean {
  return kind === 'handler' && job === name && isStub(name, text);
}

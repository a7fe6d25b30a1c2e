// A handler's file under the job's new name: its text, and its place when that has the job's name. Decides by what is there:
// a stub nobody touched may be replaced, a file that has the new name already is done, and two files with something in
// them are refused. Reads only; what it answers is carried out with the rest of the rename.
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { FileOperation } from '../commit.js';
import { isPristineStub } from '../stub.js';
import { readBytes, readText, withoutCr } from '../write.js';
import { RenameRefused } from './refused.js';

export interface HandlerRename {
  readonly from: string;
  readonly to: string;
  /** The file as the old name has it, relative to jobs.yaml. */
  readonly before: string;
  /** The same when its place does not depend on the name. */
  readonly after: string;
  readonly renameExport: boolean;
  /** Of the job, as a stub would tell it. */
  readonly description: string;
}

export interface HandlerOperations {
  readonly puts: readonly FileOperation[];
  readonly deletes: readonly FileOperation[];
}

const NOTHING: HandlerOperations = { puts: [], deletes: [] };

/** @throws FileError, RenameRefused */
export async function handlerRename(root: string, rename: HandlerRename): Promise<HandlerOperations> {
  const { before, after, to } = rename;
  const text = readText(root, before);
  if (text === null) return NOTHING;
  requirePlainFile(root, before, text);
  const renamed = await renamedCode(rename, text);
  if (before === after)
    return renamed === text ? NOTHING : { puts: [{ kind: 'put', path: after, text: renamed }], deletes: [] };
  const there = readText(root, after);
  const deletes: FileOperation[] = [{ kind: 'delete', path: before }];
  if (there !== null && sameFile(root, before, after)) throw new RenameRefused('DJ1232', twoSteps(rename));
  if (there !== null && withoutCr(there) === withoutCr(renamed)) return { puts: [], deletes };
  const description = () => rename.description;
  if (there === null || isPristineStub(to, there, description))
    return { puts: [{ kind: 'put', path: after, text: renamed }], deletes };
  if (isPristineStub(rename.from, text, description)) return { puts: [], deletes };
  throw new RenameRefused(
    'DJ1232',
    `${before} and ${after} both have code in them: keep one, and run this command again`,
  );
}

async function renamedCode(rename: HandlerRename, text: string): Promise<string> {
  const { before: path, from, to, renameExport } = rename;
  const { readExports } = await import('../exports.js');
  const { names } = readExports(path, text);
  const done = path === rename.after && renameExport && names.includes(to) && !names.includes(from);
  const { renameInCode } = await import('./code.js');
  const result = renameInCode({ path, text, from, to, renameExport: renameExport && !done });
  if (result.ok) return result.text;
  const place = result.place === undefined ? '' : `:${result.place.line}:${result.place.column}`;
  throw new RenameRefused('DJ1232', `${path}${place} is not edited, because ${result.why}. ${byHand(rename)}`);
}

/** What a person does instead; after it the command has only the rest to do. */
function byHand({ from, to, before, after, renameExport }: HandlerRename): string {
  const name = renameExport ? `export "${to}" instead of "${from}" there` : `write JobHandler<'${to}'> there`;
  const move = before === after ? '' : `, move it to ${after}`;
  return `Mend that and run this again; or by hand: ${name}${move}, rename the job in jobs.yaml, and run this again`;
}

function twoSteps({ from, to, after }: HandlerRename): string {
  return `this file system takes ${after} for the file of "${from}": rename to another name first, and that one to "${to}"`;
}

/** A link leads to a file that others may use, and bytes that are no UTF-8 would not survive. */
function requirePlainFile(root: string, path: string, text: string): void {
  const why = lstatSync(join(root, path)).isSymbolicLink()
    ? 'is a link'
    : readBytes(root, path).equals(Buffer.from(text))
      ? null
      : 'is not UTF-8';
  if (why !== null)
    throw new RenameRefused('DJ1232', `${path} ${why} and is not edited: rename it by hand, and run this again`);
}

function sameFile(root: string, one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => lstatSync(join(root, path)));
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

// Handlers of jobs that are gone. A stub that nobody touched is deleted with its job, or when its job's handler is placed
// elsewhere; everything else is the user's, is named in every run, and moved aside by `gen --prune`, never over an earlier one.
// What must hold: a file is such a handler only when it says JobHandler<'its own name'> (or Service, of a service), and no
// job loads it; helpers beside the handlers are nobody's business.
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Wanted } from './findings.js';
import type { Folders } from './model.js';
import { lastDescription } from './registry-text.js';
import { isPristineStub } from './stub.js';
import { type Change, filesBelow, readText } from './write.js';

export interface Orphan {
  readonly owner: 'job' | 'service';
  /** Of the job or service that is gone. */
  readonly name: string;
  readonly file: string;
  /** Still the stub that gen wrote. */
  readonly pristine: boolean;
}

/**
 * Files of the handlers' folders that are written for a job or service that is not there; and untouched stubs of jobs
 * whose handlers are elsewhere. @throws FileError
 */
export function findOrphans(root: string, folders: Folders, wanted: readonly Wanted[]): Orphan[] {
  const files = new Set(wanted.map(({ file }) => file));
  return (['job', 'service'] as const).flatMap((owner) => {
    const names = new Set(wanted.flatMap((one) => (ownerOf(one) === owner ? [one.job ?? one.name] : [])));
    return filesBelow(root, `${folders.handlers}/${owner}s`).flatMap((file) => {
      const name = /^([a-z][A-Za-z0-9]*)\.ts$/.exec(basename(file))?.[1];
      if (name === undefined || files.has(file)) return [];
      const text = readText(root, file) ?? '';
      if (!new RegExp(`\\b${ALIASES[owner]}<['"]${name}['"]>`).test(text)) return [];
      const descriptionOf = () => lastDescription(readText(root, `${folders.output}/registry.ts`) ?? '', name);
      const pristine = owner === 'job' && isPristineStub(name, text, descriptionOf);
      return names.has(name) && !pristine ? [] : [{ owner, name, file, pristine }];
    });
  });
}

const ALIASES = { job: 'JobHandler', service: 'Service' } as const;

function ownerOf({ kind }: Wanted): Orphan['owner'] | null {
  if (kind === 'error') return null;
  return kind === 'handler' ? 'job' : 'service';
}

/** Deletes stubs; with `aside`, moves the rest into that folder. */
export function orphanChanges(root: string, orphans: readonly Orphan[], aside: string | null): Change[] {
  return orphans.flatMap(({ name, file, pristine }): Change[] => {
    if (pristine) return [{ kind: 'delete', path: file }];
    return aside === null ? [] : [{ kind: 'move', path: file, to: freePlace(root, `${aside}/${name}`) }];
  });
}

/** `<base>.ts`, or with a number. */
function freePlace(root: string, base: string): string {
  for (let number = 1; ; number += 1) {
    const path = number === 1 ? `${base}.ts` : `${base}.${number}.ts`;
    if (!existsSync(join(root, path))) return path;
  }
}

/** Where pruned handlers go. A name with a dot, so that compilers leave it out. */
export function asideFolder({ handlers }: Folders): string {
  return `${handlers}/.orphans`;
}

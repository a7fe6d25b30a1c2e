// What the generator has to say of files that are not jobs.yaml: handlers, error classes, and generated/ itself.
// All of it is words for a person; nothing is mended here. A finding never stops generation.
import { GENERATOR_CODES, type GeneratorCode } from './codes.js';
import type { Problem } from './diagnostics.js';
import type { FileExports } from './exports.js';
import type { MovedHandler } from './moved.js';
import type { Orphan } from './orphans.js';
import type { Place } from './source.js';
import type { FilePlace } from './source-file.js';
import type { Change } from './write.js';

/** Something a user's file has to export for generated code to load. */
export interface Wanted {
  readonly kind: 'handler' | 'service' | 'error';
  readonly name: string;
  /** Relative to jobs.yaml. */
  readonly file: string;
  /** Of a handler that jobs.yaml places itself: its job. Without it, `name` is the job's. */
  readonly job?: string;
  /** Of an error class: where jobs.yaml names its file. */
  readonly named?: Place & { readonly file: string };
}

export interface FindingWords {
  readonly code: GeneratorCode;
  readonly file: string;
  readonly message: string;
  readonly hint?: string;
  readonly place?: FilePlace & { readonly length?: number };
}

export function finding({ code, file, message, hint, place }: FindingWords): Problem {
  const words = hint === undefined ? { message } : { message, hint };
  const { severity } = GENERATOR_CODES[code];
  const { line = 1, column = 1, length = 1 } = place ?? {};
  return { code, severity, ...words, file, line, column, length };
}

/** What is wrong with the exports of a file; null: it could not be read. */
export function exportFindings(wanted: Wanted, exports: FileExports | null): Problem[] {
  if (exports === null) return [absent(wanted)];
  const syntax = exports.syntaxError === null ? [] : [syntaxFinding(wanted.file, exports.syntaxError)];
  if (exports.star || exports.names.includes(wanted.name)) return syntax;
  return [...syntax, missingExport(wanted, exports)];
}

function absent({ kind, name, file, job, named }: Wanted): Problem {
  if (job !== undefined) {
    const message = `the file of the handler of job "${job}" is missing`;
    const hint = 'create it, or correct `handler` in jobs.yaml';
    return finding({ code: 'DJ1220', file, message, hint });
  }
  if (kind !== 'error') {
    const what = kind === 'handler' ? `the handler of job "${name}"` : `the implementation of service "${name}"`;
    return finding({ code: 'DJ1207', file, message: `${what} is missing`, hint: 'run dal-job gen' });
  }
  const hint = `create it with: export class ${name} extends Error {}`;
  const message = `the file of error class "${name}" is missing`;
  return finding({ code: 'DJ1203', file, message, hint, ...whereNamed(named) });
}

function syntaxFinding(file: string, error: NonNullable<FileExports['syntaxError']>): Problem {
  const message = `the file cannot be parsed: ${error.message}`;
  return finding({ code: 'DJ1202', file, message, place: error });
}

function missingExport(wanted: Wanted, exports: FileExports): Problem {
  const { kind, name, file, job } = wanted;
  const code = kind === 'error' ? 'DJ1204' : 'DJ1201';
  const whose = job === undefined ? `the ${kind === 'service' ? 'service' : 'job'} of that name` : `job "${job}"`;
  const message =
    kind === 'error' ? `no error class "${name}" is exported by ${file}` : `no export "${name}" for ${whose}`;
  const place = exports.hidden[name];
  const at = place === undefined ? whereNamed(wanted.named) : { place };
  return finding({ code, file, message, hint: wayOut(wanted, exports), ...at });
}

/** Of a class that is nowhere the only place to show is the one that asks for it. */
function whereNamed(named: Wanted['named']): Partial<FindingWords> {
  return named === undefined ? {} : { file: named.file, place: named };
}

function wayOut(wanted: Wanted, exports: FileExports): string {
  const { name, file, job } = wanted;
  if (job !== undefined && exports.names.includes('default'))
    return `for its default export: handler: ./${file}#default`;
  if (exports.names.includes('default')) return `export it by name, "${name}", not as default`;
  if (exports.hidden[name] !== undefined) return 'it is declared: put `export` in front';
  return `add: ${lineToAdd(wanted)}`;
}

function lineToAdd({ kind, name, job }: Wanted): string {
  if (kind === 'error') return `export class ${name} extends Error {}`;
  if (kind === 'service') return `export const ${name}: Service<'${name}'> = { … };`;
  const type = `JobHandler<'${job ?? name}'>`;
  if (name === 'default') return `export default (async () => {}) satisfies ${type};`;
  return `export const ${name}: ${type} = async () => {};`;
}

/** A handler that nobody has written yet. */
export function unfilledHandler(file: string, text: string): Problem[] {
  const at = text.search(UNFILLED);
  if (at === -1) return [];
  const before = text.slice(0, at).split('\n');
  const place = { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  const message = 'the handler is not filled in: it throws NotImplementedError';
  return [finding({ code: 'DJ1208', file, message, hint: 'write its body', place })];
}

/** As stubs throw it, and not behind a comment. */
const UNFILLED = /(?<=^[^/*\n]*)\bthrow new NotImplementedError\('[\w.]+'\)/m;

/** A handler whose job is gone, or an implementation whose service is. */
export function orphanHandler({ file, name, owner }: Orphan): Problem {
  const what = owner === 'job' ? 'handler' : 'implementation';
  const message = `the ${what} "${name}" belongs to no ${owner}`;
  const renamed = owner === 'job' ? `renamed: dal-job rename ${name} <new name>; removed: ` : '';
  return finding({ code: 'DJ1205', file, message, hint: `${renamed}gen --prune moves it aside` });
}

/** A handler that its author moved. */
export function movedHandler({ job, file, name, ...place }: MovedHandler): Problem {
  const message = `the handler of job "${job}" is here now`;
  const where = name === job ? file : `${file}#${name}`;
  return finding({ code: 'DJ1222', file, message, hint: `add to the job: handler: ./${where}`, place });
}

/** What lies where jobs.yaml had its handlers before. */
export function leftHandler({ kind, name, file }: Wanted, place: string): Problem {
  const what = kind === 'service' ? 'implementation of service' : 'handler of job';
  const message = `the ${what} "${name}" is in the folder that jobs.yaml named before`;
  return finding({ code: 'DJ1222', file: place, message, hint: `move it to ${file}` });
}

/** Under --check: generated/ is not what jobs.yaml says. */
export function drift({ path: file, kind }: Exclude<Change, { kind: 'move' }>, isStub: boolean): Problem {
  const message = {
    create: 'the generated file is missing',
    update: 'the generated file is out of date',
    delete: isStub
      ? 'no job has this stub for its handler any more'
      : 'the generated file should not be there any more',
  }[kind];
  return finding({ code: 'DJ1206', file, message, hint: 'run dal-job gen' });
}

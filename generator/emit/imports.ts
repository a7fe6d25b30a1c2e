// How generated files and stubs import what is beside them. Emitters name a user's file as it is on disk and one of ours
// by `.js`; withExtension() then writes every relative import the way the project's tsconfig wants it, in one place
// for all emitters. What must hold: only import and export lines and `import('…')` calls are changed, never other text,
// and a file that is JavaScript on disk keeps its name.
import { posix } from 'node:path';

/** What stands at the end of a relative import: the compiled file's name, the source's, or nothing. */
export type ImportExtension = '.js' | '.ts' | '';

/** Deeper than any path climbs, so that the answer does not depend on where this process runs. */
const ANYWHERE = '/1/2/3/4/5/6/7/8/9';

/** How a module in a folder names a file; both relative to jobs.yaml. */
export function specifier(folder: string, file: string): string {
  const path = posix.relative(posix.join(ANYWHERE, folder), posix.join(ANYWHERE, file));
  return path.startsWith('.') ? path : `./${path}`;
}

export interface Text {
  /** Relative to jobs.yaml, as `output`, the folder of generated files. */
  readonly path: string;
  readonly output: string;
  readonly text: string;
  readonly extension: ImportExtension;
}

/** The text with its relative imports as the project writes them. */
export function withExtension({ path, output, text, extension }: Text): string {
  const folder = posix.dirname(path);
  return text.replace(RELATIVE_IMPORT, (_, before: string, name: string, after: string) => {
    const ours = name.endsWith('.js') && posix.join(folder, name).startsWith(`${output}/`);
    return `${before}${rewritten(ours ? name.replace(/js$/, 'ts') : name, extension)}${after}`;
  });
}

/** Static ones take a line of their own; quotes inside of string literals are escaped, so that none looks like a call. */
const RELATIVE_IMPORT = /(^(?:import|export) [^\n]*? from '|\bimport\(')(\.[^'\n]+)('\)?)/gm;

function rewritten(name: string, extension: ImportExtension): string {
  if (extension === '.ts') return name;
  const special = /\.([mc])ts$/.exec(name);
  if (special !== null) return name.replace(/ts$/, 'js');
  return name.replace(/\.tsx?$/, extension);
}

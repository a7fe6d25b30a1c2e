// generated/types.ts: the payload types, by json-schema-to-typescript from our copy of the schema.
// That library renames (`Foo2bar` becomes `Foo2Bar`), merges a definition that is only a `$ref` into its target, drops
// some, and says in a comment where each type came from. So it gets names it keeps, aliases are ours, and the comments go;
// what it would misread is put differently in type-schema.ts. It must never fetch: remote references are off.
import type { JSONSchema4 } from 'json-schema';
import type { Options } from 'json-schema-to-typescript';
import { byCodeUnit } from '../canonical.js';
import type { Model } from '../model.js';
import { aliasTarget, definitionsOf } from '../schema.js';
import { type Definitions, typeSchema } from './type-schema.js';

/** No type of the user's can have an underscore. */
const ROOT = 'Dal_Job_Root';
const OPTIONS: Partial<Options> = {
  additionalProperties: false,
  bannerComment: '',
  enableConstEnums: false,
  format: false,
  strictIndexSignatures: false,
  unknownAny: true,
  unreachableDefinitions: true,
  $refOptions: { resolve: { http: false, file: false, external: false } },
};

/** Declarations of every payload type, sorted by name; '' when there are none. */
export async function typeDeclarations(model: Model): Promise<string> {
  const definitions = definitionsOf(model.types);
  const names = Object.keys(definitions);
  if (names.length === 0) return '';
  const own = new Map(names.flatMap((name) => ownDeclaration(name, definitions)));
  const rest = names.filter((name) => !own.has(name));
  const compiled = rest.length === 0 ? new Map<string, string>() : await compileTypes(rest, definitions);
  return [...own, ...compiled]
    .sort(([a], [b]) => byCodeUnit(a, b))
    .map(([, text]) => text)
    .join('\n');
}

/** What the library would lose: another name of a type, anything, nothing. */
function ownDeclaration(name: string, definitions: Definitions): [string, string][] {
  const schema = definitions[name]!;
  if (typeof schema === 'boolean') return [[name, `export type ${name} = ${schema ? 'unknown' : 'never'}\n`]];
  const target = aliasTarget(schema);
  return target === null ? [] : [[name, `export type ${name} = ${target}\n`]];
}

async function compileTypes(names: readonly string[], definitions: Definitions): Promise<Map<string, string>> {
  const { compile } = await import('json-schema-to-typescript');
  const stand = standIns(names);
  const renamed = names.map((name) => [stand.get(name)!, typeSchema(definitions[name]!, { definitions, stand })]);
  const schema = { title: ROOT, definitions: Object.fromEntries(renamed) } as JSONSchema4;
  const text = withoutOrigins(await compile(schema, ROOT, OPTIONS));
  const found = split(restoreNames(text, stand));
  // what comes to nothing but `unknown` loses its name there
  for (const name of names) if (!found.has(name)) found.set(name, `export type ${name} = unknown\n`);
  return found;
}

/** The name the library sees for each of ours. It changes a letter after a digit, which none of these has. */
function standIns(names: readonly string[]): Map<string, string> {
  return new Map(names.map((name, index) => [name, /\d[A-Za-z]/.test(name) ? `DalJobStandIn_Q${index}` : name]));
}

function restoreNames(text: string, stand: ReadonlyMap<string, string>): string {
  const names = new Map([...stand].map(([name, standIn]) => [standIn, name]));
  return text.replace(/\bDalJobStandIn_Q\d+\b/g, (standIn) => names.get(standIn) ?? standIn);
}

/** Takes out "This interface was referenced by …" and comments that are empty without it. */
function withoutOrigins(text: string): string {
  return text
    .replace(/^ \* This interface was referenced by `.*\n \* via the `.*\n/gm, '')
    .replace(/^ \* ?\n(?= \*\/)/gm, '')
    .replace(/^\/\*\*\n(?: \* ?\n)* \*\/\n/gm, '');
}

/** The library's text by declaration, indented; without the root's. */
function split(text: string): Map<string, string> {
  const parts = indent(text).split(/\n(?=\/\*\*\n|export )/);
  const found = new Map<string, string>();
  let comment = '';
  for (const part of parts) {
    const name = /^export (?:interface|type) (\w+)/m.exec(part)?.[1];
    if (name === undefined) comment += `${part}\n`;
    else {
      if (name !== ROOT) found.set(name, `${comment}${part}`.trim().concat('\n'));
      comment = '';
    }
  }
  return found;
}

/** Unformatted output has one member a line, so that depth is told by a brace at a line's end or start. */
function indent(text: string): string {
  let depth = 0;
  let inComment = false;
  const lines = text.split('\n').map((line) => {
    if (inComment || line.startsWith('/**')) {
      inComment = !line.trimEnd().endsWith('*/');
      return `${'  '.repeat(depth)}${line.trimEnd()}`;
    }
    if (/^[})]/.test(line)) depth = Math.max(0, depth - 1);
    const indented = line === '' ? '' : `${'  '.repeat(depth)}${line.trimEnd()}`;
    if (/\{$/.test(line)) depth++;
    return indented;
  });
  return lines.join('\n').replace(/\n{2,}/g, '\n');
}

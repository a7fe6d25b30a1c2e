// Where secrets are: the places of values marked `secret: true`, found through objects, lists, alternatives and references.
// What must hold: every value that a schema marks is below one of the paths, whatever branch it came by. Too much may be
// covered (`*` is any item or key), too little never. A type that contains itself has no such list of places, so that
// secrets in it are told apart, for generator/check to refuse.
import { canonicalJson } from './canonical.js';
import type { Path } from './parse.js';

export interface Secrets {
  /** From the value down: names of properties, indices of lists, `*`. No two alike. */
  readonly paths: readonly (readonly string[])[];
  /** Where in the file a `secret` stands that is inside a type which contains itself. */
  readonly recursive: readonly Path[];
}

type Types = Readonly<Record<string, unknown>>;

interface Child {
  readonly schema: unknown;
  /** In the file, from the schema on. */
  readonly at: Path;
  /** In the value; empty: the same value. */
  readonly path: readonly string[];
}

interface Walk {
  readonly types: Types;
  readonly found: Map<string, readonly string[]>;
  readonly recursive: Map<string, Path>;
}

interface Here {
  readonly at: Path;
  readonly path: readonly string[];
  /** References that were followed to come here. */
  readonly refs: readonly string[];
}

/** The secrets in values of a schema that stands at `at`. */
export function secretsOf(schema: unknown, at: Path, types: Types): Secrets {
  const walk: Walk = { types, found: new Map(), recursive: new Map() };
  visit(schema, { at, path: [], refs: [] }, walk);
  return { paths: [...walk.found.values()], recursive: [...walk.recursive.values()] };
}

function visit(schema: unknown, here: Here, walk: Walk): void {
  if (!isMap(schema)) return;
  if (schema.secret === true) walk.found.set(canonicalJson(here.path), here.path);
  else if (typeof schema.$ref === 'string') visitReference(schema.$ref, here, walk);
  else {
    for (const { schema: child, at, path } of childrenOf(schema))
      visit(child, { ...here, at: [...here.at, ...at], path: [...here.path, ...path] }, walk);
  }
}

function visitReference(ref: string, here: Here, walk: Walk): void {
  const inside = secretsBelow(ref, walk.types, new Set());
  if (inside.length === 0) return;
  if (here.refs.includes(ref)) for (const at of inside) walk.recursive.set(canonicalJson(at), at);
  else visit(resolve(ref, walk.types), { at: pathOf(ref), path: here.path, refs: [...here.refs, ref] }, walk);
}

/** Places in the file of the secrets that a reference leads to, by however many others. */
function secretsBelow(ref: string, types: Types, seen: Set<string>): Path[] {
  if (seen.has(ref)) return [];
  seen.add(ref);
  const below = (schema: unknown, at: Path): Path[] => {
    if (!isMap(schema)) return [];
    if (schema.secret === true) return [[...at, 'secret']];
    if (typeof schema.$ref === 'string') return secretsBelow(schema.$ref, types, seen);
    return childrenOf(schema).flatMap((child) => below(child.schema, [...at, ...child.at]));
  };
  return below(resolve(ref, types), pathOf(ref));
}

const ANY = ['*'];
/** Keywords with one schema, by where in the value it applies. */
const SINGLE: readonly (readonly [keyword: string, path: readonly string[]])[] = [
  ...['not', 'if', 'then', 'else'].map((keyword) => [keyword, []] as const),
  ...['additionalProperties', 'additionalItems', 'contains'].map((keyword) => [keyword, ANY] as const),
];

function childrenOf(schema: Readonly<Record<string, unknown>>): Child[] {
  const { items } = schema;
  return [
    ...SINGLE.map(([keyword, path]) => ({ schema: schema[keyword], at: [keyword], path })),
    ...inMap(schema, 'properties', (name) => [name]),
    ...inMap(schema, 'patternProperties', () => ANY),
    ...inMap(schema, 'dependencies', () => []),
    ...['allOf', 'anyOf', 'oneOf'].flatMap((keyword) => inList(schema, keyword, () => [])),
    ...(Array.isArray(items)
      ? inList(schema, 'items', (index) => [String(index)])
      : [{ schema: items, at: ['items'], path: ANY }]),
  ];
}

function inMap(
  schema: Readonly<Record<string, unknown>>,
  keyword: string,
  pathOfName: (name: string) => readonly string[],
): Child[] {
  const map = schema[keyword];
  if (!isMap(map)) return [];
  return Object.entries(map).map(([name, child]) => ({ schema: child, at: [keyword, name], path: pathOfName(name) }));
}

function inList(
  schema: Readonly<Record<string, unknown>>,
  keyword: string,
  pathOfIndex: (index: number) => readonly string[],
): Child[] {
  const list = schema[keyword];
  if (!Array.isArray(list)) return [];
  return list.map((child: unknown, index) => ({ schema: child, at: [keyword, index], path: pathOfIndex(index) }));
}

/** The schema that `#/types/Order`, or a path below it, names. */
export function resolve(ref: string, types: Types): unknown {
  return pathOf(ref)
    .slice(1)
    .reduce<unknown>((node, step) => (isNode(node) && Object.hasOwn(node, step) ? node[step] : undefined), types);
}

function pathOf(ref: string): string[] {
  return ref
    .slice(2)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function isNode(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return isNode(value) && !Array.isArray(value);
}

// The groups of the JSON Schema test suite as types of a jobs.yaml: `definitions` become types of their own, and references
// lead to those. Of each group there are two: as it stands, with objects closed, and opened, which is what the suite means.
import { readdirSync, readFileSync } from 'node:fs';
import { readConfig } from '../../../generator/read.js';

export interface Group {
  readonly file: string;
  readonly number: number;
  readonly description: string;
  readonly schema: unknown;
  readonly tests: readonly { readonly description: string; readonly data: unknown; readonly valid: boolean }[];
}

export interface Typed {
  readonly group: Group;
  /** Of the type; its definitions have longer ones. */
  readonly name: string;
  readonly open: boolean;
  readonly own: Readonly<Record<string, unknown>>;
}

/** Every group of a folder and those below, with its number among them all. */
export function groupsOf(folder: URL): Group[] {
  const files = (readdirSync(folder, { recursive: true }) as string[]).map((file) => file.replaceAll('\\', '/'));
  const groups = files
    .filter((file) => file.endsWith('.json'))
    .sort()
    .flatMap((file) => {
      const list = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Omit<Group, 'file' | 'number'>[];
      return list.map((group) => ({ ...group, file }));
    });
  return groups.map((group, number) => ({ ...group, number }));
}

export function typesOf(group: Group): Typed[] {
  return [typed(group, true), typed(group, false)];
}

/** Codes of what is wrong with it as a jobs.yaml; none: it can be one. */
export function jobsYamlSays(group: Group): string[] {
  const text = JSON.stringify({ version: 1, app: 'suite', types: typed(group, true).own });
  return [...new Set(readConfig({ text, file: 'jobs.yaml' }).problems.map(({ code }) => code))];
}

function typed(group: Group, open: boolean): Typed {
  const name = `${open ? 'Open' : 'Closed'}${group.number}`;
  const { definitions = {}, ...rest } = asMap(group.schema);
  const parts = Object.keys(definitions as object);
  const at: Copy = { open, reference: (ref) => target(ref, name, parts) };
  const others = parts.map((part, index) => [`${name}D${index}`, copied(asMap(asMap(definitions)[part]), at)]);
  return { group, name, open, own: { [name]: copied(rest, at), ...Object.fromEntries(others) } };
}

/** A type is a map, never true or false. */
function asMap(schema: unknown): Record<string, unknown> {
  return typeof schema === 'boolean' ? { allOf: [schema] } : (schema as Record<string, unknown>);
}

function target(ref: string, name: string, parts: readonly string[]): string {
  const plain = decodeURIComponent(ref);
  if (plain === '#') return `#/types/${name}`;
  const [, part = '', rest = ''] = /^#\/definitions\/([^/]*)(.*)$/.exec(plain) ?? [];
  const index = parts.indexOf(part.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (index !== -1) return `#/types/${name}D${index}${rest}`;
  return plain.startsWith('#/') ? `#/types/${name}${plain.slice(1)}` : plain;
}

interface Copy {
  readonly open: boolean;
  readonly reference: (ref: string) => string;
}

const VALUES = ['const', 'enum', 'default', 'examples'];
const MAPS = ['properties', 'patternProperties', 'dependencies', 'definitions'];

function copied(schema: unknown, at: Copy): unknown {
  if (Array.isArray(schema)) return schema.map((item) => copied(item, at));
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([keyword, value]) => [keyword, keywordOf(keyword, value, at)]);
  const copy = Object.fromEntries(entries) as Record<string, unknown>;
  const isObject = copy.properties !== undefined || copy.type === 'object';
  const isClosed = isObject && copy.$ref === undefined && copy.additionalProperties === undefined;
  return at.open && isClosed ? { ...copy, additionalProperties: true } : copy;
}

function keywordOf(keyword: string, value: unknown, at: Copy): unknown {
  if (keyword === '$ref' && typeof value === 'string') return at.reference(value);
  if (VALUES.includes(keyword)) return value;
  if (!MAPS.includes(keyword) || typeof value !== 'object' || value === null) return copied(value, at);
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, copied(child, at)]));
}

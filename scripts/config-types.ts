// Makes generator/config.gen.ts, the TypeScript types of jobs.yaml, from jobs.schema.json.
// Run after every change of the schema:
//   node --conditions=dal-job-source --import tsx scripts/config-types.ts
// A definition becomes an interface or alias of its name; a test holds that the committed file is fresh.
// Never edit config.gen.ts by hand.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compile, type JSONSchema } from 'json-schema-to-typescript';

const SCHEMA = new URL('../jobs.schema.json', import.meta.url);
const TARGET = new URL('../generator/config.gen.ts', import.meta.url);
const BANNER = `// biome-ignore-all format: made by a script
// biome-ignore-all lint: made by a script
// Made from jobs.schema.json by scripts/config-types.ts; do not edit.
`;

/** Definitions whose type the compiler would not see through, said by hand. */
const BY_HAND: Record<string, string> = {
  typeSchemaOrBoolean: 'TypeSchema | boolean',
  typeSchemaOrList: 'TypeSchema | boolean | (TypeSchema | boolean)[]',
  dependency: 'TypeSchema | boolean | string[]',
};
const BY_HAND_PROPERTIES: Record<string, string> = {
  type: 'SimpleType | SimpleType[]',
  default: 'unknown',
  const: 'unknown',
};

/** The text of generator/config.gen.ts as the schema of now makes it. */
export async function configTypes(): Promise<string> {
  const schema = forTypes(JSON.parse(readFileSync(SCHEMA, 'utf8'))) as JSONSchema;
  const text = await compile(schema, 'JobsConfig', {
    bannerComment: BANNER,
    additionalProperties: false,
    ignoreMinAndMaxItems: true,
    unreachableDefinitions: true,
    unknownAny: true,
    $refOptions: { resolve: { http: false, file: false, external: false } },
    style: { singleQuote: true, printWidth: 120 },
  });
  return text.replace(/ \*\n \* This interface was referenced by .*\n \* via the .*\n/g, '');
}

/** A copy in which every reference is a type's name (a keyword beside a `$ref` would make a second type of it). */
function forTypes(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(forTypes);
  if (typeof node !== 'object' || node === null) return node;
  const { if: _if, then: _then, propertyNames: _names, $ref, ...rest } = node as Record<string, unknown>;
  const entries = Object.entries(rest).filter(([key]) => key !== 'examples' || typeof rest[key] !== 'object');
  const copy = Object.fromEntries(entries.map(([key, value]) => [key, within(key, value)]));
  return typeof $ref === 'string' ? { description: rest.description, tsType: typeName($ref) } : copy;
}

/** Children of a keyword; the maps of names to schemas are not schemas themselves. */
function within(key: string, value: unknown): unknown {
  if (key === 'default' || key === 'enum') return value;
  if (key !== 'properties' && key !== 'definitions') return forTypes(value);
  const map = value as Record<string, Record<string, unknown>>;
  const byHand = key === 'definitions' ? BY_HAND : BY_HAND_PROPERTIES;
  return Object.fromEntries(Object.entries(map).map(([name, schema]) => [name, member(schema, byHand[name])]));
}

/** `type` is by hand only where it is the keyword of a schema, not a setting of our own with an `enum`. */
function member(schema: Record<string, unknown>, tsType: string | undefined): unknown {
  return tsType === undefined || schema.enum !== undefined
    ? forTypes(schema)
    : { description: schema.description, tsType };
}

function typeName(ref: string): string {
  const name = ref.slice(ref.lastIndexOf('/') + 1);
  return name.charAt(0).toUpperCase() + name.slice(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(TARGET, await configTypes());
}

// Payload types that have no name in jobs.yaml. A schema with parts (an object, a list, alternatives) gets a name made
// of where it stands, so that types, validators and contracts can speak of it; one without parts is said in place.
// What must hold: a name depends on where the schema stands and on the names of the user's types, never on their order.
import { canonical } from '../canonical.js';
import type { TypeSchema } from '../config.gen.js';
import type { Schema } from '../model.js';
import { reservedBecause } from '../names.js';

/** Keywords that need no type of their own. */
const WITHOUT_PARTS = new Set([
  ...['$comment', 'title', 'description', 'default', 'examples', 'readOnly', 'writeOnly', 'secret'],
  ...['type', 'enum', 'const', 'format', 'pattern', 'minLength', 'maxLength', 'contentEncoding', 'contentMediaType'],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
]);
/** How the interfaces of services end in generated/contracts.ts. */
const OF_CONTRACTS = /(?:Service|Proxy|Outbox)$/;
const SCALARS = ['string', 'integer', 'number', 'boolean', 'null'];

/** The name itself, or a longer one if it is taken or reserved. */
export function freeName(name: string, types: ReadonlyMap<string, Schema>): string {
  const isFree = !types.has(name) && reservedBecause(name, 'type') === null && !OF_CONTRACTS.test(name);
  return isFree ? name : freeName(`${name}Value`, types);
}

/** The schema if it is a reference or has no parts, else a reference to it under that name, which is added to `types`. */
export function namedSchema(name: string, schema: TypeSchema, types: Map<string, Schema>): Schema {
  const plain = canonical(schema) as Schema;
  if (/^#\/types\/[A-Za-z0-9]+$/.test(schema.$ref ?? '') || isWithoutParts(schema)) return plain;
  const free = freeName(name, types);
  types.set(free, plain);
  return { $ref: `#/types/${free}` };
}

function isWithoutParts(schema: TypeSchema): boolean {
  if (!Object.keys(schema).every((keyword) => WITHOUT_PARTS.has(keyword))) return false;
  const values = 'const' in schema ? [schema.const] : (schema.enum ?? []);
  return values.every(isScalar) && [schema.type ?? []].flat().every((type) => SCALARS.includes(type));
}

function isScalar(value: unknown): boolean {
  return value === null || typeof value !== 'object';
}

/** What `byType` calls a value: the name of its type, or its kind. */
export function kindOf(schema: TypeSchema): string {
  const name = /^#\/types\/([A-Za-z0-9]+)$/.exec(schema.$ref ?? '')?.[1];
  if (name !== undefined) return name;
  const kinds = new Set([
    ...[schema.type ?? []].flat().map(kindOfType),
    ...(schema.type === undefined ? kindsOfValues(schema) : []),
  ]);
  const [kind] = kinds;
  return kinds.size === 1 && kind !== undefined ? kind : 'unknown';
}

function kindOfType(type: string): string {
  return type === 'integer' ? 'number' : type;
}

function kindsOfValues(schema: TypeSchema): string[] {
  const values = 'const' in schema ? [schema.const] : (schema.enum ?? []);
  return values.map((value) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value));
}

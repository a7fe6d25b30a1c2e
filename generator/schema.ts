// Our copy of the payload types, in two forms made from one: what ajv compiles and what json-schema-to-typescript
// reads. `types` becomes `definitions`; our own keywords and whatever stands beside a `$ref` go; objects that stand
// alone are closed. Both forms come from here, so that the types and the validators cannot disagree. The
// user's schema is never changed in place.
import type { ModelType, Schema } from './model.js';

/** Keywords that hold one schema, a list of them, or a map of them. */
const SINGLE = ['additionalProperties', 'propertyNames', 'contains', 'additionalItems', 'not', 'if', 'then', 'else'];
const LISTS = ['allOf', 'anyOf', 'oneOf'];
const MAPS = ['properties', 'patternProperties'];
/** Of no meaning to a value; `optional` and `secret` are ours, and a `title` would rename types. */
const DROPPED = ['optional', 'secret', 'title', '$comment', 'examples', 'readOnly', 'writeOnly', 'default'];
/** Where these apply to the same value, `additionalProperties: false` would refuse what the others describe. */
const APPLICATORS = [...LISTS, 'if', 'then', 'else', 'not', 'dependencies'];

type ObjectSchema = Exclude<Schema, boolean>;

/** The payload types as `definitions`, cleaned and closed. */
export function definitionsOf(types: readonly ModelType[]): Readonly<Record<string, Schema>> {
  const open = namesInAllOf(types);
  return Object.fromEntries(types.map(({ name, schema }) => [name, clean(schema, !open.has(name))]));
}

/** The type a definition is another name of, or null. */
export function aliasTarget(schema: Schema): string | null {
  if (typeof schema === 'boolean' || typeof schema.$ref !== 'string') return null;
  return /^#\/definitions\/([A-Za-z0-9]+)$/.exec(schema.$ref)?.[1] ?? null;
}

/** `closed` false: the schema is one part of a larger one, so it must let other properties pass. */
function clean(schema: Schema, closed: boolean): Schema {
  if (typeof schema === 'boolean') return schema;
  if (typeof schema.$ref === 'string') return { $ref: schema.$ref.replace(/^#\/types\//, '#/definitions/') };
  const copy: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (!DROPPED.includes(keyword)) copy[keyword] = cleanKeyword(keyword, value, { schema, closed });
  }
  if (closed && standsAlone(schema) && copy.additionalProperties === undefined) copy.additionalProperties = false;
  return copy;
}

function cleanKeyword(keyword: string, value: unknown, at: { schema: ObjectSchema; closed: boolean }): unknown {
  if (MAPS.includes(keyword)) return mapValues(value, (item) => clean(item, true));
  if (keyword === 'items')
    return Array.isArray(value) ? value.map((item) => clean(item, true)) : clean(value as Schema, true);
  if (keyword === 'dependencies') return mapValues(value, (item) => (Array.isArray(item) ? item : clean(item, false)));
  if (LISTS.includes(keyword)) {
    const branchClosed = at.closed && keyword !== 'allOf' && isOnlyChoice(at.schema);
    return (value as Schema[]).map((item) => clean(item, branchClosed));
  }
  if (SINGLE.includes(keyword))
    return clean(value as Schema, keyword === 'additionalProperties' || keyword === 'additionalItems');
  return value;
}

function mapValues(value: unknown, change: (item: Schema) => unknown): unknown {
  return Object.fromEntries(Object.entries(value as Record<string, Schema>).map(([key, item]) => [key, change(item)]));
}

function standsAlone(schema: ObjectSchema): boolean {
  const isObject = schema.type === 'object' || schema.properties !== undefined;
  return isObject && !APPLICATORS.some((keyword) => keyword in schema);
}

/** Its anyOf or oneOf says all there is: no properties beside it that a closed branch would refuse. */
function isOnlyChoice(schema: ObjectSchema): boolean {
  const others = APPLICATORS.filter((keyword) => keyword in schema);
  return others.length === 1 && schema.properties === undefined;
}

/** Types that other types extend by allOf: closing them would refuse every extension. */
function namesInAllOf(types: readonly ModelType[]): ReadonlySet<string> {
  const names = new Set<string>();
  const walk = (value: unknown, inAllOf: boolean): void => {
    if (Array.isArray(value)) for (const item of value) walk(item, inAllOf);
    else if (value !== null && typeof value === 'object') {
      for (const [keyword, item] of Object.entries(value)) {
        const name = keyword === '$ref' && inAllOf ? /^#\/types\/([A-Za-z0-9]+)$/.exec(String(item))?.[1] : undefined;
        if (name !== undefined) names.add(name);
        walk(item, keyword === 'allOf');
      }
    }
  };
  for (const { schema } of types) walk(schema, false);
  return names;
}

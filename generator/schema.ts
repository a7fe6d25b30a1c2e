// Our copy of the payload types, in two forms made from one: what ajv compiles and what json-schema-to-typescript
// reads. `types` becomes `definitions`; our own keywords and whatever stands beside a `$ref` go; objects that stand
// alone are closed, and who describes properties or items means an object or a list. Both forms come from here, so that the types and the validators cannot disagree. The
// user's schema is never changed in place.
import type { ModelType, Schema } from './model.js';

/** Keywords whose schema is only asked whether it fits. */
const ONLY_ASKED = ['propertyNames', 'contains', 'not', 'if'];
/** Keywords that hold a list of schemas, or a map of them. */
const LISTS = ['allOf', 'anyOf', 'oneOf'];
const MAPS = ['properties', 'patternProperties'];
/** Keywords that describe an object. */
const OF_OBJECTS = [...MAPS, 'additionalProperties', 'required'];
/** Of no meaning to a value; `optional` and `secret` are ours, and a `title` would rename types. */
const DROPPED = ['optional', 'secret', 'title', '$comment', 'examples', 'readOnly', 'writeOnly', 'default'];
/** Where these apply to the same value, `additionalProperties: false` would refuse what the others describe. */
const APPLICATORS = [...LISTS, 'if', 'then', 'else', 'not', 'dependencies'];

type ObjectSchema = Exclude<Schema, boolean>;

/** The payload types as `definitions`, cleaned and closed. */
export function definitionsOf(types: readonly ModelType[]): Readonly<Record<string, Schema>> {
  const open = namesInAllOf(types);
  return Object.fromEntries(
    types.map(({ name, schema }) => [name, clean(schema, { ...WHOLE, closed: !open.has(name) })]),
  );
}

/** The type a definition is another name of, or null. */
export function aliasTarget(schema: Schema): string | null {
  if (typeof schema === 'boolean' || typeof schema.$ref !== 'string') return null;
  return /^#\/definitions\/([A-Za-z0-9]+)$/.exec(schema.$ref)?.[1] ?? null;
}

/** How a schema applies, which decides what we may add to it. */
interface Use {
  /** It says all there is of an object; else it is one part of a larger schema and must let other properties pass. */
  readonly closed: boolean;
  /** It says what a value is, as the types do; else it is a further condition, which other kinds of value may ignore. */
  readonly typed: boolean;
  /** It is only asked whether it fits: nothing is added at any depth. */
  readonly asked: boolean;
}

const WHOLE: Use = { closed: true, typed: true, asked: false };
const CONDITION: Use = { closed: false, typed: false, asked: false };
const ASKED: Use = { closed: false, typed: false, asked: true };

function clean(schema: Schema, use: Use): Schema {
  if (typeof schema === 'boolean') return schema;
  if (typeof schema.$ref === 'string') return { $ref: schema.$ref.replace(/^#\/types\//, '#/definitions/') };
  const copy: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (!DROPPED.includes(keyword)) copy[keyword] = cleanKeyword(keyword, value, { schema, use });
  }
  if (use.typed && schema.type === undefined) Object.assign(copy, impliedType(schema));
  if (use.closed && standsAlone(schema) && copy.additionalProperties === undefined) copy.additionalProperties = false;
  return copy;
}

/** Who describes properties means an object, and who describes items a list, though draft-07 lets other values pass then. */
function impliedType(schema: ObjectSchema): { type?: string } {
  const isObject = OF_OBJECTS.some((keyword) => keyword in schema);
  const isList = 'items' in schema;
  return isObject === isList ? {} : { type: isObject ? 'object' : 'array' };
}

function cleanKeyword(keyword: string, value: unknown, { schema, use }: { schema: ObjectSchema; use: Use }): unknown {
  const whole = use.asked ? ASKED : WHOLE;
  const each = (item: Schema) => clean(item, whole);
  if (MAPS.includes(keyword)) return mapValues(value, each);
  if (keyword === 'items') return Array.isArray(value) ? value.map(each) : each(value as Schema);
  if (keyword === 'additionalProperties' || keyword === 'additionalItems') return each(value as Schema);
  if (keyword === 'dependencies')
    return mapValues(value, (item) => (Array.isArray(item) ? item : clean(item, use.asked ? ASKED : CONDITION)));
  if (LISTS.includes(keyword)) {
    const closed = use.closed && keyword !== 'allOf' && isOnlyChoice(schema);
    return (value as Schema[]).map((item) => clean(item, { ...use, closed }));
  }
  if (keyword === 'then' || keyword === 'else') return clean(value as Schema, use.asked ? ASKED : CONDITION);
  return ONLY_ASKED.includes(keyword) ? clean(value as Schema, ASKED) : value;
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

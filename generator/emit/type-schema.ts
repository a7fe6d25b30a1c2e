// A schema as json-schema-to-typescript has to see it, so that every value the validator lets pass fits the type.
// It takes whatever it does not know for an object: a lone `minimum`, a list's `minItems`, an empty alternative. It looks for
// references inside of values, and makes the first items of a list required. Only the types are made of this copy.
import type { Schema } from '../model.js';
import { aliasTarget } from '../schema.js';

export type Definitions = Readonly<Record<string, Schema>>;

interface At {
  readonly definitions: Definitions;
  /** The name the library sees for each of ours. */
  readonly stand: ReadonlyMap<string, string>;
}

type Keywords = Readonly<Record<string, unknown>>;

const UNKNOWN = { tsType: 'unknown' };
const NEVER = { tsType: 'never' };
/** Schemas by name, in which the names are no keywords. */
const MAPS = ['properties', 'patternProperties'];
const PARTS = ['allOf', 'anyOf', 'oneOf'];
/** What the library makes something of. */
const BASE = ['type', 'additionalProperties', 'required', 'items', ...MAPS];
const WITH_SHAPE = ['$ref', ...BASE, ...PARTS];

/** A deep copy whose references name stand-ins, aliases followed to their end. The library changes what it gets. */
export function typeSchema(schema: unknown, at: At): Keywords {
  if (!isMap(schema)) return schema === false ? NEVER : UNKNOWN;
  if (typeof schema.$ref === 'string') return reference(schema.$ref, at);
  const { description } = schema;
  const about = description === undefined ? {} : { description };
  if (typeof schema.tsType === 'string') return { ...about, tsType: schema.tsType }; // a column's, see build/claim.ts
  const values = 'const' in schema ? [schema.const] : schema.enum;
  if (Array.isArray(values)) return { ...about, ...valuesOf(values) };
  const base = Object.keys(schema).some((keyword) => BASE.includes(keyword)) ? [baseOf(schema, at)] : [];
  return { ...about, ...allOf([...base, ...partsOf(schema, at)]) };
}

/** What a schema says beside its parts. In the library a name would go to this alone, and the parts be lost. */
function baseOf(schema: Keywords, at: At): Keywords {
  const kept = Object.entries(schema).filter(([keyword]) => BASE.includes(keyword));
  const copy = Object.fromEntries(kept.map(([keyword, value]) => [keyword, keywordOf(keyword, value, at)]));
  return { ...copy, ...namedByPattern(schema), ...listOf(schema, at) };
}

function keywordOf(keyword: string, value: unknown, at: At): unknown {
  if (MAPS.includes(keyword)) {
    const children = Object.entries(value as Keywords).map(([name, child]) => [name, typeSchema(child, at)]);
    return Object.fromEntries(children);
  }
  if (keyword === 'items')
    return Array.isArray(value) ? value.map((item) => typeSchema(item, at)) : typeSchema(value, at);
  return keyword === 'additionalProperties' && isMap(value) ? typeSchema(value, at) : value;
}

/** All that must hold at once: each part of allOf, the alternatives of anyOf, those of oneOf. */
function partsOf(schema: Keywords, at: At): Keywords[] {
  const of = (keyword: string) =>
    ((schema[keyword] ?? []) as unknown[]).map((part) => (isOpen(part) ? UNKNOWN : typeSchema(part, at)));
  const alternatives = ['anyOf', 'oneOf'].filter((keyword) => keyword in schema).map((keyword) => anyOf(of(keyword)));
  return [...of('allOf'), ...alternatives];
}

function allOf(parts: readonly Keywords[]): Keywords {
  const [first = UNKNOWN, ...rest] = parts.filter((part) => part.tsType !== 'unknown');
  return rest.length === 0 ? first : { allOf: [first, ...rest] };
}

function anyOf(parts: readonly Keywords[]): Keywords {
  return parts.some((part) => part.tsType === 'unknown') ? UNKNOWN : { anyOf: parts };
}

/** A part that says of an object only what no type can say; as an object of its own it would ask for an index signature. */
function isOpen(part: unknown): boolean {
  if (!isMap(part)) return false;
  const shape = Object.keys(part).filter((keyword) => WITH_SHAPE.includes(keyword));
  return (
    shape.every((keyword) => keyword === 'required' || part[keyword] === 'object') &&
    !('enum' in part || 'const' in part)
  );
}

/** Literals; those with parts as text, since the library would look for references in them. */
function valuesOf(values: readonly unknown[]): Keywords {
  if (!values.some((value) => typeof value === 'object' && value !== null)) return { enum: values };
  return { tsType: values.map((value) => JSON.stringify(value)).join(' | ') };
}

/** Names that fit no pattern have any value, unless they are refused; an index signature knows no patterns. */
function namedByPattern({ patternProperties, additionalProperties }: Keywords): Keywords {
  if (!isMap(patternProperties) || additionalProperties === false) return {};
  return { patternProperties: {}, additionalProperties: true };
}

/** Bounds of a list are words for a reader; a list by position may be shorter than its items, and goes on with anything. */
function listOf(schema: Keywords, at: At): Keywords {
  const { items, additionalItems = true, minItems, maxItems } = schema;
  if (Array.isArray(items)) {
    const ends = additionalItems === false || (typeof maxItems === 'number' && maxItems <= items.length);
    const rest = ends ? {} : { additionalItems: typeSchema(additionalItems, at) };
    return { ...rest, ...(typeof minItems === 'number' ? { minItems: Math.min(minItems, items.length) } : {}) };
  }
  const bounds = [
    ...(minItems === undefined ? [] : [`@minItems ${minItems}`]),
    ...(maxItems === undefined ? [] : [`@maxItems ${maxItems}`]),
  ];
  if (bounds.length === 0) return {};
  const { description } = schema;
  return { description: [...(typeof description === 'string' ? [`${description}\n`] : []), ...bounds].join('\n') };
}

/** Booleans have no name in the library, and other names of a type would be lost in it. */
function reference(target: string, at: At): Keywords {
  const followed = follow(target, at);
  return typeof followed === 'string' ? { $ref: followed } : followed ? UNKNOWN : NEVER;
}

function follow(reference: string, at: At): string | boolean {
  const [, head, rest] = /^#\/definitions\/([A-Za-z0-9]+)(.*)$/.exec(reference) ?? [];
  if (head === undefined) return reference;
  let name = head;
  for (let hops = 0; hops < 100; hops++) {
    const target = aliasTarget(at.definitions[name] ?? true);
    if (target === null) break;
    name = target;
  }
  const definition = at.definitions[name];
  if (typeof definition === 'boolean') return definition;
  return `#/definitions/${at.stand.get(name) ?? name}${rest ?? ''}`;
}

function isMap(value: unknown): value is Keywords {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

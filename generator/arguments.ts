// The arguments of a method as one schema: the array that a record stores. What must hold: it is made of the same cleaned
// schemas as the types, so that what type-checks also validates; and the hash of it changes when and only when a stored
// array could mean something else: by shapes and secrets, never by names of parameters, descriptions or order of keys.
import { canonicalJson, sha256 } from './canonical.js';
import type { Model, ModelMethod, ModelService, ModelType, Schema } from './model.js';
import { definitionsOf } from './schema.js';
import { secretsOf } from './secrets.js';

/** Under which the arguments of a method stand beside the payload types, whose names have no `_`. */
export function argumentsName(service: ModelService, method: ModelMethod): string {
  return `_${service.name}_${method.name}`;
}

/** The arrays of arguments of all methods, in the order of the model. */
export function argumentTypes(model: Model): ModelType[] {
  return model.services.flatMap((service) =>
    service.methods.map((method) => ({ name: argumentsName(service, method), schema: argumentsSchema(method) })),
  );
}

function argumentsSchema({ params }: ModelMethod): Schema {
  const minItems = params.filter(({ optional }) => !optional).length;
  const items = params.length === 0 ? {} : { items: params.map(({ schema }) => schema) };
  return { type: 'array', ...items, minItems, maxItems: params.length };
}

type Types = Readonly<Record<string, Schema>>;

/** The payload types by name, as jobs.yaml has them. */
export function typesByName({ types }: Model): Types {
  return Object.fromEntries(types.map(({ name, schema }) => [name, schema]));
}

/** Where the secrets of a method's arguments are, from the array down. */
export function argumentSecrets(method: ModelMethod, types: Types): readonly (readonly string[])[] {
  return method.params.flatMap(({ schema }, index) =>
    secretsOf(schema, [], types).paths.map((path) => [String(index), ...path]),
  );
}

/** Gives SHA-256 (hex) of a method's arguments and of the types they lead to. */
export function argumentHasher(model: Model): (service: ModelService, method: ModelMethod) => string {
  const definitions = definitionsOf([...model.types, ...argumentTypes(model)]);
  const byName = typesByName(model);
  return (service, method) => {
    const { [argumentsName(service, method)]: own = true } = definitions;
    const types = [...namesBelow(own, definitions)].map((name) => [name, withoutWords(definitions[name])]);
    const secrets = argumentSecrets(method, byName);
    return sha256(canonicalJson({ own: withoutWords(own), types: Object.fromEntries(types), secrets }));
  };
}

/** Names of the types that a schema refers to, by however many others. */
function namesBelow(schema: unknown, definitions: Readonly<Record<string, Schema>>): Set<string> {
  const names = new Set<string>();
  const walk = (value: unknown): void => {
    if (value === null || typeof value !== 'object') return;
    const { $ref } = value as { readonly $ref?: unknown };
    const name = typeof $ref === 'string' ? /^#\/definitions\/([A-Za-z0-9]+)/.exec($ref)?.[1] : undefined;
    if (name !== undefined && !names.has(name)) {
      names.add(name);
      walk(definitions[name]);
    }
    for (const child of Object.values(value)) walk(child);
  };
  walk(schema);
  return names;
}

/** Values, in which nothing is a keyword. */
const VALUES = ['const', 'enum'];
/** Schemas by name, in which the names are no keywords. */
const MAPS = ['properties', 'patternProperties', 'dependencies'];

/** A copy without descriptions, and with lists sorted whose order means nothing. */
function withoutWords(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutWords);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([keyword]) => keyword !== 'description');
  return Object.fromEntries(entries.map(([keyword, child]) => [keyword, meaningOf(keyword, child)]));
}

function meaningOf(keyword: string, child: unknown): unknown {
  if (VALUES.includes(keyword)) return child;
  if (keyword === 'required' || keyword === 'type') return Array.isArray(child) ? [...child].sort() : child;
  if (!MAPS.includes(keyword)) return withoutWords(child);
  const entries = Object.entries(child as object).map(([name, schema]) => [name, withoutWords(schema)]);
  return Object.fromEntries(entries);
}

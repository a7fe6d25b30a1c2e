// Arbitrary payload types, as `types`, `input`, `params` and `result` of jobs.yaml take them: JSON Schema, draft-07, within
// what the checks allow. Nothing here contradicts itself and no default is given, so that every schema made is accepted.
import fc from 'fast-check';

export interface SchemaNames {
  /** Types that exist; a property or an item may be any of them. */
  readonly types: readonly string[];
  /** Those the schema itself may be another name of; all if left out. */
  readonly aliases?: readonly string[];
}

type Schema = Record<string, unknown>;

const KEYS = [
  'id',
  'name',
  'a-b',
  'with space',
  '1st',
  'class',
  "it's",
  'constructor2',
  '名前',
  '$ref2',
  'nested',
  'x',
] as const;
const WORDS = ['card', 'wechat', '', "it's", '*/', '`', '${x}', 'a\nb', '名'] as const;
const DESCRIPTION = fc.constantFrom('An order.', 'ends */ here', 'two\nlines', '`tick` ${x}', '😀');
const MOST_DEPTH = 3;

export function anySchema(names: SchemaNames, depth = 0): fc.Arbitrary<Schema> {
  const { types, aliases = types } = names;
  const flat = [...leaves(), ...(aliases.length === 0 ? [] : [reference(aliases)])];
  if (depth >= MOST_DEPTH) return fc.oneof(...flat);
  const inner = anySchema({ types }, depth + 1);
  const parts = anySchema({ types, aliases }, depth + 1);
  return fc.oneof(
    { weight: 5, arbitrary: fc.oneof(...flat) },
    { weight: 3, arbitrary: object(inner) },
    { weight: 2, arbitrary: list(inner) },
    { weight: 1, arbitrary: alternatives(parts) },
  );
}

function reference(types: readonly string[]): fc.Arbitrary<Schema> {
  return fc.constantFrom(...types).map((name) => ({ $ref: `#/types/${name}` }));
}

function described(schema: fc.Arbitrary<Schema>): fc.Arbitrary<Schema> {
  return fc
    .tuple(schema, fc.option(DESCRIPTION))
    .map(([one, description]) => (description === null ? one : { ...one, description }));
}

function leaves(): fc.Arbitrary<Schema>[] {
  const optional = (keys: Record<string, fc.Arbitrary<unknown>>, type: string) =>
    described(fc.record({ type: fc.constant(type), ...keys }, { requiredKeys: ['type'] }) as fc.Arbitrary<Schema>);
  return [
    optional(
      {
        minLength: fc.nat(3),
        maxLength: fc.integer({ min: 3, max: 9 }),
        pattern: fc.constantFrom('^[a-z]+$', '\\d', '/'),
      },
      'string',
    ),
    optional({ format: fc.constantFrom('date-time', 'email', 'uuid', 'uri', 'date') }, 'string'),
    optional({ minimum: fc.integer({ min: -5, max: 5 }), maximum: fc.integer({ min: 5, max: 9 }) }, 'integer'),
    optional({ exclusiveMinimum: fc.integer({ min: -5, max: 5 }), multipleOf: fc.constantFrom(1, 0.5) }, 'number'),
    optional({}, 'boolean'),
    fc.constant({ type: 'null' }),
    fc.constant({ type: ['string', 'null'] }),
    fc
      .uniqueArray(fc.constantFrom<unknown>(...WORDS, 1, true, null), { minLength: 1, maxLength: 4 })
      .map((all) => ({ enum: all })),
    fc.constantFrom<unknown>(...WORDS, 7, false).map((value) => ({ const: value })),
  ];
}

function object(inner: fc.Arbitrary<Schema>): fc.Arbitrary<Schema> {
  const properties = fc.dictionary(fc.constantFrom(...KEYS), inner, { maxKeys: 4 });
  const rest = fc.option(fc.oneof(fc.boolean(), inner), { nil: undefined });
  return described(
    fc.tuple(properties, rest, fc.nat(15)).map(([all, additionalProperties, mask]) => {
      const required = Object.keys(all).filter((_, index) => (mask >> index) % 2 === 1);
      return {
        type: 'object',
        properties: { ...all },
        ...(required.length === 0 ? {} : { required }),
        ...(additionalProperties === undefined ? {} : { additionalProperties }),
      };
    }),
  );
}

function list(inner: fc.Arbitrary<Schema>): fc.Arbitrary<Schema> {
  const same = fc.record(
    {
      type: fc.constant('array'),
      items: inner,
      minItems: fc.nat(2),
      maxItems: fc.integer({ min: 2, max: 5 }),
      uniqueItems: fc.boolean(),
    },
    { requiredKeys: ['type'] },
  ) as fc.Arbitrary<Schema>;
  const tuple = fc
    .array(inner, { minLength: 1, maxLength: 3 })
    .map((items) => ({ type: 'array', items, minItems: items.length, additionalItems: false }));
  return described(fc.oneof(same, tuple as fc.Arbitrary<Schema>));
}

function alternatives(inner: fc.Arbitrary<Schema>): fc.Arbitrary<Schema> {
  const several = fc.array(inner, { minLength: 1, maxLength: 3 });
  return fc.tuple(fc.constantFrom('anyOf', 'oneOf'), several).map(([keyword, all]) => ({ [keyword]: all }));
}

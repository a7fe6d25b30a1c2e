// docs/config.md, from jobs.schema.json.
import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';

interface Schema {
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly $ref?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
}

interface Root extends Schema {
  readonly definitions: Readonly<Record<string, Schema>>;
}

const HEAD = `<!-- Made by \`npm run docs\` from jobs.schema.json. Do not edit. -->
# jobs.yaml

Every key of the file. An editor that reads the first line of jobs.yaml (\`# yaml-language-server: $schema=./jobs.schema.json\`)
shows the same texts while you type.

Durations are a whole number and one unit: \`500ms\`, \`30s\`, \`10m\`, \`1h\`, \`1d\`. Names of jobs are like \`closeOrders\`, names of types and
errors like \`Order\`. Keys that are not known are errors. Every error has a code: [errors.md](errors.md).`;

/** Where each definition is told: the heading, and the definition that its table shows. */
const SECTIONS: readonly (readonly [heading: string, definition: string | null])[] = [
  ['The file', null],
  ['database', 'database'],
  ['jobs.NAME', 'job'],
  ['jobs.NAME.dst', 'dst'],
  ['jobs.NAME.retry', 'jobRetry'],
  ['backoff', 'backoff'],
  ['jobs.NAME.claim', 'claim'],
  ['a condition of claim.where', 'condition'],
  ['services.NAME', 'service'],
  ['services.NAME.methods.NAME', 'method'],
  ["a method's retry", 'methodRetry'],
  ['keep', 'keep'],
  ['types.NAME', 'typeSchema'],
];

/** The whole file. */
export function configDocs(): string {
  const schema = JSON.parse(readFileSync(new URL('../../jobs.schema.json', import.meta.url), 'utf8')) as Root;
  const sections = SECTIONS.map(([heading, definition]) => {
    const shown = definition === null ? schema : schema.definitions[definition];
    if (shown === undefined) throw new Error(`jobs.schema.json has no definition ${definition}`);
    return section(heading, shown);
  });
  return `${[HEAD, ...sections].join('\n\n')}\n`;
}

function section(heading: string, schema: Schema): string {
  const about = heading === 'The file' ? '' : `\n${schema.description ?? ''}\n`;
  const rows = Object.entries(schema.properties ?? {}).map(([key, value]) => keyRow(key, value, schema));
  return [
    `## ${heading}\n${about}`,
    '| key | value | default | what it does | example |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function keyRow(key: string, schema: Schema, parent: Schema): string {
  const fallback = parent.required?.includes(key)
    ? '*required*'
    : schema.default === undefined
      ? ''
      : code(schema.default);
  const [example] = schema.examples ?? [];
  const cells = [
    `\`${key}\``,
    kind(schema),
    fallback,
    schema.description ?? '',
    example === undefined ? '' : code(example),
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function kind({
  $ref,
  enum: values,
  const: only,
  type,
  items,
  minimum,
  maximum,
  additionalProperties,
}: Schema): string {
  if ($ref !== undefined) return linked($ref.replace('#/definitions/', ''));
  if (values !== undefined) return values.map((value) => `\`${String(value)}\``).join(', ');
  if (only !== undefined) return code(only);
  if (typeof additionalProperties === 'object' && additionalProperties.$ref !== undefined)
    return `map of ${kind(additionalProperties)}`;
  if (type === 'array' && items !== undefined) return `list of ${kind(items)}`;
  const range = minimum === undefined ? '' : maximum === undefined ? `, from ${minimum}` : `, ${minimum} to ${maximum}`;
  return `${[type ?? 'any value'].flat().join(' or ')}${range}`;
}

const PLAIN: Readonly<Record<string, string>> = {
  duration: 'duration',
  durationOrForever: 'duration or `forever`',
  timezone: 'IANA zone',
  identifier: 'column',
  errorNames: 'list of error names',
  errorFile: 'path',
  handlerPlace: 'path#export',
  folder: 'path of a folder',
  typeName: 'name',
  name: 'name',
  maxRetries: 'integer, 0 to 1000',
  columnValues: 'map of values',
  count: 'integer, from 0',
  strings: 'list of strings',
  simpleType: 'kind of value',
  typeSchemaMap: 'map of types',
  typeSchemaOrBoolean: 'type, or true or false',
  typeSchemaList: 'list of types',
  typeSchemaOrList: 'type, or list of types',
  dependency: 'list of strings, or type',
};

/** A definition with a section of its own is a link to it. */
function linked(definition: string): string {
  const [heading] = SECTIONS.find(([, of]) => of === definition) ?? [];
  if (heading !== undefined) return `[${definition === 'typeSchema' ? 'type' : definition}](#${anchor(heading)})`;
  const plain = PLAIN[definition];
  if (plain === undefined) throw new Error(`docs/config.md has no word for the definition ${definition}`);
  return plain;
}

/** As GitHub makes it. */
export function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\- _]/gu, '')
    .replaceAll(' ', '-');
}

function code(value: unknown): string {
  const text = typeof value === 'string' ? (value === '' ? '""' : value) : flow(value);
  return `\`${text}\``;
}

/** YAML on one line. */
function flow(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim();
}

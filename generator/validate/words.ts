// From one ajv error to one problem: its kind, the path to point at, and plain words with a hint.
// An error that is not known here still gets words: ajv's own.

import type { ErrorObject } from 'ajv';
import { suggest } from '../suggest.js';
import type { ProblemKind, SchemaProblem } from '../validate.js';
import { got, listOf, mustBe, mustBeType, showChoice } from './expect.js';

type Schema = Readonly<Record<string, unknown>>;
type Words = Pick<SchemaProblem, 'kind' | 'message'> & Partial<SchemaProblem>;

export function toProblem(error: ErrorObject): SchemaProblem {
  const schema = (typeof error.parentSchema === 'object' ? error.parentSchema : {}) as Schema;
  const place = { path: pathOf(error.instancePath), at: 'value' as const, schema, data: error.data };
  if (error.propertyName !== undefined) return { ...place, ...nameWords(error, error.propertyName, place.path) };
  const write = WORDS[error.keyword] ?? otherWords;
  return { ...place, ...write(error, schema, place.path) };
}

function pathOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

type Write = (error: ErrorObject, schema: Schema, path: readonly string[]) => Words;

const WORDS: Readonly<Record<string, Write>> = {
  additionalProperties: (error, _, path) => unknownKey(String(error.params.additionalProperty), error, path),
  unevaluatedProperties: (error, _, path) => unknownKey(String(error.params.unevaluatedProperty), error, path),
  required: ({ params }) => missingKey({ keys: params.anyOf ?? [String(params.missingProperty)] }),
  dependencies: ({ params }) => missingKey({ keys: [String(params.missingProperty)], cause: String(params.property) }),
  type: typeWords,
  enum: choiceWords,
  const: choiceWords,
  pattern: (error, schema) => {
    const asked =
      typeof schema.patternErrorMessage === 'string'
        ? mustBe(schema)
        : `must fit the pattern ${String(schema.pattern)}`;
    return { kind: 'form', message: `${asked}, got ${got(error.data)}` };
  },
  format: (error, schema) => ({
    kind: 'form',
    message: `must be of the format ${String(schema.format)}, got ${got(error.data)}`,
  }),
  minimum: (error, schema) => range(`must be at least ${String(schema.minimum)}, got ${String(error.data)}`),
  maximum: (error, schema) => range(`must be at most ${String(schema.maximum)}, got ${String(error.data)}`),
  exclusiveMinimum: (error, schema) =>
    range(`must be greater than ${String(schema.exclusiveMinimum)}, got ${String(error.data)}`),
  exclusiveMaximum: (error, schema) =>
    range(`must be less than ${String(schema.exclusiveMaximum)}, got ${String(error.data)}`),
  multipleOf: (error, schema) => range(`must be a multiple of ${String(schema.multipleOf)}, got ${String(error.data)}`),
  minLength: (_, schema) =>
    range(schema.minLength === 1 ? 'must not be empty' : `must have at least ${String(schema.minLength)} characters`),
  maxLength: (error, schema) =>
    range(`must have at most ${String(schema.maxLength)} characters, has ${[...String(error.data)].length}`),
  minItems: (error, schema) =>
    range(`must have at least ${items(schema.minItems)}, has ${(error.data as unknown[]).length}`),
  maxItems: (error, schema) =>
    range(`must have at most ${items(schema.maxItems)}, has ${(error.data as unknown[]).length}`),
  minProperties: (_, schema) =>
    range(`must have at least ${String(schema.minProperties)} ${schema.minProperties === 1 ? 'entry' : 'entries'}`),
  maxProperties: (_, schema) =>
    range(`must have at most ${String(schema.maxProperties)} ${schema.maxProperties === 1 ? 'entry' : 'entries'}`),
  uniqueItems: (error, _, path) => ({
    ...range('stands in the list twice'),
    path: [...path, String(Math.max(Number(error.params.i), Number(error.params.j)))],
  }),
  anyOf: alternativeWords,
  oneOf: alternativeWords,
  'false schema': () => ({ kind: 'other', message: 'is not allowed here', at: 'key' }),
  not: (error) => ({ kind: 'other', message: `is not allowed here, got ${got(error.data)}` }),
};

function items(count: unknown): string {
  return `${String(count)} ${count === 1 ? 'item' : 'items'}`;
}

function range(message: string): Words {
  return { kind: 'range', message };
}

function unknownKey(key: string, { parentSchema, data }: ErrorObject, path: readonly string[]): Words {
  const known = Object.keys((parentSchema?.properties as object | undefined) ?? {});
  const isTaken = (name: string): boolean => Object.hasOwn(data as object, name);
  const free = suggest(
    key,
    known.filter((name) => !isTaken(name)),
  );
  const near = free ?? suggest(key, known);
  const list = known.length > 0 && known.length <= 14 ? `the keys here are ${listOf(known, 'and')}` : undefined;
  const meant = `did you mean "${near}"?${free === undefined ? ' It is there already' : ''}`;
  return {
    kind: 'unknownKey',
    path: [...path, key],
    at: 'key',
    message: `unknown key "${key}"`,
    hint: near === undefined ? list : meant,
  };
}

/** Any one of the keys would do. */
function missingKey({ keys, cause }: { keys: readonly string[]; cause?: string }): Words {
  const why = cause === undefined ? '' : `, which "${cause}" needs`;
  return { kind: 'missingKey', at: 'key', message: `lacks the key "${keys.join('" or "')}"${why}`, data: keys };
}

function typeWords(error: ErrorObject, schema: Schema): Words {
  return {
    kind: 'type',
    message: `${mustBeType(schema)}, got ${got(error.data)}`,
    hint: typeHint(error.data, [schema.type].flat()),
  };
}

function typeHint(value: unknown, types: readonly unknown[]): string | undefined {
  const isPlain = typeof value === 'number' || typeof value === 'boolean';
  if (types.includes('string') && isPlain) return `quote it: "${String(value)}"`;
  if (value === null && types.includes('object')) return 'write {}, or remove the key';
  if (typeof value !== 'string') return undefined;
  const isNumber = value.trim() !== '' && Number.isFinite(Number(value));
  if ((types.includes('integer') || types.includes('number')) && isNumber)
    return `write ${Number(value)} without quotes`;
  if (types.includes('boolean') && /^(?:yes|on|true)$/i.test(value)) return 'write true';
  if (types.includes('boolean') && /^(?:no|off|false)$/i.test(value)) return 'write false';
  return types.includes('array') ? `write [${showChoice(value)}]` : undefined;
}

function choiceWords(error: ErrorObject, schema: Schema): Words {
  const allowed = Array.isArray(schema.enum) ? schema.enum : [schema.const];
  const near = suggest(
    String(error.data),
    allowed.filter((choice) => typeof choice === 'string'),
  );
  const hint = near === undefined ? undefined : `did you mean "${near}"?`;
  const message = `must be ${listOf(allowed.map(showChoice), 'or')}, got ${got(error.data)}`;
  return { kind: typeof error.data === 'object' ? 'type' : 'choice', message, hint };
}

function alternativeWords(error: ErrorObject): Words {
  const expected = error.params.expected as string[] | undefined;
  if (expected === undefined) return { kind: 'other', message: 'fits more than one of the forms allowed' };
  return { kind: 'type', message: `must be ${listOf(expected, 'or')}, got ${got(error.data)}` };
}

function nameWords(error: ErrorObject, name: string, path: readonly string[]): Words {
  const schema = (error.parentSchema ?? {}) as Schema;
  const { message } = (WORDS[error.keyword] ?? otherWords)(error, schema, path);
  return { kind: 'name', path: [...path, name], at: 'key', message: message.replace(/, got .*$/s, ''), data: name };
}

const otherWords: Write = (error) => ({
  kind: 'other' as ProblemKind,
  message: error.message ?? `does not fit "${error.keyword}"`,
});

/** A key that is missing and one that is unknown beside it are one slip when they are spelled alike. */
export function foldMisspelled(problems: readonly SchemaProblem[]): SchemaProblem[] {
  const missing = problems.filter((problem) => problem.kind === 'missingKey');
  const folded = new Set<SchemaProblem>();
  const told = problems.map((problem) => {
    if (problem.kind !== 'unknownKey') return problem;
    const container = problem.path.slice(0, -1).join('\n');
    const near = missing.filter((other) => !folded.has(other) && other.path.join('\n') === container);
    const keysOf = ({ data }: SchemaProblem): string[] => data as string[];
    const meant = suggest(problem.path.at(-1) ?? '', near.flatMap(keysOf));
    const twin = near.find((other) => meant !== undefined && keysOf(other).includes(meant));
    if (twin === undefined) return problem;
    folded.add(twin);
    const need = keysOf(twin).length === 1 ? 'It is required here' : 'It, or another, is required here';
    return { ...problem, hint: `did you mean "${meant}"? ${need}` };
  });
  return told.filter((problem) => !folded.has(problem));
}

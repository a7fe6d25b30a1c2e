// Words for what a schema asks for and what a value is: "a whole number", "the string "three"".
// Values are shown short and on one line: they come from a file and go to a terminal.

import type { ErrorObject } from 'ajv';

type Schema = Readonly<Record<string, unknown>>;

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'a map',
  array: 'a list',
  null: 'empty',
};

/** `must be …` as the schema says it best: its own words, else the kinds of value it takes. */
export function mustBe(schema: Schema): string {
  if (typeof schema.patternErrorMessage === 'string') return schema.patternErrorMessage;
  if (Array.isArray(schema.enum)) return `must be ${listOf(schema.enum.map(showChoice), 'or')}`;
  if ('const' in schema) return `must be ${showChoice(schema.const)}`;
  const types = [schema.type].flat().filter((type) => typeof type === 'string');
  return types.length === 0
    ? 'must be something else'
    : `must be ${listOf(
        types.map((type) => TYPE_WORDS[type] ?? type),
        'or',
      )}`;
}

/** The same for a value of the wrong kind: words on the form of a string help only when they say what it is. */
export function mustBeType(schema: Schema): string {
  const words = schema.patternErrorMessage;
  return mustBe(typeof words === 'string' && words.startsWith('must be ') ? schema : { type: schema.type });
}

/** What an error says was asked for, to be joined by "or" with other alternatives. */
export function describeExpectation(error: ErrorObject): string {
  if (error.keyword === 'required') return `a map with the key "${String(error.params.missingProperty)}"`;
  if (error.keyword === 'anyOf' || error.keyword === 'oneOf')
    return listOf((error.params.expected as string[] | undefined) ?? ['something else'], 'or');
  const schema = typeof error.parentSchema === 'object' ? (error.parentSchema as Schema) : {};
  if (error.keyword === 'pattern' && schema.patternErrorMessage === undefined)
    return `text that fits ${String(schema.pattern)}`;
  if (error.keyword === 'format') return `text of the format ${String(schema.format)}`;
  return mustBe(schema).replace(/^must be /, '');
}

/** `"a", "b" or "c"`; long lists are cut. */
export function listOf(words: readonly string[], joint: 'and' | 'or'): string {
  const shown = words.length > 12 ? [...words.slice(0, 11), `${words.length - 11} more`] : words;
  const last = shown[shown.length - 1] ?? '';
  return shown.length < 2 ? last : `${shown.slice(0, -1).join(', ')} ${joint} ${last}`;
}

export function showChoice(value: unknown): string {
  return typeof value === 'string' && /^[\w.-]+$/.test(value) ? value : cut(JSON.stringify(value) ?? String(value));
}

/** `the number 50`, `"5x"`, `a list`, `nothing`. */
export function got(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return typeof value === 'string'
    ? cut(JSON.stringify(value))
    : `the ${typeof value === 'number' ? 'number ' : 'value '}${String(value)}`;
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…${text.slice(-1)}` : text;
}

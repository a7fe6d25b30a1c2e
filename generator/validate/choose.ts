// Of several alternatives that all failed: the one that was meant, and what is wrong with it.
// A fixed value that is there (`type: card`) decides alone. Otherwise the kind of value does, and then how little would
// have to change; a misspelt key is a small change, a key nobody knows a large one. When none is nearer than the
// others, one error names all that is allowed. Guesses only choose words: an error is told in any case.

import type { ErrorObject } from 'ajv';
import { suggest } from '../suggest.js';
import { describeExpectation } from './expect.js';

export type Schema = Record<string, unknown>;

/** An alternative that failed. */
export interface Branch {
  readonly errors: ErrorObject[];
  /** It, and what it refers to and consists of. */
  readonly schemas: readonly Schema[];
}

/** What a value as a whole can fail by. */
const ABOUT_WHOLE = ['type', 'enum', 'const', 'pattern', 'format', 'anyOf', 'oneOf', 'false schema'];

/** The errors of the alternative that was meant, or the one error that names them all. */
export function choose(error: ErrorObject, branches: readonly Branch[]): ErrorObject[] {
  const path = error.instancePath;
  const fitting = branches.filter(({ errors }) => errors.length > 0 && !errors.some((one) => isAbout(one, path)));
  const tagged = byTag(error, fitting);
  if (tagged.length === 0 && fitting.length > 0) return [wrongTag(error, fitting)];
  const costs = tagged.map(({ errors }) => costOf(errors, path));
  const nearest = tagged.filter((_, index) => costs[index] === Math.min(...costs));
  if (nearest.length > 0)
    return merge(
      error,
      nearest.map(({ errors }) => errors),
    );
  return [
    namesAll(
      error,
      branches.map(({ errors }) => errors),
    ),
  ];
}

/** The value there, as a whole, is of another kind: not merely wrong somewhere inside. */
function isAbout(error: ErrorObject, path: string): boolean {
  return error.instancePath === path && ABOUT_WHOLE.includes(error.keyword);
}

/** The alternatives that no fixed value of the data speaks against. */
function byTag({ data }: ErrorObject, branches: readonly Branch[]): readonly Branch[] {
  const key = tagOf(data, branches);
  if (key === undefined) return branches;
  const value = (data as Schema)[key];
  return branches.filter((branch) => fixedValues(branch, key)?.includes(value) ?? true);
}

/** The key of the data by which alternatives are told apart: several have values for it, and not the same. */
function tagOf(data: unknown, branches: readonly Branch[]): string | undefined {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return undefined;
  return Object.keys(data).find((key) => {
    const fixed = branches.map((branch) => fixedValues(branch, key)).filter((values) => values !== undefined);
    return fixed.length > 1 && new Set(fixed.map((values) => JSON.stringify(values))).size > 1;
  });
}

function fixedValues({ schemas }: Branch, key: string): unknown[] | undefined {
  for (const { properties } of schemas) {
    const schema = (properties as Record<string, unknown> | undefined)?.[key];
    if (typeof schema !== 'object' || schema === null) continue;
    if ('const' in schema) return [schema.const];
    if ('enum' in schema && Array.isArray(schema.enum)) return schema.enum;
  }
  return undefined;
}

/** The fixed value is none of any alternative's. */
function wrongTag(error: ErrorObject, branches: readonly Branch[]): ErrorObject {
  const key = tagOf(error.data, branches) ?? '';
  const allowed = [...new Set(branches.flatMap((branch) => fixedValues(branch, key) ?? []))];
  const instancePath = `${error.instancePath}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const parentSchema = { enum: allowed };
  return { ...error, keyword: 'enum', instancePath, parentSchema, data: (error.data as Schema)[key] };
}

/** How much would have to change: a key that is missing and one that is misspelt for it are one small change. */
function costOf(errors: readonly ErrorObject[], path: string): number {
  const isHere = (keyword: string) => (error: ErrorObject) => error.keyword === keyword && error.instancePath === path;
  const missing = new Set(errors.filter(isHere('required')).map(({ params }) => String(params.missingProperty)));
  const unknown = errors.filter(isHere('additionalProperties'));
  const slips = unknown.map((error) => {
    const meant = suggest(String(error.params.additionalProperty), freeKeys(error));
    if (meant === undefined) return COST.unknown;
    return missing.delete(meant) ? COST.slip : COST.misspelt;
  });
  const others = errors.filter((error) => !isHere('required')(error) && !isHere('additionalProperties')(error));
  return slips.reduce<number>((sum, cost) => sum + cost, missing.size * COST.missing + others.length * COST.inside);
}

const COST = { slip: 1, inside: 2, misspelt: 4, missing: 6, unknown: 8 } as const;

/** Keys of the alternative that the data does not have. */
function freeKeys({ parentSchema, data }: ErrorObject): string[] {
  const known = Object.keys((parentSchema?.properties as object | undefined) ?? {});
  return known.filter((key) => !Object.hasOwn(data as object, key));
}

/** What alternatives that are equally near have to say, as one. */
function merge(error: ErrorObject, lists: readonly ErrorObject[][]): ErrorObject[] {
  const [first = [], ...others] = lists;
  const [one] = first;
  if (others.length === 0 || one === undefined || lists.some((list) => list.length !== 1)) return first;
  const all = lists.flat();
  if (all.every((other) => other.parentSchema === one.parentSchema && other.keyword === one.keyword)) return first;
  const isSame = (other: ErrorObject) => other.keyword === 'required' && other.instancePath === one.instancePath;
  if (all.every(isSame)) return [lacksOneOf(all)];
  if (all.every((other) => isAbout(other, one.instancePath))) return [namesAll({ ...error, ...placeOf(one) }, lists)];
  return first;
}

function placeOf({ instancePath, data }: ErrorObject): Pick<ErrorObject, 'instancePath' | 'data'> {
  return { instancePath, data };
}

/** Each alternative lacks a key of its own: any of them would do. */
function lacksOneOf(errors: readonly ErrorObject[]): ErrorObject {
  const keys = [...new Set(errors.map((error) => String(error.params.missingProperty)))];
  return { ...(errors[0] as ErrorObject), params: { missingProperty: keys.join('" or "'), anyOf: keys } };
}

/** One error for a value that is of no alternative's kind; of fixed values one list, so that the nearest can be found. */
function namesAll(error: ErrorObject, lists: readonly ErrorObject[][]): ErrorObject {
  const firsts = lists.flatMap((list) => list.slice(0, 1));
  const allowed = firsts.flatMap(
    ({ parentSchema = {} }) => parentSchema.enum ?? ('const' in parentSchema ? [parentSchema.const] : []),
  );
  if (firsts.every(({ keyword }) => keyword === 'enum' || keyword === 'const'))
    return { ...error, keyword: 'enum', parentSchema: { enum: [...new Set(allowed)] } };
  return { ...error, keyword: 'anyOf', params: { expected: [...new Set(firsts.map(describeExpectation))] } };
}

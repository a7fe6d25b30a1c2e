// Alternatives (anyOf, oneOf): which one was meant, and what is wrong with it.
// ajv lists the errors of every alternative that failed; a reader wants those of one. The alternative meant is the one
// whose kind of value fits, whose fixed values (`type: card`) fit, and which has the fewest errors left.
// When none is nearer than the others, one error names all that is allowed.

import type { Ajv, ErrorObject, ValidateFunction } from 'ajv';
import { describeExpectation } from './expect.js';

type Schema = Record<string, unknown>;
export type Explain = (errors: readonly ErrorObject[]) => ErrorObject[];

const ALTERNATIVES = new Set(['anyOf', 'oneOf']);
const CONTAINERS = new Set(['anyOf', 'oneOf', 'contains', 'not']);
const REPEATS = new Set(['if', 'propertyNames']);
const MOST_DEPTH = 8;

/** Turns ajv's errors into those worth telling. `root` has an `$id` by which ajv knows it. */
export function createExplainer(ajv: Ajv, root: Schema): Explain {
  const branchErrors = createBranchValidators(ajv, root);
  const explain = (errors: readonly ErrorObject[], depth: number): ErrorObject[] =>
    withoutNoise(withNames(errors), root).flatMap((error) => {
      if (!ALTERNATIVES.has(error.keyword) || error.params.passingSchemas || depth > MOST_DEPTH) return [error];
      const branches = branchErrors(error).map((list) => explain(list, depth + 1));
      return choose(error, branches);
    });
  return (errors) => explain(errors, 0);
}

/** Validates by each alternative alone; compiled when first asked for, by where the alternative stands in the root. */
function createBranchValidators(ajv: Ajv, root: Schema): (error: ErrorObject) => ErrorObject[][] {
  const compiled = new Map<unknown, ValidateFunction>();
  let pointers: ReadonlyMap<unknown, string> | null = null;
  const validatorOf = (branch: unknown, pointer: string): ValidateFunction => {
    const validate = compiled.get(branch) ?? ajv.compile({ $ref: `${String(root.$id)}#${pointer}` });
    compiled.set(branch, validate);
    return validate;
  };
  return (error) => {
    pointers ??= pointersIn(root);
    const pointer = pointers.get(error.schema) ?? '';
    return (error.schema as unknown[]).map((branch, index) => {
      const validate = validatorOf(branch, `${pointer}/${index}`);
      validate(error.data);
      return (validate.errors ?? []).map((inner) => ({
        ...inner,
        instancePath: error.instancePath + inner.instancePath,
      }));
    });
  };
}

/** Where each list stands in the schema. */
function pointersIn(root: Schema): Map<unknown, string> {
  const found = new Map<unknown, string>();
  const walk = (node: unknown, pointer: string): void => {
    if (typeof node !== 'object' || node === null) return;
    if (Array.isArray(node)) found.set(node, pointer);
    for (const [key, child] of Object.entries(node)) walk(child, `${pointer}/${encodeStep(key)}`);
  };
  walk(root, '');
  return found;
}

function encodeStep(key: string): string {
  return encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'));
}

/** Errors about a key are told from errors about the map by the name they carry; ajv forgets it behind a reference. */
function withNames(errors: readonly ErrorObject[]): ErrorObject[] {
  const names = errors.filter((error) => error.keyword === 'propertyNames');
  const nameOf = (error: ErrorObject): string | undefined =>
    names.find((name) => name.instancePath === error.instancePath && name.params.propertyName === error.data)?.params
      .propertyName;
  return errors.map((error) => {
    const propertyName = error.propertyName ?? (typeof error.data === 'string' ? nameOf(error) : undefined);
    return propertyName === undefined ? error : { ...error, propertyName };
  });
}

/** Drops what only repeats: errors inside alternatives, and "must match then". */
function withoutNoise(errors: readonly ErrorObject[], root: Schema): ErrorObject[] {
  const dropped = new Set<ErrorObject>();
  errors.forEach((error, index) => {
    if (REPEATS.has(error.keyword)) dropped.add(error);
    if (!CONTAINERS.has(error.keyword)) return;
    const inside = reachable(error.schema, root);
    for (const earlier of errors.slice(0, index)) if (isChild(earlier, error, inside)) dropped.add(earlier);
  });
  return errors.filter((error) => !dropped.has(error));
}

function isChild(earlier: ErrorObject, error: ErrorObject, inside: ReadonlySet<unknown>): boolean {
  const path = earlier.instancePath;
  return inside.has(earlier.parentSchema) && (path === error.instancePath || path.startsWith(`${error.instancePath}/`));
}

/** All schemas within these, references followed. */
function reachable(start: unknown, root: Schema): Set<unknown> {
  const found = new Set<unknown>();
  const open = [start];
  while (open.length > 0) {
    const node = open.pop();
    if (typeof node !== 'object' || node === null || found.has(node)) continue;
    found.add(node);
    open.push(...Object.values(node));
    const ref = (node as Schema).$ref;
    if (typeof ref === 'string') open.push(resolveLocal(ref, root));
  }
  return found;
}

function resolveLocal(ref: string, root: Schema): unknown {
  const own = ref.startsWith(`${String(root.$id)}#`) ? ref.slice(String(root.$id).length) : ref;
  if (!own.startsWith('#/')) return own === '#' ? root : undefined;
  const steps = own
    .slice(2)
    .split('/')
    .map((step) => safeDecode(step).replaceAll('~1', '/').replaceAll('~0', '~'));
  return steps.reduce<unknown>((node, step) => (node as Schema | undefined)?.[step], root);
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The errors of the alternative that was meant, or the one error that names them all. */
function choose(error: ErrorObject, branches: readonly ErrorObject[][]): ErrorObject[] {
  const depth = error.instancePath;
  const fitting = branches.filter((list) => list.length > 0 && !list.some((inner) => isAboutWhole(inner, depth)));
  const best = [...fitting].sort((a, b) => misfit(a, depth) - misfit(b, depth))[0];
  if (best !== undefined && (fitting.length === 1 || misfit(best, depth) < misfit(worstOf(fitting, depth), depth)))
    return best;
  if (best !== undefined && !best.every((inner) => inner.keyword === 'required')) return best;
  if (best !== undefined) return [lacksOneOf(fitting.flat())];
  const expected = branches.flatMap((list) => list.slice(0, 1).map(describeExpectation));
  return [{ ...error, params: { expected: [...new Set(expected)] } }];
}

function worstOf(branches: readonly ErrorObject[][], depth: string): ErrorObject[] {
  return [...branches].sort((a, b) => misfit(b, depth) - misfit(a, depth))[0] ?? [];
}

/** The value as a whole is of another kind, not merely wrong somewhere inside. */
function isAboutWhole(error: ErrorObject, path: string): boolean {
  return (
    error.instancePath === path &&
    ['type', 'enum', 'const', 'pattern', 'anyOf', 'oneOf', 'false schema'].includes(error.keyword)
  );
}

/** Each alternative lacks a key of its own: any of them would do. */
function lacksOneOf(errors: readonly ErrorObject[]): ErrorObject {
  const keys = [...new Set(errors.map((error) => String(error.params.missingProperty)))];
  return { ...(errors[0] as ErrorObject), params: { missingProperty: keys.join('" or "') } };
}

/** Fixed values just inside weigh most: they say which alternative it is. Keys of its own say so too. */
function misfit(errors: readonly ErrorObject[], path: string): number {
  const tags = errors.filter((error) => isTag(error, path)).length;
  const keys = errors.filter((error) => isAboutKeys(error, path)).length;
  return tags * 1_000 + keys * 3 + errors.length;
}

function isAboutKeys(error: ErrorObject, path: string): boolean {
  return error.instancePath === path && (error.keyword === 'required' || error.keyword === 'additionalProperties');
}

function isTag(error: ErrorObject, path: string): boolean {
  const inner = error.instancePath.slice(path.length + 1);
  return (error.keyword === 'const' || error.keyword === 'enum') && !inner.includes('/');
}

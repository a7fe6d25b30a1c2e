// Alternatives (anyOf, oneOf): the errors of each alone, so that those of the one that was meant can be told.
// ajv lists the errors of every alternative that failed, and says twice what an `if` or a name's schema says; a reader
// wants neither. Which alternative was meant is decided in choose.ts.

import type { Ajv, ErrorObject, ValidateFunction } from 'ajv';
import { choose, type Schema } from './choose.js';

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
      const schemas = error.schema as unknown[];
      const branches = branchErrors(error).map((list, index) => ({
        errors: explain(list, depth + 1),
        schemas: partsOf(schemas[index], root),
      }));
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

/** A schema and what it stands for or is made of, references and `allOf` followed. */
function partsOf(schema: unknown, root: Schema): Schema[] {
  const found = new Set<Schema>();
  const add = (node: unknown): void => {
    if (typeof node !== 'object' || node === null || found.has(node as Schema)) return;
    const { $ref, allOf } = node as Schema;
    found.add(node as Schema);
    if (typeof $ref === 'string') add(resolveLocal($ref, root));
    if (Array.isArray(allOf)) allOf.forEach(add);
  };
  add(schema);
  return [...found];
}

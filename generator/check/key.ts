// The key of an afterward method: a path into its parameters, `order.id`. Every call must have a string or an integer there,
// or records that should be one would be several; and it is stored as it is, so that it must not be a secret.
// Followed through references and the parts of allOf; what only a branch of anyOf or oneOf has is not always there.
import type { Method, TypeSchema } from '../config.gen.js';
import type { Path } from '../parse.js';
import { resolve } from '../secrets.js';
import { suggest } from '../suggest.js';
import type { CheckContext } from './context.js';

interface Fault {
  /** Which step of the path is at fault. */
  readonly step: number;
  readonly message: string;
  readonly hint?: string | undefined;
}

export function checkKey(
  { config, yaml, report }: CheckContext,
  { method, path, key }: { method: Method; path: Path; key: string },
): void {
  const steps = key.split('.');
  const fault = faultOf(steps, method, (config.types ?? {}) as Types);
  if (fault === null) return;
  const { step, message, hint } = fault;
  const offset = steps.slice(0, step).reduce((sum, { length }) => sum + length + 1, 0);
  const span = yaml.locateWithin([...path, 'retry', 'key'], offset, steps[step]?.length ?? 1);
  report.add({ code: 'DJ1082', span, message: `key "${key}": ${message}`, hint });
}

type Types = Readonly<Record<string, TypeSchema>>;

function faultOf(steps: readonly string[], { params = {} }: Method, types: Types): Fault | null {
  const [first = ''] = steps;
  const param = Object.hasOwn(params, first) ? params[first] : undefined;
  if (param === undefined) {
    const near = suggest(first, Object.keys(params));
    return { step: 0, message: `there is no parameter "${first}"`, hint: near && `did you mean "${near}"?` };
  }
  if (param.optional === true) return { step: 0, message: `the parameter "${first}" may be left out` };
  return faultBelow([param], { steps, step: 0, types });
}

interface Walk {
  readonly steps: readonly string[];
  readonly step: number;
  readonly types: Types;
}

/** `schemas` all apply to what the path has come to. */
function faultBelow(schemas: readonly TypeSchema[], { steps, step, types }: Walk): Fault | null {
  const parts = partsOf(schemas, types);
  if (parts === null) return null;
  const name = steps.slice(0, step + 1).join('.');
  if (parts.some(({ secret }) => secret === true))
    return { step, message: `${name} is a secret, and a key is stored as it is` };
  const next = steps[step + 1];
  return next === undefined ? faultAtEnd(parts, step, name) : faultOfProperty(parts, next, { steps, step, types });
}

function faultOfProperty(parts: readonly TypeSchema[], next: string, { steps, step, types }: Walk): Fault | null {
  const owner = steps.slice(0, step + 1).join('.');
  const found = parts.flatMap(({ properties = {} }) => (Object.hasOwn(properties, next) ? [properties[next]] : []));
  if (found.length === 0) {
    const near = suggest(
      next,
      parts.flatMap(({ properties = {} }) => Object.keys(properties)),
    );
    return { step: step + 1, message: `${owner} has no property "${next}"`, hint: near && `did you mean "${near}"?` };
  }
  const isObject = parts.some(({ type }) => type === 'object');
  if (!isObject || !parts.some(({ required = [] }) => required.includes(next))) {
    const hint = isObject ? `add ${next} to its required` : `say type: object`;
    return { step: step + 1, message: `"${next}" of ${owner} is not always there`, hint };
  }
  const schemas = found.filter((schema): schema is TypeSchema => typeof schema === 'object');
  return faultBelow(schemas, { steps, step: step + 1, types });
}

function faultAtEnd(parts: readonly TypeSchema[], step: number, name: string): Fault | null {
  if (parts.some(isKey)) return null;
  const isNumber = parts.some(({ type }) => type === 'number');
  return { step, message: `${name} is not a string or an integer`, hint: isNumber ? 'say type: integer' : undefined };
}

function isKey(schema: TypeSchema): boolean {
  if (schema.type !== undefined) return schema.type === 'string' || schema.type === 'integer';
  const values = 'const' in schema ? [schema.const] : (schema.enum ?? [null]);
  return values.every((value) => typeof value === 'string') || values.every(Number.isInteger);
}

/** Everything that applies to the very same value; null when a reference leads nowhere, which is told elsewhere. */
function partsOf(schemas: readonly TypeSchema[], types: Types): TypeSchema[] | null {
  const parts: TypeSchema[] = [];
  const open: unknown[] = [...schemas];
  for (const schema of open) {
    if (typeof schema !== 'object' || schema === null) return null;
    const { $ref, allOf = [] } = schema as TypeSchema;
    if (parts.includes(schema as TypeSchema)) continue;
    parts.push(schema as TypeSchema);
    open.push(
      ...allOf.filter((part) => typeof part === 'object'),
      ...($ref === undefined ? [] : [resolve($ref, types)]),
    );
  }
  return parts;
}

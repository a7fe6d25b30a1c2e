// The TypeScript of a parameter's or result's schema: the name of its type, or, without parts, the type itself.
// What must hold: every value the validator lets pass fits the type.
import type { ModelParam, Schema } from '../model.js';
import { quote } from './print.js';

const SCALARS: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  null: 'null',
};

export function typeText(schema: Schema): string {
  if (typeof schema === 'boolean') return schema ? 'unknown' : 'never';
  const name = typeName(schema);
  if (name !== null) return name;
  if ('const' in schema) return scalar(schema.const);
  if (Array.isArray(schema.enum)) return union(schema.enum.map(scalar));
  return schema.type === undefined ? 'unknown' : union([schema.type].flat().map((type) => SCALARS[String(type)]!));
}

/** The payload type a schema refers to; null if it says all there is itself. */
export function typeName(schema: Schema): string | null {
  if (typeof schema === 'boolean' || typeof schema.$ref !== 'string') return null;
  return /^#\/types\/([A-Za-z0-9]+)$/.exec(schema.$ref)?.[1] ?? null;
}

function scalar(value: unknown): string {
  return typeof value === 'string' ? quote(value) : String(value);
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(' | ');
}

/** `order: Order, copy?: boolean | undefined`, as parameters and as a labelled tuple have it. */
export function parameterList(params: readonly ModelParam[]): string {
  return params
    .map(
      ({ name, schema, optional }) =>
        `${name}${optional ? '?' : ''}: ${typeText(schema)}${optional ? ' | undefined' : ''}`,
    )
    .join(', ');
}

// What a column of a claim holds, read off its schema: how its values travel, and whether it may be NULL.
// Pure; used by the checks and by the model. A schema that says too little, or several things, is anything that JSON can say.
import type { Schema } from './model.js';

export type ColumnKind = 'integer' | 'number' | 'string' | 'boolean' | 'date-time' | 'json';

export interface ColumnSort {
  readonly kind: ColumnKind;
  readonly nullable: boolean;
}

/** What `#/types/X` names. */
type Types = (name: string) => Schema | undefined;

const SCALARS: readonly string[] = ['integer', 'number', 'string', 'boolean'];

export function columnSort(schema: Schema, types: Types): ColumnSort {
  const resolved = resolve(schema, types);
  if (typeof resolved === 'boolean') return { kind: 'json', nullable: true };
  const kinds = typesOf(resolved);
  const others = kinds.filter((kind) => kind !== 'null');
  const nullable = kinds.includes('null') || kinds.length === 0;
  const [only] = others;
  if (others.length !== 1 || only === undefined || !SCALARS.includes(only)) return { kind: 'json', nullable };
  const isTime = only === 'string' && resolved.format === 'date-time';
  return { kind: isTime ? 'date-time' : (only as ColumnKind), nullable };
}

function resolve(schema: Schema, types: Types): Schema {
  let at = schema;
  for (let hops = 0; hops < 100 && typeof at === 'object' && typeof at.$ref === 'string'; hops++) {
    const name = /^#\/types\/([A-Za-z0-9]+)$/.exec(at.$ref)?.[1];
    at = (name === undefined ? undefined : types(name)) ?? true;
  }
  return at;
}

/** Declared kinds, or those of the values it lists. */
function typesOf(schema: Exclude<Schema, boolean>): readonly string[] {
  const { type } = schema;
  if (typeof type === 'string') return [type];
  if (Array.isArray(type)) return type as string[];
  const values = Array.isArray(schema.enum) ? schema.enum : 'const' in schema ? [schema.const] : [];
  return [...new Set(values.map(typeOf))];
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value === 'string' || typeof value === 'boolean' ? typeof value : 'object';
}

/** Can a constant of jobs.yaml stand in such a column? A time cannot: it would be the same for ever. */
export function constantFits(value: unknown, { kind, nullable }: ColumnSort): boolean {
  if (value === null) return nullable;
  switch (kind) {
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return typeof value === 'number';
    case 'string':
    case 'boolean':
      return typeof value === kind;
    default:
      return false;
  }
}

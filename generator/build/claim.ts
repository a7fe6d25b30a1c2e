// A claim of jobs.yaml as the registry has it: lists where YAML takes one name or several, durations in milliseconds, and the
// type of its rows under a name of its own. The conditions are sorted by column: their order means nothing.
import { byCodeUnit, canonical } from '../canonical.js';
import { columnSort } from '../column-kind.js';
import type { Claim, Condition } from '../config.gen.js';
import { capitalised, type ModelClaim, type ModelCondition, type ModelType, type Schema } from '../model.js';
import { durationMs } from './retry.js';
import { freeName } from './types.js';

const DEFAULT_BATCH = 100;

/** Adds the type of the rows to `types`. */
export function buildClaim(job: string, claim: Claim, types: Map<string, Schema>): ModelClaim {
  const rowType = freeName(`${capitalised(job)}Row`, types);
  const columns = Object.entries(claim.columns as Record<string, Schema>).sort(([a], [b]) => byCodeUnit(a, b));
  const sorts = columns.map(([name, schema]) => [name, columnSort(schema, (type) => types.get(type))] as const);
  types.set(rowType, rowSchema(columns, new Map(sorts)));
  const key = list(claim.key);
  return {
    rowType,
    schemas: columns.map(([name, schema]): ModelType => ({ name, schema: canonical(schema) })),
    nullable: sorts.filter(([, { nullable }]) => nullable).map(([name]) => name),
    definition: {
      table: claim.table,
      key,
      where: Object.entries(claim.where)
        .sort(([a], [b]) => byCodeUnit(a, b))
        .map(([column, condition]) => buildCondition(column, condition)),
      orderBy: claim.orderBy === undefined ? key : list(claim.orderBy),
      batch: claim.batch ?? DEFAULT_BATCH,
      concurrency: claim.concurrency ?? 1,
      columns: Object.fromEntries(sorts.map(([name, { kind }]) => [name, kind])),
      done: canonical(claim.done),
      failed: claim.failed === undefined ? null : canonical(claim.failed),
      maxAttempts: claim.maxAttempts ?? null,
      attemptsColumn: claim.attemptsColumn ?? null,
      timezone: claim.timezone ?? 'UTC',
    },
  };
}

function list(names: string | readonly string[]): readonly string[] {
  return typeof names === 'string' ? [names] : names;
}

function buildCondition(column: string, condition: Condition): ModelCondition {
  if (condition === null) return { column, is: 'null' };
  if (typeof condition !== 'object') return { column, is: 'equal', value: condition };
  if (condition.in !== undefined) return { column, is: 'in', values: condition.in };
  return { column, is: 'before', ms: durationMs(condition.before ?? '') };
}

/** A row as the handler sees it: every column is there, a time is a Date. */
function rowSchema(
  columns: readonly (readonly [string, Schema])[],
  sorts: ReadonlyMap<string, { readonly kind: string; readonly nullable: boolean }>,
): Schema {
  const property = ([name, schema]: readonly [string, Schema]) => {
    const { kind, nullable } = sorts.get(name) ?? { kind: 'json', nullable: true };
    if (kind !== 'date-time') return [name, schema] as const;
    const description = typeof schema === 'object' ? schema.description : undefined;
    const tsType = nullable ? 'Date | null' : 'Date';
    return [name, description === undefined ? { tsType } : { tsType, description }] as const;
  };
  return {
    type: 'object',
    additionalProperties: false,
    required: columns.map(([name]) => name),
    properties: Object.fromEntries(columns.map(property)),
  };
}

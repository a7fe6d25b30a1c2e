// What the schema of jobs.yaml found, as findings with codes: durations, names and types get words of their own.

import type { GeneratorCode } from './codes.js';
import { suggestDuration } from './duration.js';
import { type NameKind, reservedBecause } from './names.js';
import type { ParsedYaml } from './parse.js';
import type { Finding } from './report.js';
import { showPlace, showSubject } from './subject.js';
import type { ProblemKind, SchemaProblem } from './validate.js';

export interface ConfigSchema {
  readonly definitions: Readonly<Record<string, object>>;
}

/** The code of each kind of problem under any schema. */
export const PROBLEM_CODES: Readonly<Record<ProblemKind, GeneratorCode>> = {
  unknownKey: 'DJ1003',
  type: 'DJ1004',
  missingKey: 'DJ1005',
  choice: 'DJ1006',
  range: 'DJ1007',
  form: 'DJ1008',
  name: 'DJ1010',
  other: 'DJ1004',
};

export function toFinding(problem: SchemaProblem, yaml: ParsedYaml, schema: ConfigSchema): Finding {
  const span = yaml.locate(problem.path, problem.at);
  const special = specialFinding(problem, schema);
  return { code: PROBLEM_CODES[problem.kind], span, message: messageOf(problem), hint: problem.hint, ...special };
}

function messageOf({ kind, path, message }: SchemaProblem): string {
  if (kind === 'unknownKey') return `${message}${showPlace(path.slice(0, -1))}`;
  if (kind === 'name') return `the name "${path.at(-1)}"${showPlace(path.slice(0, -1))} ${message}`;
  return `${showSubject(path)} ${message}`;
}

function specialFinding(problem: SchemaProblem, schema: ConfigSchema): Partial<Finding> {
  if (problem.kind === 'unknownKey' && problem.schema === schema.definitions.typeSchema) return typeKeyword(problem);
  if (problem.path.length === 1 && problem.path[0] === 'version') return { code: 'DJ1025', hint: 'write version: 1' };
  if (problem.kind === 'name') return { hint: nameHint(problem) };
  return isDuration(problem.schema) ? duration(problem.data) : {};
}

/** `close-orders` as `closeOrders`, `order` as `Order`: by the pattern that was asked for. */
function nameHint({ schema, data, path }: SchemaProblem): string | undefined {
  const joined = String(data).replace(/[^A-Za-z0-9]+(.?)/g, (_, next: string) => next.toUpperCase());
  const wantsCapital = String(schema.pattern).startsWith('^[A-Z]');
  const first = wantsCapital ? joined.charAt(0).toUpperCase() : joined.charAt(0).toLowerCase();
  const name = first + joined.slice(1);
  const kind = NAME_KINDS[String(path.at(-2))];
  if (kind !== undefined && reservedBecause(name, kind) !== null) return undefined;
  return name !== data && new RegExp(String(schema.pattern), 'u').test(name) ? `write ${name}` : undefined;
}

/** What is named in each map of names. */
const NAME_KINDS: Readonly<Record<string, NameKind>> = {
  jobs: 'job',
  services: 'service',
  methods: 'method',
  params: 'parameter',
  types: 'type',
  errors: 'error class',
};

function isDuration(schema: SchemaProblem['schema']): boolean {
  return typeof schema.pattern === 'string' && schema.pattern.includes('(ms|s|m|h|d)');
}

function duration(value: unknown): Partial<Finding> {
  if (typeof value === 'number') return { code: 'DJ1009', hint: `write ${value}s for seconds` };
  const suggestion = typeof value === 'string' ? suggestDuration(value) : null;
  return { code: 'DJ1009', hint: suggestion === null ? undefined : `write ${suggestion}` };
}

/** Keywords that other drafts have, and what draft-07 has for them. */
const OTHER_DRAFTS: Readonly<Record<string, string>> = {
  $anchor: 'refer to "#/types/…"',
  $defs: 'define the type under types',
  $dynamicAnchor: 'refer to "#/types/…"',
  $dynamicRef: 'use $ref',
  $id: 'refer to "#/types/…"',
  $recursiveRef: 'use $ref',
  $schema: 'remove it: types are draft-07',
  $vocabulary: 'remove it',
  definitions: 'define the type under types',
  dependentRequired: 'use dependencies',
  dependentSchemas: 'use dependencies',
  deprecated: 'say it in description',
  divisibleBy: 'use multipleOf',
  id: 'refer to "#/types/…"',
  maxContains: 'remove it',
  minContains: 'use contains',
  nullable: 'use a list: type: [string, "null"]',
  prefixItems: 'use a list under items',
  unevaluatedItems: 'use additionalItems',
  unevaluatedProperties: 'use additionalProperties',
};

function typeKeyword(problem: SchemaProblem): Partial<Finding> {
  const key = problem.path.at(-1) ?? '';
  const instead = Object.hasOwn(OTHER_DRAFTS, key) ? OTHER_DRAFTS[key] : undefined;
  if (instead === undefined) return {};
  const message = `"${key}"${showPlace(problem.path.slice(0, -1))} is not for types: they are JSON Schema draft-07, all in one file`;
  return { code: 'DJ1040', message, hint: instead };
}

// Types: every schema in the file is one that validators and generated types can be made of.
// The schema of jobs.yaml has already seen to keywords and their kinds of value; here is what it cannot see: references,
// regular expressions, formats, bounds, and keywords that are right in themselves and mean nothing where they stand.

import type { JobsConfig, TypeSchema } from '../config.gen.js';
import type { Path } from '../parse.js';
import { showSubject } from '../subject.js';
import { suggest } from '../suggest.js';
import { type CheckContext, jobsOf, methodsOf } from './context.js';
import { FORMATS } from './formats.js';
import { checkReference } from './references.js';

interface Root {
  readonly schema: TypeSchema | undefined;
  readonly path: Path;
  readonly isParameter?: boolean;
  /** Its values are never stored encrypted. */
  readonly isPlain?: boolean;
}

export function checkTypes(context: CheckContext): void {
  for (const { schema, path, isParameter = false, isPlain = false } of rootsOf(context.config)) {
    if (schema !== undefined) checkSchema(context, schema, { path, isParameter, isPlain, isPart: false });
  }
}

/** Every place of the file that holds a type. */
function rootsOf(config: JobsConfig): Root[] {
  const each = (path: Path, map: Record<string, TypeSchema> | undefined, more: Partial<Root> = {}): Root[] =>
    Object.entries(map ?? {}).map(([name, schema]) => ({ schema, path: [...path, name], ...more }));
  return [
    ...each(['types'], config.types),
    ...jobsOf(config).flatMap(({ job, path }) => [
      { schema: job.input, path: [...path, 'input'], isPlain: true },
      ...each([...path, 'claim', 'columns'], job.claim?.columns, { isPlain: true }),
    ]),
    ...methodsOf(config).flatMap(({ method, path }) => [
      ...each([...path, 'params'], method.params, { isParameter: true }),
      { schema: method.result, path: [...path, 'result'], isPlain: true },
    ]),
  ];
}

interface Where {
  readonly path: Path;
  readonly isParameter: boolean;
  readonly isPlain: boolean;
  /** Inside allOf and the like, where properties may be declared by another part. */
  readonly isPart: boolean;
}

function checkSchema(context: CheckContext, schema: TypeSchema, where: Where): void {
  checkReference(context, schema, where.path);
  checkOptional(context, schema, where);
  checkSecret(context, schema, where);
  checkPatterns(context, schema, where.path);
  checkFormat(context, schema, where.path);
  checkBounds(context, schema, where.path);
  if (!where.isPart) checkRequired(context, schema, where.path);
  for (const child of childrenOf(schema)) {
    const isPart = where.isPart || PARTS.has(String(child.path[0]));
    const isPlain = where.isPlain || child.path[0] === 'propertyNames';
    checkSchema(context, child.schema, { path: [...where.path, ...child.path], isParameter: false, isPlain, isPart });
  }
}

const PARTS = new Set(['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else', 'dependencies']);
const WITH_SCHEMA = [
  'additionalProperties',
  'propertyNames',
  'additionalItems',
  'contains',
  'not',
  'if',
  'then',
  'else',
  'items',
] as const;
const WITH_MAP = ['properties', 'patternProperties', 'dependencies'] as const;
const WITH_LIST = ['allOf', 'anyOf', 'oneOf', 'items'] as const;

function childrenOf(schema: TypeSchema): { schema: TypeSchema; path: Path }[] {
  const single = WITH_SCHEMA.map((key) => ({ schema: schema[key], path: [key] as Path }));
  const maps = WITH_MAP.flatMap((key) =>
    Object.entries(schema[key] ?? {}).map(([name, child]) => ({ schema: child, path: [key, name] })),
  );
  const lists = WITH_LIST.flatMap((key) => {
    const list: unknown = schema[key];
    return Array.isArray(list) ? list.map((child, index) => ({ schema: child, path: [key, index] })) : [];
  });
  return [...single, ...maps, ...lists].filter((child): child is { schema: TypeSchema; path: Path } =>
    isSchema(child.schema),
  );
}

function isSchema(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkOptional({ yaml, report }: CheckContext, schema: TypeSchema, { path, isParameter }: Where): void {
  if (schema.optional === undefined || isParameter) return;
  const message = `optional in ${showSubject(path)} has no meaning: only parameters of a method have it`;
  const hint = 'leave the property out of "required" instead';
  report.add({ code: 'DJ1047', span: yaml.locate([...path, 'optional'], 'key'), message, hint });
}

/** Somebody who marks a value wants it kept from view; where nothing does that, it must be said. */
function checkSecret({ yaml, report }: CheckContext, schema: TypeSchema, { path, isPlain }: Where): void {
  if (schema.secret === undefined || !isPlain) return;
  const message = `secret in ${showSubject(path)} has no effect: only arguments of methods are stored encrypted`;
  report.add({ code: 'DJ1047', span: yaml.locate([...path, 'secret'], 'key'), message, hint: 'remove it' });
}

function checkPatterns({ yaml, report }: CheckContext, schema: TypeSchema, path: Path): void {
  const fault = regexFault(schema.pattern ?? '');
  if (fault !== null) {
    const message = `${showSubject([...path, 'pattern'])} is no regular expression: ${fault}`;
    report.add({ code: 'DJ1042', span: yaml.locate([...path, 'pattern'], 'value'), message });
  }
  for (const key of Object.keys(schema.patternProperties ?? {})) {
    const keyFault = regexFault(key);
    const at = [...path, 'patternProperties', key];
    const message = `"${key}" in ${showSubject(at.slice(0, -1))} is no regular expression: ${keyFault}`;
    if (keyFault !== null) report.add({ code: 'DJ1042', span: yaml.locate(at, 'key'), message });
  }
}

function regexFault(text: string): string | null {
  if (text === '') return null;
  try {
    new RegExp(text, 'u');
    return null;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return message.slice(message.lastIndexOf(': ') + 2).toLowerCase();
  }
}

function checkFormat({ yaml, report }: CheckContext, { format }: TypeSchema, path: Path): void {
  if (format === undefined || FORMATS.includes(format)) return;
  const near = suggest(format, FORMATS);
  const hint = near === undefined ? 'use pattern instead' : `did you mean "${near}"?`;
  const message = `unknown format "${format}" in ${showSubject(path)}`;
  report.add({ code: 'DJ1043', span: yaml.locate([...path, 'format'], 'value'), message, hint });
}

const BOUNDS = [
  ['minLength', 'maxLength'],
  ['minItems', 'maxItems'],
  ['minProperties', 'maxProperties'],
  ['minimum', 'maximum'],
  ['exclusiveMinimum', 'exclusiveMaximum'],
] as const;

function checkBounds({ yaml, report }: CheckContext, schema: TypeSchema, path: Path): void {
  for (const [least, most] of BOUNDS) {
    const low = schema[least];
    const high = schema[most];
    if (low === undefined || high === undefined || low <= high) continue;
    const message = `${showSubject([...path, least])} is ${low}, which is more than ${most}, ${high}`;
    report.add({ code: 'DJ1046', span: yaml.locate([...path, least], 'value'), message });
  }
}

/** Objects have no properties but those declared, unless they say so; a required one that is not declared fits nothing. */
function checkRequired({ yaml, report }: CheckContext, schema: TypeSchema, path: Path): void {
  const isOpen = schema.patternProperties !== undefined || (schema.additionalProperties ?? false) !== false;
  const isComposed = schema.allOf !== undefined || schema.anyOf !== undefined || schema.oneOf !== undefined;
  if (isOpen || isComposed || schema.$ref !== undefined) return;
  const declared = Object.keys(schema.properties ?? {});
  schema.required?.forEach((name, index) => {
    if (declared.includes(name)) return;
    const near = suggest(name, declared);
    const hint = near === undefined ? 'declare it under properties' : `did you mean "${near}"?`;
    const message = `${showSubject(path)} requires "${name}", which its properties do not declare`;
    report.add({ code: 'DJ1045', span: yaml.locate([...path, 'required', index], 'value'), message, hint });
  });
}

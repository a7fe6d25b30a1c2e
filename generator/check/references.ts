// References between types: they stay in this file, lead somewhere, do not lead back to themselves,
// and stand alone: what stands beside a $ref is ignored by draft-07, so it may not look as if it counted.

import type { TypeSchema } from '../config.gen.js';
import type { Path } from '../parse.js';
import { showSubject } from '../subject.js';
import { suggest } from '../suggest.js';
import type { CheckContext } from './context.js';

/** Keywords that say something of a value without judging it. */
const BESIDE = new Set([
  '$ref',
  '$comment',
  'title',
  'description',
  'default',
  'examples',
  'readOnly',
  'writeOnly',
  'optional',
  'secret',
]);

export function checkReference(context: CheckContext, schema: TypeSchema, path: Path): void {
  const ref = schema.$ref;
  if (ref === undefined) return;
  checkBeside(context, schema, path);
  if (!ref.startsWith('#')) refuseElsewhere(context, ref, path);
  else if (resolve(context.config, ref) === undefined) refuseUnknown(context, ref, path);
  else if (leadsBack(context.config, ref)) refuseCycle(context, ref, path);
}

function checkBeside({ yaml, report }: CheckContext, schema: TypeSchema, path: Path): void {
  for (const key of Object.keys(schema).filter((name) => !BESIDE.has(name))) {
    const message = `${key} in ${showSubject(path)} has no effect beside $ref`;
    const hint = 'put both into a list under allOf';
    report.add({ code: 'DJ1047', span: yaml.locate([...path, key], 'key'), message, hint });
  }
}

function refuseElsewhere({ config, yaml, report }: CheckContext, ref: string, path: Path): void {
  const isName = Object.hasOwn(config.types ?? {}, ref);
  const hint = isName ? `write "#/types/${ref}"` : 'define the type under types and refer to "#/types/…"';
  const message = `$ref in ${showSubject(path)} leads out of this file: "${ref}"`;
  report.add({ code: 'DJ1041', span: yaml.locate([...path, '$ref'], 'value'), message, hint });
}

function refuseUnknown({ config, yaml, report }: CheckContext, ref: string, path: Path): void {
  const near = suggest(ref.slice(ref.lastIndexOf('/') + 1), Object.keys(config.types ?? {}));
  const hint = near === undefined ? 'define it under types' : `did you mean "#/types/${near}"?`;
  const message = `$ref in ${showSubject(path)} names no type of this file: "${ref}"`;
  report.add({ code: 'DJ1033', span: yaml.locate([...path, '$ref'], 'value'), message, hint });
}

function refuseCycle({ yaml, report }: CheckContext, ref: string, path: Path): void {
  const message = `${showSubject(path)} is a reference that leads back to itself: "${ref}"`;
  report.add({ code: 'DJ1044', span: yaml.locate([...path, '$ref'], 'value'), message });
}

/** What `#/types/Order` or a path below it names; undefined when there is nothing. */
function resolve(config: object, ref: string): unknown {
  if (!ref.startsWith('#/types/')) return undefined;
  const steps = ref
    .slice(2)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return steps.reduce<unknown>(
    (node, step) => (isMap(node) && Object.hasOwn(node, step) ? node[step] : undefined),
    config,
  );
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Follows what applies to the very same value: a reference that comes back that way could be followed for ever. */
function leadsBack(config: object, ref: string): boolean {
  const done = new Set<string>();
  const follow = (at: string, above: ReadonlySet<string>): boolean => {
    if (above.has(at)) return true;
    if (done.has(at)) return false;
    done.add(at);
    const open = new Set([...above, at]);
    return sameValueRefs(resolve(config, at)).some((next) => follow(next, open));
  };
  return follow(ref, new Set());
}

/** The references in a schema that apply to the value it applies to itself. */
function sameValueRefs(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(sameValueRefs);
  if (!isMap(schema)) return [];
  if (typeof schema.$ref === 'string') return [schema.$ref];
  return SAME_VALUE.flatMap((keyword) => sameValueRefs(schema[keyword]));
}

const SAME_VALUE = ['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else'];

// Methods of services beyond their form: optional parameters stand last, a key leads to something every call has, and a
// mode has only the policies that mean something to it. Types and names of parameters are looked at with all others.
import type { Method, MethodRetry } from '../config.gen.js';
import type { Path } from '../parse.js';
import { secretsOf } from '../secrets.js';
import { showSubject } from '../subject.js';
import { type CheckContext, methodsOf } from './context.js';
import { checkKey } from './key.js';

export function checkServices(context: CheckContext): void {
  checkSecrets(context);
  for (const { method, path } of methodsOf(context.config)) {
    checkOptionalLast(context, method, path);
    if (method.retry === undefined) continue;
    checkMode(context, method.retry, [...path, 'retry']);
    const { mode, key } = method.retry;
    if (mode === 'afterward' && key !== undefined) checkKey(context, { method, path, key });
  }
}

/** Of two parameters the second can only be left out with those after it. */
function checkOptionalLast({ yaml, report }: CheckContext, { params = {} }: Method, path: Path): void {
  const entries = Object.entries(params);
  const lastRequired = entries.findLastIndex(([, { optional }]) => optional !== true);
  for (const [name, { optional }] of entries.slice(0, Math.max(0, lastRequired))) {
    if (optional !== true) continue;
    const message = `parameter "${name}" is optional, but "${entries[lastRequired]?.[0]}" after it is not`;
    const span = yaml.locate([...path, 'params', name, 'optional'], 'key');
    report.add({ code: 'DJ1080', span, message, hint: 'move the optional ones to the end' });
  }
}

/** Keys that one of the two modes has no use for. */
const OF_ONE_MODE = [
  ['key', 'afterward', 'records of a call made beforehand each stand for themselves'],
  ['onCrash', 'beforehand', 'a record made after a failure is always retried'],
] as const;

function checkMode({ yaml, report }: CheckContext, retry: MethodRetry, path: Path): void {
  for (const [key, mode, why] of OF_ONE_MODE) {
    if (retry[key] === undefined || retry.mode === mode || retry.mode === undefined) continue;
    const message = `${key} is for mode: ${mode} only: ${why}`;
    report.add({ code: 'DJ1081', span: yaml.locate([...path, key], 'key'), message, hint: 'remove it' });
  }
}

/** A record stores secrets encrypted, at places known beforehand; a type that contains itself has no end of places. */
function checkSecrets({ config, yaml, report }: CheckContext): void {
  const types = config.types ?? {};
  const params = methodsOf(config).flatMap(({ method, path }) =>
    Object.entries(method.params ?? {}).map(([name, schema]) => ({ schema, path: [...path, 'params', name] })),
  );
  const found = params.flatMap(({ schema, path }) => secretsOf(schema, path, types).recursive);
  for (const at of new Map(found.map((path) => [path.join('/'), path])).values()) {
    const message = `${showSubject(at)} is inside a type that contains itself`;
    const hint = 'mark the whole parameter as a secret, or take it out of what repeats';
    report.add({ code: 'DJ1083', span: yaml.locate(at, 'key'), message, hint });
  }
}

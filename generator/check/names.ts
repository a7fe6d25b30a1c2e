// Names: none that is reserved, and no two that differ only in case.
// Whether a name has the right form is the schema's matter, and one of the wrong form is not judged again here.

import { type NameKind, reservedBecause } from '../names.js';
import type { Path } from '../parse.js';
import { type CheckContext, methodsOf } from './context.js';

export function checkNames(context: CheckContext): void {
  const { config } = context;
  checkGroup(context, 'job', ['jobs'], config.jobs);
  checkGroup(context, 'service', ['services'], config.services);
  checkGroup(context, 'type', ['types'], config.types);
  checkGroup(context, 'error class', ['errors'], config.errors);
  for (const [name, service] of Object.entries(config.services ?? {})) {
    checkGroup(context, 'method', ['services', name, 'methods'], service.methods);
    checkCompanions(context, name);
  }
  for (const { method, path } of methodsOf(config))
    checkGroup(context, 'parameter', [...path, 'params'], method.params);
}

function checkGroup(context: CheckContext, kind: NameKind, path: Path, group: object | undefined): void {
  const byLower = new Map<string, string>();
  for (const name of Object.keys(group ?? {})) {
    const why = reservedBecause(name, kind);
    if (why !== null) refuse(context, 'DJ1011', [...path, name], `"${name}" is reserved: ${why}`);
    const other = byLower.get(name.toLowerCase());
    const message = `the names "${other}" and "${name}" differ only in case`;
    if (other !== undefined) refuse(context, 'DJ1012', [...path, name], message);
    byLower.set(name.toLowerCase(), name);
  }
}

function refuse({ yaml, report }: CheckContext, code: 'DJ1011' | 'DJ1012', path: Path, message: string): void {
  const hint = code === 'DJ1011' ? 'choose another name' : 'rename one of them';
  report.add({ code, span: yaml.locate(path, 'key'), message, hint });
}

/** `retryNotify` is what the implementation of an afterward method `notify` has beside it. */
function checkCompanions(context: CheckContext, service: string): void {
  const methods = methodsOf(context.config).filter((entry) => entry.service === service);
  const companions = new Map(
    methods.filter(({ method }) => method.retry?.mode === 'afterward').map(({ name }) => [companionOf(name), name]),
  );
  for (const { name, path } of methods) {
    const owner = companions.get(name);
    if (owner === undefined) continue;
    const message = `"${name}" is reserved: it is the companion of the afterward method "${owner}"`;
    context.report.add({
      code: 'DJ1011',
      span: context.yaml.locate(path, 'key'),
      message,
      hint: 'choose another name',
    });
  }
}

function companionOf(method: string): string {
  return `retry${method.charAt(0).toUpperCase()}${method.slice(1)}`;
}

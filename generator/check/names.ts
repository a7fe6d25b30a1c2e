// Names: none that is reserved, and no two that differ only in case.
// Whether a name has the right form is the schema's matter, and one of the wrong form is not judged again here.

import type { Method } from '../config.gen.js';
import { companionName, contractName } from '../model.js';
import { type NameKind, reservedBecause, reservedExportBecause } from '../names.js';
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
  for (const [name, { claim }] of Object.entries(config.jobs ?? {}))
    checkGroup(context, 'column', ['jobs', name, 'claim', 'columns'], claim?.columns);
  checkContracts(context);
  checkHandlerExports(context);
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

/** `retryNotify` is what the implementation of an afterward method `notify` has beside it, `upcastNotify` for older arguments. */
function checkCompanions(context: CheckContext, service: string): void {
  const methods = methodsOf(context.config).filter((entry) => entry.service === service);
  const owners = new Map(methods.flatMap(({ name, method }) => companionsOf(name, method).map((own) => [own, name])));
  for (const { name, path } of methods) {
    const owner = owners.get(name);
    if (owner !== undefined) {
      const message = `"${name}" is reserved: it is the companion of the method "${owner}"`;
      refuse(context, 'DJ1011', path, message);
    }
    if (owners.get(OF_PROXY) === name) {
      const message = `"${name}" is reserved: its companion would be ${OF_PROXY}, which the generated proxy has already`;
      refuse(context, 'DJ1011', path, message);
    }
  }
}

/** What a proxy has beside its methods that could be a companion's name. */
const OF_PROXY = 'retryEnqueue';

function companionsOf(name: string, { retry }: Method): string[] {
  return [
    ...(retry?.mode === 'afterward' ? [companionName('retry', name)] : []),
    ...(retry?.upcast === true ? [companionName('upcast', name)] : []),
  ];
}

/** The interfaces that generated code makes of services share a file with the names of types. */
function checkContracts(context: CheckContext): void {
  for (const service of Object.keys(context.config.services ?? {})) {
    for (const suffix of ['Service', 'Proxy', 'Outbox'] as const) {
      const name = contractName(service, suffix);
      const message = `"${name}" is reserved: it is an interface of service "${service}"`;
      if (Object.hasOwn(context.config.types ?? {}, name)) refuse(context, 'DJ1011', ['types', name], message);
    }
  }
}

/** `handler: path#export` of a job. */
function checkHandlerExports({ config, yaml, report }: CheckContext): void {
  for (const [job, { handler }] of Object.entries(config.jobs ?? {})) {
    const name = handler?.split('#')[1] ?? '';
    const why = reservedExportBecause(name);
    if (why === null) continue;
    const span = yaml.locate(['jobs', job, 'handler'], 'value');
    const message = `an export "${name}" cannot be loaded: ${why}`;
    report.add({ code: 'DJ1011', span, message, hint: 'export it under another name' });
  }
}

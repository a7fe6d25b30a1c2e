// The services' share of generated/contracts.ts: per service what the user implements, what callers see, and what
// can be done in a caller's transaction. Signatures are written out, so that an editor shows the user's own names and tsc's
// messages stay short. Companions are on the implementation only: nobody calls them but the runtime.
import { type PropertySignatureStructure, StructureKind } from 'ts-morph';
import { byCodeUnit } from '../canonical.js';
import {
  companionName,
  contractName,
  type Model,
  type ModelMethod,
  type ModelParam,
  type ModelService,
} from '../model.js';
import { docs, quote, type Statement } from './print.js';
import { parameterList, typeName, typeText } from './type-text.js';

type Property = Omit<PropertySignatureStructure, 'kind'>;

/** Everything of services that contracts.ts declares. */
export function serviceContracts(model: Model): Statement[] {
  return [
    ...model.services.flatMap((service) => [implementation(service), proxy(service), ...outbox(service)]),
    byService(model, 'Implementations', { what: 'What the user implements, by service.', suffix: 'Service' }),
    byService(model, 'Services', { what: 'What callers see, by service.', suffix: 'Proxy' }),
  ];
}

/** What these need of `dal-job`. */
export function runtimeTypes({ services }: Model): string[] {
  const methods = services.flatMap((service) => service.methods);
  return [
    ...(methods.some(isRecorded) ? ['OutboxOptions'] : []),
    ...(methods.some(isBeforehand) ? ['OutboxReceipt'] : []),
    ...(methods.some(isAfterward) ? ['RetryContext'] : []),
  ];
}

/** Payload types that signatures name, sorted. */
export function signatureTypes({ services }: Model): string[] {
  const schemas = services.flatMap(({ methods }) =>
    methods.flatMap(({ params, result }) => [...params.map((param) => param.schema), result ?? true]),
  );
  const names = schemas.flatMap((schema) => typeName(schema) ?? []);
  return [...new Set(names)].sort(byCodeUnit);
}

export function isRecorded({ retry }: ModelMethod): boolean {
  return retry !== null;
}

export function isBeforehand({ retry }: ModelMethod): boolean {
  return retry?.mode === 'beforehand';
}

export function isAfterward({ retry }: ModelMethod): boolean {
  return retry?.mode === 'afterward';
}

function implementation(service: ModelService): Statement {
  const properties = service.methods.flatMap((method) => [signature(method), ...companions(method)]);
  const what = `What handlers/services/${service.name}.ts implements.`;
  return declare(contractName(service.name, 'Service'), what, properties);
}

function proxy(service: ModelService): Statement {
  const afterward = service.methods.filter(isAfterward);
  const properties = [
    ...service.methods.map((method) => signature(method)),
    ...(service.methods.some(isRecorded) ? [withProperty(service)] : []),
    ...(afterward.length === 0 ? [] : [retryEnqueue(service, afterward)]),
  ];
  const what = [service.description, 'What callers see: recorded and retried as jobs.yaml says.'];
  return declare(contractName(service.name, 'Proxy'), what.filter((line) => line !== '').join('\n'), properties);
}

function outbox(service: ModelService): Statement[] {
  if (!service.methods.some(isRecorded)) return [];
  const calls = service.methods.filter(isBeforehand).map((method) => signature(method, 'OutboxReceipt'));
  const afterward = service.methods.filter(isAfterward);
  const properties = [...calls, ...(afterward.length === 0 ? [] : [retryEnqueue(service, afterward)])];
  const what = "What can be written in the caller's transaction, to run after its commit.";
  return [declare(contractName(service.name, 'Outbox'), what, properties)];
}

function declare(name: string, what: string, properties: readonly Property[]): Statement {
  return { kind: StructureKind.Interface, isExported: true, name, docs: docs(what), properties: [...properties] };
}

/** The user's exact signature; `answer` in place of the result for an outbox. */
function signature({ name, description, params, result }: ModelMethod, answer?: string): Property {
  const type = answer ?? (result === null ? 'void' : typeText(result));
  return readonly(name, `(${parameterList(params)}) => Promise<${type}>`, description);
}

function companions(method: ModelMethod): Property[] {
  const { name, params, retry } = method;
  const tuple = `[${parameterList(params)}]`;
  const upcast = readonly(
    companionName('upcast', name),
    `(args: readonly unknown[], argsHash: string) => ${tuple} | undefined`,
    `Turns arguments that an older jobs.yaml recorded into today's; undefined: these are not accepted.`,
  );
  const again = readonly(
    companionName('retry', name),
    `(context: RetryContext<${tuple}, ${byType(params)}>) => boolean | Promise<boolean>`,
    `Retries a \`${name}\` that failed: true, it is done; false or an error, try again later.`,
  );
  return [...(isAfterward(method) ? [again] : []), ...(retry?.upcast === true ? [upcast] : [])];
}

/** `{ Order: [order: Order]; string: [text: string] }` */
function byType(params: readonly ModelParam[]): string {
  const kinds = [...new Set(params.map(({ kind }) => kind))];
  const entries = kinds.map((kind) => `${kind}: [${parameterList(params.filter((param) => param.kind === kind))}]`);
  return entries.length === 0 ? '{}' : `{ ${entries.join('; ')} }`;
}

function withProperty(service: ModelService): Property {
  const type = `(options: OutboxOptions) => ${contractName(service.name, 'Outbox')}`;
  return readonly(
    'with',
    type,
    "Only writes the record, in the caller's transaction; the method runs after its commit.",
  );
}

function retryEnqueue({ name }: ModelService, afterward: readonly ModelMethod[]): Property {
  const names = afterward.map((method) => quote(method.name)).join(' | ');
  const args = `Parameters<${contractName(name, 'Service')}[M]>`;
  const type = `<M extends ${names}>(method: M, retryDataKey: string, ...args: ${args}) => Promise<void>`;
  return readonly('retryEnqueue', type, 'For code that catches its own errors: asks for a retry under a key.');
}

function readonly(name: string, type: string, description: string): Property {
  return { isReadonly: true, name, type, docs: docs(description) };
}

function byService(
  model: Model,
  name: string,
  { what, suffix }: { what: string; suffix: 'Service' | 'Proxy' },
): Statement {
  const properties = model.services.map((service) =>
    readonly(service.name, contractName(service.name, suffix), service.description),
  );
  return declare(name, what, properties);
}

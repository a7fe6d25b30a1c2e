// generated/services/<service>.ts: what the runtime knows of each method, and the proxy: the user's exact signatures,
// each of which hands its arguments over to be recorded, called and retried. No policy lives here.
// What must hold: a proxy passes the declared parameters and no others, since callers hand it to forEach and the like.
import { argumentHasher, argumentSecrets, argumentsName, typesByName } from '../arguments.js';
import { contractName, type Model, type ModelMethod, type ModelService } from '../model.js';
import { importTypes } from './contracts.js';
import { type FileContent, literal, quote } from './print.js';
import { importValues } from './registry.js';
import { isAfterward, isBeforehand, isRecorded } from './service-contracts.js';
import { validatorName } from './validators.js';

/** The files of services/, by name. */
export function serviceFiles(model: Model): [name: string, content: FileContent][] {
  const hash = argumentHasher(model);
  const types = typesByName(model);
  return model.services.map((service) => [`${service.name}.ts`, serviceContent(service, { types, hash })]);
}

interface Surroundings {
  readonly types: ReturnType<typeof typesByName>;
  readonly hash: ReturnType<typeof argumentHasher>;
}

function serviceContent(service: ModelService, at: Surroundings): FileContent {
  const { name, methods } = service;
  const proxy = contractName(name, 'Proxy');
  const names = methods.map((method) => quote(method.name)).join(' | ');
  const lines = [
    '',
    `export const ${name}Methods: Readonly<Record<${names}, MethodEntry>> = {`,
    ...methods.flatMap((method) => entryLines(service, method, at)),
    '};',
    '',
    `export const ${name}Proxy = (calls: ServiceCalls): ${proxy} => ({`,
    ...proxyLines(methods),
    '});',
  ];
  return {
    statements: [
      importTypes('dal-job', ['MethodEntry', 'ServiceCalls']),
      importTypes('../contracts.js', [proxy]),
      importValues(
        '../validators.js',
        methods.map((method) => validatorName(argumentsName(service, method))),
      ),
    ],
    tail: lines.join('\n'),
  };
}

function entryLines(service: ModelService, method: ModelMethod, { types, hash }: Surroundings): string[] {
  const params = method.params.map(({ name, kind, optional }) => ({ name, type: kind, optional }));
  return [
    `  ${method.name}: {`,
    `    params: ${literal(params)},`,
    `    validate: ${validatorName(argumentsName(service, method))},`,
    `    argsHash: ${quote(hash(service, method))},`,
    `    secrets: ${literal(argumentSecrets(method, types))},`,
    `    retry: ${literal(method.retry)},`,
    '  },',
  ];
}

function proxyLines(methods: readonly ModelMethod[]): string[] {
  const outbox = methods.filter(isBeforehand).map((method) => `    ${callLine(method, 'enqueue')}`);
  const byHand = methods.some(isAfterward);
  return [
    ...methods.map((method) => `  ${callLine(method, 'call')}`),
    ...(methods.some(isRecorded)
      ? ['  with: (options) => ({', ...outbox, ...(byHand ? [`    ${retryEnqueueLine('options')}`] : []), '  }),']
      : []),
    ...(byHand ? [`  ${retryEnqueueLine('{}')}`] : []),
  ];
}

function callLine({ name, params }: ModelMethod, how: 'call' | 'enqueue'): string {
  const list = params.map((param) => localName(param.name)).join(', ');
  const before = how === 'enqueue' ? 'options, ' : '';
  return `${name}: (${list}) => calls.${how}(${before}${quote(name)}, [${list}]),`;
}

function retryEnqueueLine(options: string): string {
  return `retryEnqueue: (method, key, ...args) => calls.retryEnqueue(${options}, method, key, args),`;
}

/** A parameter must not hide what the line around it uses. */
function localName(param: string): string {
  return param === 'calls' || param === 'options' ? `${param}_` : param;
}

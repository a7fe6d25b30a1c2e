// Do the arguments fit the method's parameters? If not, what to do about it, in one sentence.
// What must hold: the validator's words and the names of properties appear, values never do.
import { DalJobError } from '../errors.js';
import type { MethodEntry } from '../service-types.js';
import type { ValidationProblem } from '../types.js';
import { label, type MethodName, pathText } from './arguments.js';

/** What is wrong with the arguments, in words; null: they fit. @param args as JSON has them */
export function misfit(name: MethodName, entry: MethodEntry, args: readonly unknown[]): string | null {
  const { params, validate } = entry;
  const needed = params.filter(({ optional }) => !optional).length;
  if (args.length > params.length) return `it takes ${count(params.length)}, not ${args.length}`;
  if (args.length < needed)
    return `${params[args.length]?.name ?? 'an argument'} is missing: it takes ${count(needed)}`;
  if (validate(args)) return null;
  const [first] = validate.errors ?? [];
  return first === undefined ? 'the arguments are not valid' : inWords(name, entry, first);
}

/** @throws DalJobError DJ6003 */
export function requireFit(name: MethodName, entry: MethodEntry, args: readonly unknown[]): void {
  const problem = misfit(name, entry, args);
  if (problem === null) return;
  throw new DalJobError('DJ6003', `${label(name)}: ${problem}.`, { fields: { ...name, problem } });
}

function count(parameters: number): string {
  return parameters === 1 ? '1 argument' : `${parameters} arguments`;
}

function inWords(name: MethodName, { params }: MethodEntry, problem: ValidationProblem): string {
  const path = pathOf(problem.instancePath);
  const where = path.length === 0 ? 'the list of arguments' : pathText(path, params);
  const surplus = problem.keyword === 'additionalProperties' ? problem.params?.additionalProperty : undefined;
  if (typeof surplus !== 'string') return `${where} ${problem.message ?? 'is not valid'}`;
  const type = typeOf(name, params, path, problem);
  return `${where} has a property ${JSON.stringify(surplus)} that ${type} does not have: pick the fields, add it to ${type}, or set additionalProperties: true there`;
}

/** Of a JSON pointer. An index of an array and a property of digits look alike in it. */
function pathOf(pointer: string): (string | number)[] {
  const steps = pointer.split('/').slice(1);
  return steps.map((step) => {
    const text = step.replaceAll('~1', '/').replaceAll('~0', '~');
    return /^\d+$/.test(text) ? Number(text) : text;
  });
}

/** Where in jobs.yaml the schema stands that was not met. */
function typeOf(
  { service, method }: MethodName,
  params: MethodEntry['params'],
  path: readonly (string | number)[],
  { schemaPath }: ValidationProblem,
): string {
  const definition = /(?:definitions|types)\/([A-Z][A-Za-z0-9]*)\/[^#]*$/.exec(schemaPath ?? '')?.[1];
  const param = params[Number(path[0])];
  const ofParam = path.length === 1 && /^[A-Z]/.test(param?.type ?? '') ? param?.type : undefined;
  const type = definition ?? ofParam;
  return type === undefined ? `services.${service}.methods.${method}.params.${param?.name}` : `types.${type}`;
}

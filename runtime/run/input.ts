// The input of a run: parsed, defaulted and validated again, because it was stored by an instance that may have had
// another version of jobs.yaml.
import { DalJobError } from '../errors.js';
import type { InputDefinition } from '../types.js';

/**
 * The input for a handler. @param json what was stored with the trigger, null for none
 * @throws DalJobError DJ3007
 */
export function readInput(job: string, json: string | null, definition: InputDefinition | null): unknown {
  const input = json === null ? definition?.default : (JSON.parse(json) as unknown);
  if (definition === null || (input === undefined && !definition.required)) return input;
  if (input === undefined)
    throw new DalJobError('DJ3007', `The run of ${job} needs an input and has none.`, { fields: { job } });
  const problem = inputProblem(input, definition);
  if (problem === null) return input;
  throw new DalJobError('DJ3007', `The stored input of ${job} does not fit its schema: ${problem}.`, {
    fields: { job },
  });
}

/** What is wrong with the input of a request, before it is stored; null: nothing. @param input undefined: none is given */
export function requestProblem(input: unknown, definition: InputDefinition | null): string | null {
  if (definition === null) return input === undefined ? null : 'the job takes none';
  if (input !== undefined) return inputProblem(input, definition);
  return definition.required && definition.default === undefined ? 'the job needs one' : null;
}

/** What is wrong with an input, in words; null: nothing. */
export function inputProblem(input: unknown, { validate }: InputDefinition): string | null {
  if (validate(input)) return null;
  const [first] = validate.errors ?? [];
  if (first === undefined) return 'it is not valid';
  const where = first.instancePath === '' ? 'it' : first.instancePath.slice(1).replaceAll('/', '.');
  return `${where} ${first.message ?? 'is not valid'}`;
}

// What a JSON Schema says of data, as problems a person can act on: every one at once, in plain words, each at a path.
// Works for any draft-07 schema and any data; jobs.yaml is but one. ajv decides what is wrong; what is here only chooses
// what to tell: noise of alternatives is folded into the one that was meant, a missing key and its misspelling are one.
// Words come from the schema where it has them (`patternErrorMessage`, as editors read it).

import { Ajv, type ErrorObject, type Options } from 'ajv';
import { createExplainer } from './validate/branches.js';
import { foldMisspelled, toProblem } from './validate/words.js';

export type ProblemKind = 'unknownKey' | 'missingKey' | 'type' | 'choice' | 'range' | 'form' | 'name' | 'other';

/** One thing wrong with the data. */
export interface SchemaProblem {
  readonly kind: ProblemKind;
  /** The map, list or value at fault; for an unknown key and a wrong name the key itself. */
  readonly path: readonly string[];
  /** Which part of it to point at. */
  readonly at: 'key' | 'value';
  /** What is wrong, to follow the name of what is at the path: `must be a number, got "x"`. */
  readonly message: string;
  readonly hint?: string | undefined;
  /** The schema that was not met, and what was there. */
  readonly schema: Readonly<Record<string, unknown>>;
  readonly data: unknown;
}

export type Validate = (data: unknown) => SchemaProblem[];

/** Annotations that validate nothing. */
const ANNOTATIONS = ['patternErrorMessage'];
const MOST_ERRORS = 2_000;

/** Fast to compile (four times as fast as with ajv's own optimiser) rather than fast to run: it runs once. */
const OPTIONS: Options = {
  allErrors: true,
  verbose: true,
  strict: false,
  validateSchema: false,
  meta: false,
  inlineRefs: false,
  code: { optimize: false },
  logger: false,
};

/**
 * Compiles once; the answer may be called for many documents. Formats are checked when they are given.
 * Throws when the schema itself is wrong.
 */
export function createValidator(schema: object, addFormats?: (ajv: Ajv) => void): Validate {
  const ajv = new Ajv({ ...OPTIONS, validateFormats: addFormats !== undefined });
  addFormats?.(ajv);
  for (const keyword of ANNOTATIONS) ajv.addKeyword(keyword);
  const root = { $id: 'schema:root', ...schema };
  const check = ajv.compile(root);
  const explain = createExplainer(ajv, root);
  const tell = (errors: readonly ErrorObject[]) => foldMisspelled(explain(errors.slice(0, MOST_ERRORS)).map(toProblem));
  return (data) => (check(data) ? [] : tell(check.errors ?? []));
}

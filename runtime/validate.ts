// `dal-job/validate`: the few helpers that compiled validators call. generated/validators.ts is ajv's standalone code
// with its requires turned into imports from here. At run time nothing else of ajv may load: its compiler costs
// 35 ms and belongs to the generator.
import equalModule from 'ajv/dist/runtime/equal.js';
import ucs2lengthModule from 'ajv/dist/runtime/ucs2length.js';
import ValidationErrorModule from 'ajv/dist/runtime/validation_error.js';
import { fastFormats, fullFormats } from 'ajv-formats/dist/formats.js';

export type { Validator } from './types.js';

/** These are CommonJS: Node gives the module's exports as the default import, a bundler may give the default itself. */
function unwrap<T>(module: T | { readonly default: T }): T {
  const inner = (module as { readonly default?: T }).default;
  return inner ?? (module as T);
}

/** Deep equality of JSON values: const, enum and uniqueItems. */
export const equal: (a: unknown, b: unknown) => boolean = unwrap(equalModule as never);
/** Length in Unicode code points: minLength and maxLength. */
export const ucs2length: (text: string) => number = unwrap(ucs2lengthModule as never);
/** Thrown by asynchronous schemas only. */
export const ValidationError: new (errors: object[]) => Error = unwrap(ValidationErrorModule as never);

/** Formats by name: full checks, and the faster ones. */
export { fastFormats, fullFormats };

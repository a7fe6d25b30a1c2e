// generated/validators.ts: one compiled function per input type and per method, by ajv's standalone mode. Those of methods
// judge the arguments as an array.
// That code is neither ESM-clean nor typed, so this is the one generated file with @ts-nocheck, and each of its requires
// becomes an import of dal-job/validate; a require we do not know is a bug here, never something to let pass.
// Validation neither changes the value nor fills in defaults: the types say what the user wrote.
import { Ajv } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import addFormats from 'ajv-formats';
import { argumentTypes } from '../arguments.js';
import { byCodeUnit } from '../canonical.js';
import type { Model } from '../model.js';
import { definitionsOf } from '../schema.js';

const SCHEMA_ID = 'jobs';

/** Name of the exported validator of a payload type, or of what `argumentsName` names. */
export function validatorName(type: string): string {
  return `validate${type}`;
}

/** Names of the payload types that some input has, sorted. */
export function inputTypes(model: Model): string[] {
  const names = new Set(model.jobs.flatMap((job) => (job.input === null ? [] : [job.input.type])));
  return [...names].sort(byCodeUnit);
}

/** The module's text below the header. */
export function validatorsText(model: Model): string {
  const names = [...inputTypes(model), ...argumentTypes(model).map(({ name }) => name)];
  if (names.length === 0) return 'export {};';
  const code = compile(model, names);
  const { body, imports } = withImports(code);
  const values = imports.length === 0 ? '' : `import { ${imports.join(', ')} } from 'dal-job/validate';\n`;
  return `import type { Validator } from 'dal-job/validate';\n${values}\n${readable(body)}`;
}

function compile(model: Model, names: readonly string[]): string {
  const ajv = new Ajv({
    code: { source: true, esm: true, lines: true },
    strict: false,
    logger: false,
    validateSchema: false,
  });
  unwrap(addFormats)(ajv, { keywords: false });
  ajv.addSchema({ $id: SCHEMA_ID, definitions: definitionsOf([...model.types, ...argumentTypes(model)]) });
  const refs = Object.fromEntries(names.map((name) => [privateName(name), `${SCHEMA_ID}#/definitions/${name}`]));
  return unwrap(standalone)(ajv, refs);
}

/** CommonJS under Node: the default import is the module's exports. */
function unwrap<T>(module: { readonly default: T }): T {
  return module.default;
}

/** The name ajv exports, before the typed constant takes the public one. */
function privateName(type: string): string {
  return `dalJob${type}`;
}

const REQUIRES: readonly [RegExp, string, string][] = [
  [/require\("ajv\/dist\/runtime\/equal"\)\.default/g, 'equal', 'equal'],
  [/require\("ajv\/dist\/runtime\/ucs2length"\)\.default/g, 'ucs2length', 'ucs2length'],
  [/require\("ajv\/dist\/runtime\/validation_error"\)\.default/g, 'ValidationError', 'ValidationError'],
  [/require\("ajv-formats\/dist\/formats"\)\.fullFormats/g, 'fullFormats', 'fullFormats'],
  [/require\("ajv-formats\/dist\/formats"\)\.fastFormats/g, 'fastFormats', 'fastFormats'],
];

function withImports(code: string): { body: string; imports: string[] } {
  let body = code.replace(/^"use strict";\n?/, '');
  const imports: string[] = [];
  for (const [pattern, name, replacement] of REQUIRES) {
    const replaced = body.replace(pattern, `__${replacement}`);
    if (replaced !== body) imports.push(`${name} as __${replacement}`);
    body = replaced;
  }
  if (/\brequire\("(?:ajv|ajv-formats)\//.test(body))
    throw new TypeError('ajv needs a helper that dal-job/validate lacks');
  return { body, imports: imports.sort(byCodeUnit) };
}

/** Typed exports in place of ajv's own. No string in the code has a raw line break, so that `^` is never inside one. */
function readable(body: string): string {
  return body
    .replace(/\/\*# sourceURL="[^"]*" \*\/;?/g, '')
    .replace(/^export const dalJob(\w+) = (\w+);$/gm, (_, type: string, own: string) => {
      return `export const ${validatorName(type)}: Validator = ${own};`;
    })
    .trim();
}

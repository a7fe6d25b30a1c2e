// The front half of the generator in one call: the text of jobs.yaml in, the config or every problem out.
// Text -> data with places -> schema -> checks. Later steps see what earlier ones found nothing wrong with, so that one
// mistake is told once and ten mistakes are told together. Never throws for what is in the text; never loads ts-morph.

import { createRequire } from 'node:module';
import { checkConfig } from './check/check.js';
import type { JobsConfig } from './config.gen.js';
import type { Problem } from './diagnostics.js';
import { sortProblems } from './diagnostics.js';
import { parseYaml } from './parse.js';
import { createReport } from './report.js';
import { type ConfigSchema, toFinding } from './schema-findings.js';
import { type Place, sourceText } from './source.js';
import { withoutFaults } from './validate/faults.js';
import { createValidator, type Validate } from './validate.js';

export interface ReadResult {
  /** Null when there is any error. Defaults are not filled in. */
  readonly config: JobsConfig | null;
  /** By position; warnings too. */
  readonly problems: Problem[];
  /** Where `errors` names the file of each class; none when there is any error. */
  readonly errorPlaces: ErrorPlaces;
}

export type ErrorPlaces = Readonly<Record<string, Place & { readonly file: string }>>;

/** `file` is only the name that problems carry. */
export type ReadConfig = (options: { readonly text: string; readonly file: string }) => ReadResult;

/** Reads one jobs.yaml. */
export const readConfig: ReadConfig = (options) => createConfigReader()(options);

/** Reads many: the schema is compiled when the first one comes that is worth it, and once. */
export function createConfigReader(): ReadConfig {
  let compiled: Compiled | null = null;
  return (options) => {
    const compile = () => {
      compiled ??= compileSchema();
      return compiled;
    };
    return read(options, compile);
  };
}

interface Compiled {
  readonly schema: ConfigSchema;
  readonly validate: Validate;
}

function compileSchema(): Compiled {
  const schema = loadSchema();
  return { schema, validate: createValidator(schema) };
}

function read({ text, file }: Parameters<ReadConfig>[0], compile: () => Compiled): ReadResult {
  const source = sourceText(file, text);
  const report = createReport(source);
  const yaml = parseYaml(source, report);
  if (yaml !== null && isTopMap(yaml.data)) {
    const { schema, validate } = compile();
    const faults = validate(yaml.data);
    for (const fault of faults) report.add(toFinding(fault, yaml, schema));
    checkConfig({ config: withoutFaults(yaml.data, faults) as JobsConfig, yaml, report });
  } else if (yaml !== null && !report.hasErrors()) {
    report.add(topFinding(yaml.data, source.text));
  }
  const config = yaml === null || report.hasErrors() ? null : (yaml.data as JobsConfig);
  const names = Object.keys(config?.errors ?? {});
  const places = names.map((name) => [name, { file, ...source.place(yaml!.locate(['errors', name], 'value')) }]);
  return { config, problems: sortProblems(report.problems), errorPlaces: Object.fromEntries(places) };
}

/** By the package's own name, which holds in the sources and in the compiled package alike. */
function loadSchema(): ConfigSchema {
  return createRequire(import.meta.url)('dal-job/jobs.schema.json') as ConfigSchema;
}

function isTopMap(data: unknown): data is Record<string, unknown> {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}

function topFinding(data: unknown, text: string) {
  const start = Math.max(0, text.search(/\S/));
  const span = { start, end: start + 1 };
  if (data === null)
    return {
      code: 'DJ1021',
      span,
      message: 'the file is empty',
      hint: 'begin with version: 1 and app: <name>',
    } as const;
  return {
    code: 'DJ1022',
    span,
    message: 'the file must be a map: version, app, jobs …',
    hint: 'begin with version: 1',
  } as const;
}

// generated/registry.ts: what createApp gets. Every load is lazy: a handler may import the app, and one file that does
// not load is one failing job instead of a process that does not start. `satisfies Registry<Types>` makes tsc
// compare each handler with its contract. The literal is plain text: a structure for each of its lines would say no more.
import { StructureKind } from 'ts-morph';
import { hashModel } from '../build.js';
import {
  type ExportPlace,
  type Folders,
  handlerOf,
  type Model,
  type ModelError,
  type ModelInput,
  type ModelJob,
  servicePath,
} from '../model.js';
import { importTypes } from './contracts.js';
import { specifier } from './imports.js';
import { type FileContent, literal, quote, type Statement } from './print.js';
import { inputTypes, validatorName } from './validators.js';

export function registryContent(model: Model): FileContent {
  const statements = [
    importTypes('dal-job', ['Registry']),
    importTypes('./contracts.js', ['Types']),
    ...model.services.map(({ name }) => importValues(`./services/${name}.js`, [`${name}Methods`, `${name}Proxy`])),
    ...validatorImport(model),
  ];
  return { statements, tail: `\nexport const registry = ${registryLiteral(model)} satisfies Registry<Types>;` };
}

function validatorImport(model: Model): Statement[] {
  const namedImports = inputTypes(model).map(validatorName);
  if (namedImports.length === 0) return [];
  return [importValues('./validators.js', namedImports)];
}

export function importValues(moduleSpecifier: string, namedImports: readonly string[]): Statement {
  return { kind: StructureKind.ImportDeclaration, moduleSpecifier, namedImports: [...namedImports] };
}

function registryLiteral(model: Model): string {
  return [
    '{',
    `  app: ${quote(model.app)},`,
    `  configHash: ${quote(hashModel(model))},`,
    `  database: { url: ${quote(model.database.url)}, tablePrefix: ${quote(model.database.tablePrefix)} },`,
    ...block(
      'jobs',
      model.jobs.flatMap((job) => jobLines(job, model.folders)),
    ),
    ...block(
      'services',
      model.services.flatMap(({ name }) => serviceLines(name, model.folders)),
    ),
    ...block(
      'errors',
      model.errors.map((error) => errorLine(error, model.folders)),
    ),
    '}',
  ].join('\n');
}

function block(name: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [`  ${name}: {},`] : [`  ${name}: {`, ...lines.map((line) => `    ${line}`), '  },'];
}

function jobLines(job: ModelJob, folders: Folders): string[] {
  const definition = Object.entries(job.definition).map(([key, value]) => `    ${key}: ${literal(value)},`);
  return [
    `${job.name}: {`,
    '  definition: {',
    ...definition,
    '  },',
    `  input: ${job.input === null ? 'null' : inputLiteral(job.input)},`,
    ...claimLines(job),
    `  load: ${load(folders, handlerOf(folders, job))},`,
    '},',
  ];
}

function claimLines({ claim }: ModelJob): string[] {
  if (claim === undefined) return [];
  const lines = Object.entries(claim.definition).map(([key, value]) => `    ${key}: ${literal(value)},`);
  return ['  claim: {', ...lines, '  },'];
}

function inputLiteral(input: ModelInput): string {
  const given = 'default' in input ? `default: ${literal(input.default)}, ` : '';
  return `{ validate: ${validatorName(input.type)}, ${given}required: ${input.required} }`;
}

function serviceLines(name: string, folders: Folders): string[] {
  return [
    `${name}: {`,
    `  methods: ${name}Methods,`,
    `  proxy: ${name}Proxy,`,
    `  load: ${load(folders, { file: servicePath(folders, name), name })},`,
    '},',
  ];
}

function errorLine(error: ModelError, folders: Folders): string {
  return `${error.name}: { load: ${load(folders, error)} },`;
}

function load({ output }: Folders, { file, name }: ExportPlace): string {
  return `() => import(${quote(specifier(output, file))}).then((m) => m.${name})`;
}

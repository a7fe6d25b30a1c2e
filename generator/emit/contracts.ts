// generated/contracts.ts: what each handler receives, what each trigger takes, and the four interfaces `Types` ties
// together. Concrete interfaces, one line a job: a mapped generic type would give errors nobody can read, and a
// `Record` would refuse interfaces. What services add is in service-contracts.ts.
import { StructureKind } from 'ts-morph';
import { byCodeUnit } from '../canonical.js';
import type { Model, ModelInput, ModelJob } from '../model.js';
import { docs, quote, type Statement } from './print.js';
import { runtimeTypes, serviceContracts, signatureTypes } from './service-contracts.js';
import { inputTypes } from './validators.js';

/** The statements of contracts.ts. No payload type has a name that is used here: generator/names.ts refuses them. */
export function contractStatements(model: Model): Statement[] {
  return [...imports(model), jobContexts(model), triggers(model), ...serviceContracts(model), types()];
}

function imports(model: Model): Statement[] {
  const payloads = [...new Set([...inputTypes(model), ...rowTypes(model), ...signatureTypes(model)])].sort(byCodeUnit);
  const contexts = [...new Set(model.jobs.map((job) => contextName(job)))].sort(byCodeUnit);
  const runtime = [...contexts, ...runtimeTypes(model)];
  const importOf = (from: string, names: readonly string[]) => (names.length === 0 ? [] : [importTypes(from, names)]);
  return [...importOf('dal-job', runtime), ...importOf('./types.js', payloads)];
}

export function importTypes(moduleSpecifier: string, namedImports: readonly string[]): Statement {
  return { kind: StructureKind.ImportDeclaration, isTypeOnly: true, moduleSpecifier, namedImports: [...namedImports] };
}

function jobContexts(model: Model): Statement {
  return {
    kind: StructureKind.Interface,
    isExported: true,
    name: 'JobContexts',
    docs: docs("What each job's handler receives."),
    properties: model.jobs.map((job) => ({
      name: job.name,
      type: `${contextName(job)}<${quote(job.name)}, ${job.claim?.rowType ?? handlerInput(job)}, Services>`,
      docs: docs(job.definition.description),
    })),
  };
}

/** A job with a claim gets rows in place of input. */
function contextName({ claim }: ModelJob): 'ClaimContext' | 'JobContext' {
  return claim === undefined ? 'JobContext' : 'ClaimContext';
}

function rowTypes(model: Model): string[] {
  return model.jobs.flatMap(({ claim }) => (claim === undefined ? [] : [claim.rowType]));
}

/** A run that comes without input gives its handler the default, or undefined. */
function handlerInput({ input }: ModelJob): string {
  if (input === null) return 'undefined';
  return input.required || 'default' in input ? input.type : `${input.type} | undefined`;
}

function triggers(model: Model): Statement {
  return {
    kind: StructureKind.Interface,
    isExported: true,
    name: 'Triggers',
    docs: docs('What `app.trigger()` takes after the name of each job.'),
    properties: model.jobs.map((job) => ({ name: job.name, type: triggerArguments(job.input) })),
  };
}

function triggerArguments(input: ModelInput | null): string {
  if (input === null) return '[]';
  return input.required ? `[input: ${input.type}]` : `[input?: ${input.type} | undefined]`;
}

function types(): Statement {
  const properties = [
    ['contexts', 'JobContexts'],
    ['triggers', 'Triggers'],
    ['implementations', 'Implementations'],
    ['services', 'Services'],
  ].map(([name, type]) => ({ name: name!, type: type! }));
  return {
    kind: StructureKind.Interface,
    isExported: true,
    name: 'Types',
    docs: docs('All of it, as the runtime takes it.'),
    properties,
  };
}

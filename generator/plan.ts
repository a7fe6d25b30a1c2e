// Every file under generated/, from the model alone: a pure function, nothing read and nothing written. What must
// hold: the same model gives the same bytes on every machine, in every zone and locale. Loads ts-morph, ajv and
// json-schema-to-typescript; so it is imported lazily, after validation, and only when something may have changed.
import { contractStatements } from './emit/contracts.js';
import { handlerStub } from './emit/handlers.js';
import { type ImportExtension, withExtension } from './emit/imports.js';
import { indexStatements } from './emit/index.js';
import { modelFiles } from './emit/models.js';
import { createProject, type FileContent, printFile } from './emit/print.js';
import { registryContent } from './emit/registry.js';
import { serviceStub } from './emit/service-stub.js';
import { serviceFiles } from './emit/services.js';
import { typeDeclarations } from './emit/types.js';
import { validatorsText } from './emit/validators.js';
import { handlerPath, type Model, servicePath } from './model.js';

/** Text by path, relative to jobs.yaml; in the order to write: what others import comes first. */
export type Plan = ReadonlyMap<string, string>;

/** The files of generated/. */
export async function planGenerated(model: Model, extension: ImportExtension): Promise<Plan> {
  const types = await typeDeclarations(model);
  const project = createProject();
  const files: [string, FileContent][] = [
    ['types.ts', { statements: [], tail: types === '' ? 'export {};' : types }],
    ['validators.ts', { statements: ['// @ts-nocheck'], tail: validatorsText(model) }],
    ['contracts.ts', { statements: contractStatements(model) }],
    ...serviceFiles(model).map(([name, content]): [string, FileContent] => [`services/${name}`, content]),
    ...modelFiles(model).map(([name, statements]): [string, FileContent] => [`models/${name}`, { statements }]),
    ['registry.ts', registryContent(model)],
    ['index.ts', { statements: indexStatements(model) }],
  ];
  const { output } = model.folders;
  const texts = files.map(([name, content]) => [`${output}/${name}`, printFile(project, name, content)] as const);
  return new Map(texts.map(([path, text]) => [path, withExtension({ path, text, extension, output })]));
}

/** The stubs of every service, and of every job whose handler is in the file of its name; written only where there is no file. */
export function planHandlers({ jobs, services, folders }: Model, extension: ImportExtension): Plan {
  const own = jobs.filter(({ handler }) => handler === undefined);
  const stubs = [
    ...own.map((job) => [handlerPath(folders, job.name), handlerStub(job, folders)] as const),
    ...services.map((service) => [servicePath(folders, service.name), serviceStub(service, folders)] as const),
  ];
  return new Map(stubs.map(([path, text]) => [path, withExtension({ path, text, extension, output: folders.output })]));
}

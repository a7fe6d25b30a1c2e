// generated/index.ts: the one import for users. createApp knows the registry, the aliases know the contracts, and the
// payload types are at hand. Models are loaded when the app starts, not before: they bring Sequelize with them, which a
// process that only imports types or asks for help should not load.
import { StructureKind } from 'ts-morph';
import { contractName, type Model } from '../model.js';
import { importTypes } from './contracts.js';
import { docs, type Statement } from './print.js';

/** The statements of index.ts. No payload type has a name that is used here: generator/names.ts refuses them. */
export function indexStatements(model: Model): Statement[] {
  return [
    {
      kind: StructureKind.ImportDeclaration,
      moduleSpecifier: 'dal-job',
      namedImports: [
        { name: 'App', isTypeOnly: true },
        { name: 'AppOptions', isTypeOnly: true },
        ...(model.services.length === 0 ? [] : [{ name: 'CallContext', isTypeOnly: true }]),
        ...(model.services.length === 0 ? [] : [{ name: 'callContext', alias: 'context' }]),
        { name: 'createApp', alias: 'create' },
        { name: 'HandlerResult', isTypeOnly: true },
      ],
    },
    importTypes('./contracts.js', [
      'Implementations',
      'JobContexts',
      ...(model.services.length === 0 ? [] : ['Services']),
      'Types',
    ]),
    importTypes('./models/index.js', ['Models']),
    { kind: StructureKind.ImportDeclaration, moduleSpecifier: './registry.js', namedImports: ['registry'] },
    {
      kind: StructureKind.ExportDeclaration,
      isTypeOnly: true,
      moduleSpecifier: './models/index.js',
      namedExports: ['Models'],
    },
    ...payloadExport(model),
    ...contractExport(model),
    alias('JobName', 'keyof JobContexts', 'The names of the jobs.'),
    {
      ...alias(
        'JobHandler',
        '(context: JobContexts[N]) => HandlerResult<JobContexts[N]>',
        'What a file of handlers/jobs/ exports.',
      ),
      typeParameters: [{ name: 'N', constraint: 'JobName' }],
    },
    alias('ServiceName', 'keyof Implementations', 'The names of the services.'),
    {
      ...alias('Service', 'Implementations[N]', 'What a file of handlers/services/ exports.'),
      typeParameters: [{ name: 'N', constraint: 'ServiceName' }],
    },
    generatedApp(),
    createApp(),
    ...callContext(model),
  ];
}

function payloadExport(model: Model): Statement[] {
  const namedExports = model.types.map((type) => type.name);
  if (namedExports.length === 0) return [];
  return [{ kind: StructureKind.ExportDeclaration, isTypeOnly: true, moduleSpecifier: './types.js', namedExports }];
}

/** Interfaces of services, for code that takes one as a parameter. */
function contractExport({ services }: Model): Statement[] {
  const namedExports = services.flatMap(({ name }) => [contractName(name, 'Proxy'), contractName(name, 'Service')]);
  if (namedExports.length === 0) return [];
  return [{ kind: StructureKind.ExportDeclaration, isTypeOnly: true, moduleSpecifier: './contracts.js', namedExports }];
}

function alias(name: string, type: string, description: string) {
  return { kind: StructureKind.TypeAlias as const, isExported: true, name, type, docs: docs(description) };
}

/** The runtime's, with the services of this jobs.yaml. */
function callContext({ services }: Model): Statement[] {
  if (services.length === 0) return [];
  const about = [
    'The services, signal and log of the job, call or retry that this runs below, and its `retry`.',
    '@throws DalJobError DJ6011 outside of any',
  ];
  return [
    {
      kind: StructureKind.Function,
      isExported: true,
      name: 'callContext',
      docs: docs(about.join('\n')),
      returnType: 'CallContext<Services>',
      statements: ['return context<Services>();'],
    },
  ];
}

function generatedApp(): Statement {
  return {
    kind: StructureKind.Interface,
    isExported: true,
    name: 'GeneratedApp',
    docs: docs('The app of this jobs.yaml.'),
    extends: ['App<Types>'],
    properties: [
      {
        isReadonly: true,
        name: 'models',
        type: 'Models',
        docs: docs("Sequelize models of dal-job's tables, bound to `sequelize`; from `start()` on."),
      },
    ],
  };
}

function createApp(): Statement {
  return {
    kind: StructureKind.Function,
    isExported: true,
    name: 'createApp',
    docs: docs('An app that is not started yet. Opens nothing and reads no jobs.yaml.'),
    parameters: [{ name: 'options', hasQuestionToken: true, type: 'AppOptions' }],
    returnType: 'GeneratedApp',
    statements: [
      'const app = create<Types>(registry, options);',
      'const start = app.start.bind(app);',
      'const tablePrefix = options?.database?.tablePrefix ?? registry.database.tablePrefix;',
      "let init: typeof import('./models/index.js').initModels;",
      'const bound = new WeakMap<object, Models>(); // each start() has a Sequelize of its own',
      'return Object.defineProperties(app, {',
      '  start: {',
      '    value: async (): Promise<void> => {',
      "      init = (await import('./models/index.js')).initModels;",
      '      await start();',
      '    },',
      '  },',
      '  models: {',
      '    get: (): Models => {',
      '      const { sequelize } = app; // throws before start()',
      '      const models = bound.get(sequelize) ?? init(sequelize, { tablePrefix });',
      '      bound.set(sequelize, models);',
      '      return models;',
      '    },',
      '  },',
      '}) as GeneratedApp;',
    ],
  };
}

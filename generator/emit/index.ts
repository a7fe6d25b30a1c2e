// generated/index.ts: the one import for users. createApp knows the registry, the aliases know the contracts, and the
// payload types are at hand. Models are loaded when the app starts, not before: they bring Sequelize with them, which a
// process that only imports types or asks for help should not load.
import { StructureKind } from 'ts-morph';
import type { Model } from '../model.js';
import { importTypes } from './contracts.js';
import { docs, type Statement } from './print.js';

/** Names index.ts declares itself; a payload type of that name stays in types.ts. */
const TAKEN = new Set(['GeneratedApp', 'JobHandler', 'JobName', 'Models', 'Service']);

export function indexStatements(model: Model): Statement[] {
  return [
    {
      kind: StructureKind.ImportDeclaration,
      moduleSpecifier: 'dal-job',
      namedImports: [
        { name: 'App', isTypeOnly: true },
        { name: 'AppOptions', isTypeOnly: true },
        { name: 'createApp', alias: 'create' },
      ],
    },
    importTypes('./contracts.js', ['Implementations', 'JobContexts', 'Types']),
    importTypes('./models/index.js', ['Models']),
    { kind: StructureKind.ImportDeclaration, moduleSpecifier: './registry.js', namedImports: ['registry'] },
    {
      kind: StructureKind.ExportDeclaration,
      isTypeOnly: true,
      moduleSpecifier: './models/index.js',
      namedExports: ['Models'],
    },
    ...payloadExport(model),
    alias('JobName', 'keyof JobContexts', 'The names of the jobs.'),
    {
      ...alias(
        'JobHandler',
        '(context: JobContexts[N]) => void | Promise<void>',
        'What a file of handlers/jobs/ exports.',
      ),
      typeParameters: [{ name: 'N', constraint: 'JobName' }],
    },
    {
      ...alias('Service', 'Implementations[N]', 'What a file of handlers/services/ exports.'),
      typeParameters: [{ name: 'N', constraint: 'keyof Implementations' }],
    },
    generatedApp(),
    createApp(),
  ];
}

function payloadExport(model: Model): Statement[] {
  const namedExports = model.types.map((type) => type.name).filter((name) => !TAKEN.has(name));
  if (namedExports.length === 0) return [];
  return [{ kind: StructureKind.ExportDeclaration, isTypeOnly: true, moduleSpecifier: './types.js', namedExports }];
}

function alias(name: string, type: string, description: string) {
  return { kind: StructureKind.TypeAlias as const, isExported: true, name, type, docs: docs(description) };
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
      "let load: typeof import('./models/index.js').initModels | undefined;",
      'let models: Models | undefined;',
      'return Object.defineProperties(app, {',
      '  start: {',
      '    value: async (): Promise<void> => {',
      "      load = (await import('./models/index.js')).initModels;",
      '      await start();',
      '    },',
      '  },',
      '  models: {',
      '    get: (): Models => {',
      '      models ??= load?.(app.sequelize, { tablePrefix });',
      "      if (models === undefined) throw new Error('app.models: the app is not started');",
      '      return models;',
      '    },',
      '  },',
      '}) as GeneratedApp;',
    ],
  };
}

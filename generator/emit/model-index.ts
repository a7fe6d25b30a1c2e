// generated/models/index.ts: initModels, which binds all five models to one connection and ties them together.
// Also the one place that says how tables and columns are named in TypeScript, and which rows refer to which. There are
// no foreign keys behind the associations: rows outlive what they name, so joins may come back empty.
import { StructureKind } from 'ts-morph';
import type { Table, TableName } from '../../runtime/db/tables.js';
import { importTypes } from './contracts.js';
import { docs, literal, type Statement } from './print.js';

export interface Association {
  readonly from: TableName;
  readonly to: TableName;
  readonly kind: 'hasMany' | 'hasOne' | 'belongsTo';
  readonly as: string;
  /** Attribute on the far side of a `has…`, on the near side of `belongsTo`; `key` is the one it equals. */
  readonly foreignKey: string;
  readonly key: string;
  /** Names of jobs are unique within an application only; ids of instances everywhere. */
  readonly sameApp: boolean;
}

const ASSOCIATIONS: readonly Association[] = [
  { from: 'job_info', to: 'job_log', kind: 'hasMany', as: 'logs', foreignKey: 'jobName', key: 'name', sameApp: true },
  {
    from: 'job_info',
    to: 'job_instance',
    kind: 'belongsTo',
    as: 'runner',
    foreignKey: 'owner',
    key: 'id',
    sameApp: false,
  },
  { from: 'job_instance', to: 'job_log', kind: 'hasMany', as: 'logs', foreignKey: 'owner', key: 'id', sameApp: false },
  { from: 'job_log', to: 'job_info', kind: 'hasOne', as: 'job', foreignKey: 'name', key: 'jobName', sameApp: true },
  {
    from: 'job_log',
    to: 'job_instance',
    kind: 'belongsTo',
    as: 'instance',
    foreignKey: 'owner',
    key: 'id',
    sameApp: false,
  },
];

/** `job_log` → `JobLog`. */
export function modelName(table: string): string {
  const attribute = attributeName(table);
  return attribute.charAt(0).toUpperCase() + attribute.slice(1);
}

/** `started_at` → `startedAt`. */
export function attributeName(column: string): string {
  return column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

export function associationsOf(table: Table): Association[] {
  return ASSOCIATIONS.filter((association) => association.from === table.name);
}

/** The statements of models/index.ts. `claimed`: models of the application's own tables. */
export function modelIndexStatements(
  tables: readonly Table[],
  { app, claimed }: { readonly app: string; readonly claimed: readonly string[] },
): Statement[] {
  const own = tables.map((table) => modelName(table.name));
  const names = [...own, ...claimed];
  return [
    importTypes('dal-job/models', ['Sequelize']),
    ...names.map(
      (name): Statement => ({
        kind: StructureKind.ImportDeclaration,
        moduleSpecifier: `./${name}.js`,
        namedImports: [{ name: `init${name}` }, { name, isTypeOnly: true }],
      }),
    ),
    ...names.map(
      (name): Statement => ({
        kind: StructureKind.ExportDeclaration,
        moduleSpecifier: `./${name}.js`,
        namedExports: claimed.includes(name) ? [name, `init${name}`] : [name],
      }),
    ),
    {
      kind: StructureKind.Interface,
      isExported: true,
      name: 'Models',
      docs: docs('The models by name.'),
      properties: names.map((name) => ({ isReadonly: true, name, type: `typeof ${name}` })),
    },
    {
      kind: StructureKind.Function,
      isExported: true,
      name: 'initModels',
      docs: docs('The models of one connection, with their associations.'),
      parameters: [
        { name: 'sequelize', type: 'Sequelize' },
        { name: 'options', type: '{ readonly tablePrefix?: string }', initializer: '{}' },
      ],
      returnType: 'Models',
      statements: [
        "const tablePrefix = options.tablePrefix ?? '';",
        'const models: Models = {',
        ...own.map((name) => `  ${name}: init${name}(sequelize, tablePrefix),`),
        ...claimed.map((name) => `  ${name}: init${name}(sequelize),`),
        '};',
        ...ASSOCIATIONS.map((association) => associate(association, app)),
        'return models;',
      ],
    },
  ];
}

/** The far side is unscoped, since a default scope there would make an inner join: a log without its job would vanish. */
function associate({ from, to, kind, as, foreignKey, key, sameApp }: Association, app: string): string {
  const options = {
    as,
    foreignKey,
    [kind === 'belongsTo' ? 'targetKey' : 'sourceKey']: key,
    constraints: false,
    ...(sameApp ? { scope: { app } } : {}),
  };
  return `models.${modelName(from)}.${kind}(models.${modelName(to)}.unscoped(), ${literal(options)});`;
}

// generated/models/: Sequelize models of dal-job's five tables, from the runtime's one description of them.
// Fields are `declare`d only: a plain field would hide Sequelize's getters. Attributes are the columns in camelCase, as
// `--json` has them; beside each time in epoch milliseconds stands a getter that gives a Date. Names of jobs are the union of
// jobs.yaml. The models are for reading; only the runtime writes these tables. Nothing is cached in the modules: every
// initModels gives classes of its own, so that two apps in one process do not take each other's connection.
import { StructureKind } from 'ts-morph';
import { type Column, TABLES, type Table } from '../../runtime/db/tables.js';
import type { Model } from '../model.js';
import { claimModelStatements, claimTables } from './claim-models.js';
import { importTypes } from './contracts.js';
import { type Association, associationsOf, attributeName, modelIndexStatements, modelName } from './model-index.js';
import { docs, literal, quote, type Statement } from './print.js';

/** Columns with a known set of values, as TypeScript; by `table.column`, or by column for all tables. */
const VALUE_TYPES: Readonly<Record<string, string>> = {
  'job_instance.state': "'ALIVE' | 'DEAD' | 'STOPPED'",
  'job_info.name': 'JobName',
  'job_info.status': "'IDLE' | 'RUNNING'",
  'job_beforehand_retry.state': "'RUNNING' | 'SUCCEEDED' | 'RETRY' | 'DEAD' | 'UNKNOWN'",
  'job_retry.state': "'RUNNING' | 'SUCCEEDED' | 'RETRY' | 'DEAD' | 'UNKNOWN'",
  job_name: 'JobName',
  kind: 'RunKind',
  last_outcome: 'Outcome',
  on_crash: "'hold' | 'retry'",
  on_lost: "'skip' | 'rerun'",
  outcome: 'Outcome',
  rerun_kind: 'RunKind',
  run_kind: 'RunKind',
};

/** Files of models/ by name. */
export function modelFiles(model: Model): [string, Statement[]][] {
  const tables = [...TABLES].sort((a, b) => (a.name < b.name ? -1 : 1));
  const files = tables.map((table): [string, Statement[]] => [
    `${modelName(table.name)}.ts`,
    tableStatements(table, model),
  ]);
  const claimed = claimTables(model);
  return [
    ...files,
    ...claimed.map((table): [string, Statement[]] => [`${table.name}.ts`, claimModelStatements(table, model)]),
    ['index.ts', modelIndexStatements(tables, { app: model.app, claimed: claimed.map(({ name }) => name) })],
  ];
}

function tableStatements(table: Table, model: Model): Statement[] {
  return [...tableImports(table), attributes(table), modelClass(table), initFunction(table, model)];
}

function tableImports(table: Table): Statement[] {
  const types = table.columns.map((column) => valueType(table, column));
  const ours = ['Outcome', 'RunKind'].filter((name) => types.includes(name));
  const others = [...new Set(associationsOf(table).map((association) => modelName(association.to)))].sort();
  return [
    ...(ours.length === 0 ? [] : [importTypes('dal-job', ours)]),
    {
      kind: StructureKind.ImportDeclaration,
      moduleSpecifier: 'dal-job/models',
      namedImports: [{ name: 'DataTypes' }, { name: 'Model' }, { name: 'Sequelize', isTypeOnly: true }],
    },
    ...(types.includes('JobName') ? [importTypes('../index.js', ['JobName'])] : []),
    ...others.map((name) => importTypes(`./${name}.js`, [name])),
  ];
}

function attributes(table: Table): Statement {
  return {
    kind: StructureKind.Interface,
    isExported: true,
    name: `${modelName(table.name)}Attributes`,
    docs: docs(`The columns of ${table.name}. Times are UTC epoch milliseconds.`),
    properties: table.columns.map((column) => ({
      name: attributeName(column.name),
      type: nullableType(table, column),
      docs: docs(column.comment),
    })),
  };
}

function modelClass(table: Table): Statement {
  const name = modelName(table.name);
  const times = table.columns.filter((column) => column.time === true);
  return {
    kind: StructureKind.Class,
    isExported: true,
    name,
    extends: `Model<${name}Attributes>`,
    docs: docs(`A row of ${table.name}, to read. Written by the runtime only.`),
    properties: [
      ...table.columns.map((column) => field(attributeName(column.name), nullableType(table, column))),
      ...associationsOf(table).map((association) => ({
        ...field(association.as, associatedType(association)),
        hasQuestionToken: true,
        docs: docs(`With \`include: '${association.as}'\`.`),
      })),
    ],
    getAccessors: times.map((column) => dateGetter(column)),
  };
}

function field(name: string, type: string) {
  return { name, type, hasDeclareKeyword: true, isReadonly: true };
}

function associatedType({ kind, to }: Association): string {
  return kind === 'hasMany' ? `${modelName(to)}[]` : `${modelName(to)} | null`;
}

function dateGetter(column: Column) {
  const name = attributeName(column.name);
  const value = `new Date(this.${name})`;
  return {
    name: `${name}Date`,
    returnType: column.nullable ? 'Date | null' : 'Date',
    statements: [column.nullable ? `return this.${name} === null ? null : ${value};` : `return ${value};`],
  };
}

function initFunction(table: Table, model: Model): Statement {
  const name = modelName(table.name);
  return {
    kind: StructureKind.Function,
    isExported: true,
    name: `init${name}`,
    docs: docs(`${name}, bound to a connection; it sees the rows of ${model.app} (unscoped: of every application).`),
    parameters: [
      { name: 'sequelize', type: 'Sequelize' },
      { name: 'tablePrefix', type: 'string' },
    ],
    returnType: `typeof ${name}`,
    statements: [
      `class Bound extends ${name} {}`,
      'Bound.init(',
      '  {',
      ...table.columns.map((column) => `    ${attributeName(column.name)}: ${columnOptions(table, column)},`),
      '  },',
      '  {',
      '    sequelize,',
      `    modelName: ${quote(`Dal${name}`)},`,
      `    tableName: \`\${tablePrefix}${table.name}\`,`,
      '    timestamps: false,',
      `    defaultScope: { where: { app: ${quote(model.app)} } },`,
      '  },',
      ');',
      'return Bound;',
    ],
  };
}

function columnOptions(table: Table, column: Column): string {
  const options = [
    `type: DataTypes.${dataType(column)}`,
    `field: ${quote(column.name)}`,
    `allowNull: ${column.nullable}`,
    ...(table.primaryKey.includes(column.name) ? ['primaryKey: true'] : []),
    ...(column.default === undefined ? [] : [`defaultValue: ${literal(defaultValue(column))}`]),
    ...(column.type.kind === 'bool'
      ? [`get(): boolean { return Boolean(this.getDataValue(${quote(attributeName(column.name))})); }`]
      : []),
  ];
  return `{ ${options.join(', ')} }`;
}

function defaultValue(column: Column): unknown {
  return column.type.kind === 'bool' ? Boolean(column.default) : column.default;
}

function dataType({ type }: Column): string {
  switch (type.kind) {
    case 'id':
    case 'text':
      return `STRING(${type.length})`;
    case 'longtext':
      return "TEXT('long')";
    case 'bigint':
      return 'BIGINT';
    case 'int':
      return 'INTEGER';
    case 'bool':
      return 'BOOLEAN';
  }
}

function nullableType(table: Table, column: Column): string {
  const type = valueType(table, column);
  return column.nullable ? `${type} | null` : type;
}

function valueType(table: Table, column: Column): string {
  const known = VALUE_TYPES[`${table.name}.${column.name}`] ?? VALUE_TYPES[column.name];
  if (known !== undefined) return known;
  if (column.type.kind === 'bool') return 'boolean';
  return column.type.kind === 'bigint' || column.type.kind === 'int' ? 'number' : 'string';
}

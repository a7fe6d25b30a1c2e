// generated/models/: a Sequelize model for each table that claims name, for the application's own use.
// Attributes are the columns under their own names, as the handler's rows have them; times are Dates, read in the zone of the
// Sequelize it is bound to. It knows the columns of jobs.yaml and claim_key, with the index that the claim needs, so that
// `sync()` makes a table that fits; a table with more columns is the application's to make.
import { StructureKind } from 'ts-morph';
import { byCodeUnit } from '../canonical.js';
import { columnSort } from '../column-kind.js';
import type { Model, ModelClaim, ModelJob, ModelType, Schema } from '../model.js';
import { reservedBecause } from '../names.js';
import { importTypes } from './contracts.js';
import { modelName } from './model-index.js';
import { isModelMember } from './model-members.js';
import { docs, literal, quote, type Statement } from './print.js';

export interface ClaimTable {
  /** Of the model. */
  readonly name: string;
  readonly table: string;
  readonly key: readonly string[];
  readonly columns: readonly (ModelType & { readonly rowType: string })[];
  readonly claims: readonly { readonly job: string; readonly claim: ModelClaim }[];
}

const CLAIM_KEY = 'claim_key';
/** Names in a file of models/, and files that are there already. */
const TAKEN = [
  'Bound',
  'DataTypes',
  'Index',
  'JobBeforehandRetry',
  'JobInfo',
  'JobInstance',
  'JobLog',
  'JobRetry',
  'Model',
  'Models',
  'Sequelize',
];

/** The tables that claims name, by table; each with the columns that any of its claims declares. */
export function claimTables({ jobs }: Model): readonly ClaimTable[] {
  const claims = jobs.flatMap(({ name, claim }) => (claim === undefined ? [] : [{ job: name, claim }]));
  const tables = [...new Set(claims.map(({ claim }) => claim.definition.table))].sort(byCodeUnit);
  const taken = new Set(TAKEN.map((name) => name.toLowerCase()));
  return tables.map((table) => {
    const of = claims.filter(({ claim }) => claim.definition.table === table);
    const columns = new Map(
      of.flatMap(({ claim }) =>
        claim.schemas.map((column) => [column.name, { ...column, rowType: claim.rowType }] as const),
      ),
    );
    const key = of[0]?.claim.definition.key ?? [];
    const sorted = [...columns.values()].sort((a, b) => byCodeUnit(a.name, b.name));
    return { name: freeName(modelName(table), taken), table, key, columns: sorted, claims: of };
  });
}

/** File systems that ignore case have one file for two names that differ in it. */
function freeName(name: string, taken: Set<string>): string {
  if (taken.has(name.toLowerCase()) || reservedBecause(name, 'type') !== null) return freeName(`${name}Table`, taken);
  taken.add(name.toLowerCase());
  return name;
}

/** The statements of a table's file. */
export function claimModelStatements(table: ClaimTable, model: Model): Statement[] {
  const types = [...new Set(table.columns.map(({ rowType }) => rowType))].sort(byCodeUnit);
  return [
    {
      kind: StructureKind.ImportDeclaration,
      moduleSpecifier: 'dal-job/models',
      namedImports: [{ name: 'DataTypes' }, { name: 'Model' }, { name: 'Sequelize', isTypeOnly: true }],
    },
    importTypes('../types.js', types),
    attributes(table),
    modelClass(table),
    initFunction(table, model),
  ];
}

function typeOf({ name, rowType }: ClaimTable['columns'][number]): string {
  return `${rowType}[${quote(name)}]`;
}

function attributes({ name, table, columns }: ClaimTable): Statement {
  return {
    kind: StructureKind.Interface,
    isExported: true,
    name: `${name}Attributes`,
    docs: docs(`The columns of ${table} that jobs.yaml declares, and the one that names a row's claim.`),
    properties: [
      ...columns.map((column) => ({ name: column.name, type: typeOf(column) })),
      { name: CLAIM_KEY, type: 'string | null' },
    ],
  };
}

function modelClass({ name, table, columns }: ClaimTable): Statement {
  const field = (column: string, type: string) => ({ name: column, type, hasDeclareKeyword: true });
  return {
    kind: StructureKind.Class,
    isExported: true,
    name,
    extends: `Model<${name}Attributes, Partial<${name}Attributes>>`,
    docs: docs([`A row of ${table}, the application's table.`, ...hiddenColumns(columns)].join('\n')),
    properties: [
      ...columns.filter((column) => !isModelMember(column.name)).map((column) => field(column.name, typeOf(column))),
      { ...field(CLAIM_KEY, 'string | null'), isReadonly: true, docs: docs('The runtime writes it; null: free.') },
    ],
  };
}

/** A line on the columns that the class does not declare. */
function hiddenColumns(columns: ClaimTable['columns']): string[] {
  const hidden = columns.filter(({ name }) => isModelMember(name)).map(({ name }) => name);
  return hidden.length === 0
    ? []
    : [`By getDataValue('…'), because Sequelize's models have members of these names: ${hidden.join(', ')}.`];
}

function initFunction({ name, table, key, columns, claims }: ClaimTable, model: Model): Statement {
  const types = new Map(model.types.map((type) => [type.name, type.schema]));
  const indexes = claims.map(({ job, claim }) => indexLiteral(table, job, claim));
  return {
    kind: StructureKind.Function,
    isExported: true,
    name: `init${name}`,
    docs: docs(`${name}, bound to a connection of the application's.`),
    parameters: [{ name: 'sequelize', type: 'Sequelize' }],
    returnType: `typeof ${name}`,
    statements: [
      `class Bound extends ${name} {}`,
      'Bound.init(',
      '  {',
      ...keyFirst(columns, key).map((column) => `    ${column.name}: ${columnOptions(column, key, types)},`),
      `    ${CLAIM_KEY}: { type: DataTypes.STRING(64), allowNull: true },`,
      '  },',
      '  {',
      '    sequelize,',
      `    modelName: ${quote(`Dal${name}`)},`,
      `    tableName: ${quote(table)},`,
      '    timestamps: false,',
      '    underscored: false,',
      `    indexes: [${indexes.join(', ')}],`,
      '  },',
      ');',
      'return Bound;',
    ],
  };
}

/** `sync()` makes the primary key in the order of the attributes. */
function keyFirst<T extends { readonly name: string }>(columns: readonly T[], key: readonly string[]): readonly T[] {
  const inKey = key.flatMap((name) => columns.filter((column) => column.name === name));
  return [...inKey, ...columns.filter(({ name }) => !key.includes(name))];
}

/** What the start-up check asks for. */
function indexLiteral(table: string, job: ModelJob['name'], { definition }: ModelClaim): string {
  const compared = definition.where.filter(({ is }) => is !== 'before').map(({ column }) => column);
  const fields = [...new Set([CLAIM_KEY, ...compared, ...definition.orderBy])];
  return literal({ name: `${table}_${job}`.slice(0, 64), fields });
}

function columnOptions(column: ModelType, key: readonly string[], types: ReadonlyMap<string, Schema>): string {
  const { kind, nullable } = columnSort(column.schema, (name) => types.get(name));
  const inKey = key.includes(column.name);
  const isCounter = inKey && key.length === 1 && kind === 'integer';
  const options = [
    `type: DataTypes.${isCounter ? 'INTEGER' : dataType(kind, column.schema)}`,
    `allowNull: ${nullable}`,
    ...(inKey ? ['primaryKey: true'] : []),
    ...(isCounter ? ['autoIncrement: true'] : []),
  ];
  return `{ ${options.join(', ')} }`;
}

function dataType(kind: string, schema: Schema): string {
  const { maxLength, format } = typeof schema === 'object' ? schema : {};
  if (kind === 'string' && format === 'date') return 'DATEONLY';
  if (kind === 'string')
    return typeof maxLength === 'number' && maxLength <= 16_000 ? `STRING(${maxLength})` : 'STRING';
  return { integer: 'BIGINT', number: 'DOUBLE', boolean: 'BOOLEAN', 'date-time': 'DATE(3)' }[kind] ?? 'JSON';
}

// Start-up: does the real table fit what jobs.yaml says of it? Everything that does not is told at once, with the statements
// that make it fit, in one error: a claim on a table without its index would read the whole table every time, and one without
// the column nothing at all.
import type { ClaimDefinition } from '../claim-types.js';
import type { Database } from '../db/database.js';
import type { DialectName } from '../db/dialect.js';
import { DalJobError } from '../errors.js';
import { CLAIM_KEY, type Claim, createClaim, quoted, type TableFacts } from './claim.js';
import { type FoundColumn, type FoundTable, inspectTable } from './inspect.js';
import { claimKeyType, columnType, typeFits } from './types.js';

/** The same on a database in memory, which is empty at start: whoever uses it makes the tables then. */
export function assumeClaims(
  { dialect }: Database,
  jobs: Readonly<Record<string, Declared>>,
): ReadonlyMap<string, Claim> {
  const declared = Object.entries(jobs).flatMap(([job, { claim }]) => (claim === undefined ? [] : [{ job, claim }]));
  return new Map(declared.map(({ job, claim }) => [job, createClaim(job, claim, { dialect, facts: null })]));
}

/** Something that does not fit, and the statement that mends it if there is one. */
export interface Misfit {
  readonly what: string;
  readonly sql?: string;
}

interface Declared {
  readonly claim?: ClaimDefinition;
}

/** The claims of these jobs on the tables as they are. @throws DalJobError DJ7001; DatabaseError */
export async function openClaims(
  database: Database,
  jobs: Readonly<Record<string, Declared>>,
): Promise<ReadonlyMap<string, Claim>> {
  const claims = new Map<string, Claim>();
  const misfits: string[] = [];
  for (const [job, { claim: definition }] of Object.entries(jobs)) {
    if (definition === undefined) continue;
    const found = await inspectTable(database, definition.table);
    const problems =
      found === undefined ? [noTable(definition, database)] : checkTable({ job, definition, database, found });
    if (problems.length > 0) misfits.push(told(job, definition, problems));
    const facts = factsOf(definition, found);
    claims.set(job, createClaim(job, definition, { dialect: database.dialect, facts }));
  }
  if (misfits.length > 0) throw new DalJobError('DJ7001', misfits.join('\n'), { fields: { misfits } });
  return claims;
}

function told(job: string, { table }: ClaimDefinition, problems: readonly Misfit[]): string {
  const lines = problems.map(({ what, sql }) => (sql === undefined ? `  ${what}` : `  ${what}:\n    ${sql};`));
  return [`The table ${table} does not fit the claim of job ${job}:`, ...lines].join('\n');
}

function noTable({ table }: ClaimDefinition, { dialect }: Database): Misfit {
  const where = dialect.name === 'sqlite' ? 'this file' : 'this database';
  return {
    what: `there is no table ${table} in ${where}; make it before instances start, by a migration or by sync() of its model in generated/models`,
  };
}

interface Checked {
  readonly job: string;
  readonly definition: ClaimDefinition;
  readonly database: Pick<Database, 'dialect'>;
  readonly found: FoundTable;
}

/** All that does not fit, in the order in which to mend it. */
export function checkTable(checked: Checked): readonly Misfit[] {
  return [
    ...checkEngine(checked),
    ...checkPrimaryKey(checked),
    ...checkColumns(checked),
    ...checkClaimKey(checked),
    ...checkIndex(checked),
  ];
}

function checkEngine({ definition: { table }, found: { engine } }: Checked): Misfit[] {
  if (engine === null || engine.toLowerCase() === 'innodb') return [];
  const what = `it is not an InnoDB table (${engine}), so that its rows cannot be locked one by one`;
  return [{ what, sql: `ALTER TABLE ${quoted(table)} ENGINE = InnoDB` }];
}

function checkPrimaryKey({ definition: { key }, found: { primaryKey } }: Checked): Misfit[] {
  if (key.length === primaryKey.length && key.every((column, at) => isSame(column, primaryKey[at]))) return [];
  const is = primaryKey.length === 0 ? 'it has none' : `it is (${primaryKey.join(', ')})`;
  return [{ what: `\`key\` must be the primary key, column by column: it says (${key.join(', ')}), but ${is}` }];
}

function checkColumns({ definition, database, found }: Checked): Misfit[] {
  const { table, columns, attemptsColumn } = definition;
  const dialect = database.dialect.name;
  return Object.entries(columns).flatMap(([name, kind]): Misfit[] => {
    const column = columnNamed(found, name);
    const type = name === attemptsColumn ? 'INT NOT NULL DEFAULT 0' : columnType(kind, dialect);
    if (column === undefined)
      return [
        { what: `it has no column ${name}`, sql: `ALTER TABLE ${quoted(table)} ADD COLUMN ${quoted(name)} ${type}` },
      ];
    if (typeFits(kind, column.type, dialect)) return [];
    return [{ what: `its column ${name} is ${column.type}, which is no ${kind} as jobs.yaml has it` }];
  });
}

function checkClaimKey({ definition: { table }, database, found }: Checked): Misfit[] {
  const type = claimKeyType(database.dialect.name);
  const column = columnNamed(found, CLAIM_KEY);
  const sql = (verb: string) => `ALTER TABLE ${quoted(table)} ${verb} COLUMN ${quoted(CLAIM_KEY)} ${type}`;
  if (column === undefined) return [{ what: `it has no column ${CLAIM_KEY}`, sql: sql('ADD') }];
  const wrong = claimKeyProblem(column, database.dialect.name);
  if (wrong === null) return [];
  return [
    { what: `its column ${CLAIM_KEY} ${wrong}`, ...(database.dialect.name === 'sqlite' ? {} : { sql: sql('MODIFY') }) },
  ];
}

const CLAIM_KEY_LENGTH = 59;

function claimKeyProblem({ type, length, nullable }: FoundColumn, dialect: DialectName): string | null {
  if (!nullable) return 'is NOT NULL: a free row has NULL there';
  if (dialect === 'sqlite') return null;
  if (type !== 'varchar' && type !== 'char') return `is ${type}: it must be VARCHAR(64)`;
  return (length ?? 0) < CLAIM_KEY_LENGTH ? `holds ${length} characters: it must be VARCHAR(64)` : null;
}

/** Free rows by claim_key and what `where` compares, then in order: without it every look would read or sort the table. */
function checkIndex({ job, definition, found }: Checked): Misfit[] {
  const { table } = definition;
  const compared = comparedColumns(definition);
  if (found.indexes.some((index) => serves(index, definition))) return [];
  const columns = [CLAIM_KEY, ...compared, ...sortedBy(definition)].map(quoted).join(', ');
  const name = quoted(`${table}_${job}`.slice(0, 64));
  const sql = `CREATE INDEX ${name} ON ${quoted(table)} (${columns})`;
  return [{ what: 'it has no index that gives the rows that wait, in order', sql }];
}

/** Columns that `where` compares with values. */
function comparedColumns({ where }: ClaimDefinition): readonly string[] {
  return where.filter(({ is }) => is !== 'before').map(({ column }) => column);
}

/** What `orderBy` adds to them. */
function sortedBy(definition: ClaimDefinition): readonly string[] {
  const compared = comparedColumns(definition);
  return definition.orderBy.filter((column) => !compared.includes(column));
}

/** Does it begin with claim_key and the compared columns, in any order, and go on as `orderBy` does? */
function serves(index: readonly string[], definition: ClaimDefinition): boolean {
  const equal = [CLAIM_KEY, ...comparedColumns(definition)];
  const head = index.slice(0, equal.length);
  const isHead = equal.every((column) => head.some((one) => isSame(column, one)));
  return isHead && sortedBy(definition).every((column, at) => isSame(column, index[equal.length + at]));
}

function factsOf(definition: ClaimDefinition, found: FoundTable | undefined): TableFacts {
  const names = (types: RegExp) =>
    new Set(
      Object.keys(definition.columns).filter((name) =>
        types.test(found === undefined ? '' : (columnNamed(found, name)?.type ?? '')),
      ),
    );
  return {
    timestamps: names(/^timestamp$/),
    integers: names(/int(eger)?$/),
    ledByClaimKey: found?.indexes.some(([first]) => isSame(CLAIM_KEY, first)) ?? true,
  };
}

function columnNamed({ columns }: FoundTable, name: string): FoundColumn | undefined {
  return columns.find((column) => isSame(name, column.name));
}

/** Names of columns have no case on any of the databases. */
function isSame(a: string, b: string | undefined): boolean {
  return a.toLowerCase() === b?.toLowerCase();
}

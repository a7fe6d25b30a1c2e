// Makes and checks our tables.
// What must hold: any number of instances may do this at once (umzug has no lock, so every migration can be run again
// and again, beside another run of itself); a user without the right to create tables needs none once they are there,
// and else is told what to have run. umzug loads only when something is to be done.
// Statements go through the protocol's connections with their time limit: one that is not answered in time is
// finished by the server and found done at the next try.
import { DalJobError } from '../errors.js';
import type { Database } from './database.js';
import { createMigrationTable, createTables, migrationTable, recordMigration } from './ddl.js';
import type { DialectName } from './dialect.js';
import { DatabaseError } from './errors.js';
import { existing, type FoundTable, readTables } from './inspect.js';
import { TABLES, type Table } from './tables.js';

interface Migration {
  readonly name: string;
  /** Runs any number of times. @throws DatabaseError */
  up(database: Database): Promise<void>;
  sql(dialect: DialectName, prefix: string): readonly string[];
}

const MIGRATIONS: readonly Migration[] = [{ name: '0001-tables', up: createMissingTables, sql: createTables }];

const TRIES = 20;
const TRY_DELAY_MS = 250;
// command denied, access to the database denied, access denied, SQLite's read-only
const DENIED: readonly unknown[] = [1142, 1044, 1227, 'SQLITE_READONLY'];

/**
 * Creates what is missing. The names of the migrations that were run; empty if there was nothing to do.
 * @throws DalJobError DJ2006, its message holding the SQL to run, if this user may not; DatabaseError
 */
export async function migrate(database: Database): Promise<readonly string[]> {
  const done = await readExecuted(database);
  if (MIGRATIONS.every(({ name }) => done.includes(name))) return [];
  const { Umzug } = await import('umzug');
  const umzug = new Umzug({
    migrations: MIGRATIONS.map((migration) => ({ name: migration.name, up: () => migration.up(database) })),
    storage: {
      executed: async () => [...done],
      logMigration: ({ name }) => record(database, name),
      unlogMigration: async () => {},
    },
    logger: undefined,
  });
  const ran = await umzug.up().catch((error: Error) => {
    throw explained(database, error.cause ?? error);
  });
  return ran.map(({ name }) => name);
}

/** Everything `migrate` would run on an empty database, for someone else to run. */
export function migrationSql(dialect: DialectName, prefix: string): string {
  const statements = [
    ...MIGRATIONS.flatMap((migration) => migration.sql(dialect, prefix)),
    createMigrationTable(dialect, prefix),
    ...MIGRATIONS.map(({ name }) => recordMigration(dialect, prefix).replace('?', `'${name}'`)),
  ];
  return statements.map((statement) => `${statement};\n`).join('\n');
}

/**
 * Refuses tables this version cannot work with.
 * @throws DalJobError DJ2006 (missing), DJ2011 (a column or unique index is missing, wrong engine); DatabaseError
 */
export async function checkTables(database: Database): Promise<void> {
  const found = await readTables(database);
  const problems = TABLES.flatMap((table) => {
    const there = found.get(table.name);
    if (there === undefined) throw missing(database);
    return problemsOf(table, there).map((problem) => `${database.tables[table.name]}: ${problem}`);
  });
  if (problems.length === 0) return;
  const message = `The tables do not fit this version of dal-job: ${problems.join('; ')}.`;
  throw new DalJobError('DJ2011', message, { fields: { problems } });
}

function problemsOf(table: Table, found: FoundTable): readonly string[] {
  const columns = table.columns.filter(({ name }) => !found.columns.has(name)).map(({ name }) => name);
  const keys = [table.primaryKey, ...table.indexes.filter(({ unique }) => unique).map((index) => index.columns)];
  const wanted = keys.filter((key) => !found.uniques.some((unique) => sameColumns(unique, key)));
  const { engine } = found;
  return [
    ...(columns.length === 0 ? [] : [`it lacks the columns ${columns.join(', ')}`]),
    ...wanted.map((key) => `it lacks a unique index on (${key.join(', ')})`),
    ...(engine === undefined || engine === 'InnoDB' ? [] : [`its engine is ${engine}, not InnoDB`]),
  ];
}

// In any order: uniqueness does not depend on it.
function sameColumns(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((column) => b.includes(column));
}

async function createMissingTables(database: Database): Promise<void> {
  const names = TABLES.map((table) => database.tables[table.name]);
  if (database.dialect.name !== 'sqlite' && (await existing(database, names)).size === names.length) return;
  for (const sql of createTables(database.dialect.name, prefixOf(database))) await run(database, sql);
}

// A user who may not even write this row has all tables by now; the next start looks again, no more.
async function record(database: Database, name: string): Promise<void> {
  const { dialect } = database;
  const prefix = prefixOf(database);
  try {
    const table = migrationTable(prefix);
    if (!(await existing(database, [table])).has(table))
      await run(database, createMigrationTable(dialect.name, prefix));
    await run(database, recordMigration(dialect.name, prefix), [name]);
  } catch (error) {
    if (!isDenied(error)) throw error;
  }
}

async function readExecuted(database: Database): Promise<readonly string[]> {
  const table = migrationTable(prefixOf(database));
  if (!(await existing(database, [table])).has(table)) return [];
  const rows = await database.query<{ name: string }>(`SELECT name FROM ${table} ORDER BY name`, []);
  return rows.map((row) => row.name);
}

async function run(database: Database, sql: string, values: readonly string[] = []): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await database.execute(sql, values);
      return;
    } catch (error) {
      if (isDenied(error) || !isPassing(error) || attempt === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, TRY_DELAY_MS * (0.5 + Math.random())));
    }
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof DatabaseError && (error.kind === 'repeat' || error.kind === 'reconnect');
}

function isDenied(error: unknown): boolean {
  return error instanceof DatabaseError && DENIED.includes(error.reason);
}

function explained(database: Database, error: unknown): unknown {
  return isDenied(error) ? missing(database, error) : error;
}

function missing(database: Database, cause?: unknown): DalJobError {
  const sql = migrationSql(database.dialect.name, prefixOf(database));
  const why = cause === undefined ? 'are missing' : 'are missing, and this user may not create them';
  const message = `The tables of dal-job ${why}. Have this run by someone who may:\n\n${sql}`;
  return new DalJobError('DJ2006', message, { fields: { sql }, ...(cause === undefined ? {} : { cause }) });
}

function prefixOf(database: Database): string {
  return database.tables.job_info.slice(0, -'job_info'.length);
}

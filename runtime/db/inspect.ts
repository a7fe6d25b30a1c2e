// What tables of ours a database has, as it says itself.
// What must hold: reading only, and asking for no right that a user of the tables lacks. Names come back as tables.ts
// writes them, also from servers that store them in lower case.
import type { Database } from './database.js';
import { TABLES, type TableName } from './tables.js';

export interface FoundTable {
  /** InnoDB, MyISAM …; undefined on SQLite. */
  readonly engine: string | undefined;
  readonly columns: ReadonlySet<string>;
  /** The columns of each unique index and of the primary key, in their order. */
  readonly uniques: readonly (readonly string[])[];
}

interface TableRow {
  readonly t: string;
  readonly engine: string | null;
}

interface ColumnRow {
  readonly t: string;
  readonly c: string;
}

interface UniqueRow extends ColumnRow {
  readonly i: string;
}

const ON_SERVER = {
  tables: `SELECT TABLE_NAME AS t, ENGINE AS engine FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (?names)`,
  columns: `SELECT TABLE_NAME AS t, COLUMN_NAME AS c FROM information_schema.COLUMNS
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (?names)`,
  uniques: `SELECT TABLE_NAME AS t, INDEX_NAME AS i, COLUMN_NAME AS c FROM information_schema.STATISTICS
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (?names) AND NON_UNIQUE = 0 ORDER BY t, i, SEQ_IN_INDEX`,
};

const ON_SQLITE = {
  tables: `SELECT name AS t, NULL AS engine FROM sqlite_master WHERE type = 'table' AND name IN (?names)`,
  columns: `SELECT m.name AS t, k.name AS c FROM sqlite_master m JOIN pragma_table_info(m.name) k
    WHERE m.type = 'table' AND m.name IN (?names)`,
  uniques: `SELECT m.name AS t, l.name AS i, k.name AS c
    FROM sqlite_master m JOIN pragma_index_list(m.name) l JOIN pragma_index_info(l.name) k
    WHERE m.type = 'table' AND m.name IN (?names) AND l."unique" = 1 ORDER BY t, i, k.seqno`,
};

/** Which of these tables exist (full names). @throws DatabaseError */
export async function existing(database: Database, names: readonly string[]): Promise<ReadonlySet<string>> {
  const found = await ask<TableRow>(database, sqlOf(database).tables, names);
  const there = new Set(found.map((row) => row.t.toLowerCase()));
  return new Set(names.filter((name) => there.has(name.toLowerCase())));
}

/** Our tables as they are; those that do not exist are left out. @throws DatabaseError */
export async function readTables(database: Database): Promise<ReadonlyMap<TableName, FoundTable>> {
  const names = TABLES.map((table) => database.tables[table.name]);
  const sql = sqlOf(database);
  const tables = await ask<TableRow>(database, sql.tables, names);
  const columns = await ask<ColumnRow>(database, sql.columns, names);
  const uniques = await ask<UniqueRow>(database, sql.uniques, names);
  const of = <Row extends ColumnRow | TableRow>(rows: readonly Row[], name: TableName): readonly Row[] =>
    rows.filter((row) => row.t.toLowerCase() === database.tables[name].toLowerCase());
  const found = new Map<TableName, FoundTable>();
  for (const { name } of TABLES) {
    const [table] = of(tables, name);
    if (table === undefined) continue;
    found.set(name, {
      engine: table.engine ?? undefined,
      columns: new Set(of(columns, name).map((row) => row.c)),
      uniques: columnLists(of(uniques, name)),
    });
  }
  return found;
}

function columnLists(rows: readonly UniqueRow[]): readonly (readonly string[])[] {
  const byIndex = new Map<string, string[]>();
  for (const { i, c } of rows) byIndex.set(i, [...(byIndex.get(i) ?? []), c]);
  return [...byIndex.values()];
}

function sqlOf(database: Database): typeof ON_SERVER {
  return database.dialect.name === 'sqlite' ? ON_SQLITE : ON_SERVER;
}

// Both spellings, for servers that store names in lower case.
async function ask<Row>(database: Database, sql: string, names: readonly string[]): Promise<readonly Row[]> {
  const spellings = [...new Set(names.flatMap((name) => [name, name.toLowerCase()]))];
  return await database.query<Row>(sql.replace('?names', spellings.map(() => '?').join(', ')), spellings);
}

// The application's table as it is, as far as a claim depends on it: its columns and their types, its primary key, its indexes.
// What must hold: reading only, and asking for no right that a user of the table lacks. An index over a part of a
// column (`name(10)`) gives no order, so it counts for nothing here.
import type { Database } from '../db/database.js';

export interface FoundColumn {
  readonly name: string;
  /** The bare type in lower case: `varchar`, `datetime`, `bigint`; on SQLite as it was declared. */
  readonly type: string;
  /** Of character types; null: none, or not known. */
  readonly length: number | null;
  readonly nullable: boolean;
}

export interface FoundTable {
  /** InnoDB, MyISAM …; null on SQLite. A view has none either. */
  readonly engine: string | null;
  readonly columns: readonly FoundColumn[];
  readonly primaryKey: readonly string[];
  readonly indexes: readonly (readonly string[])[];
}

interface ColumnRow {
  readonly name: string;
  readonly type: string;
  readonly length: number | null;
  readonly nullable: string | number;
  readonly pk: number;
}

interface IndexRow {
  readonly i: string;
  readonly c: string | null;
  readonly part: number | null;
}

/** undefined: there is no such table. @throws DatabaseError */
export function inspectTable(database: Database, table: string): Promise<FoundTable | undefined> {
  return database.dialect.name === 'sqlite' ? onSqlite(database, table) : onServer(database, table);
}

async function onServer(database: Database, table: string): Promise<FoundTable | undefined> {
  const [found] = await database.query<{ engine: string | null }>(
    `SELECT ENGINE AS engine FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?`,
    [table],
  );
  if (found === undefined) return undefined;
  const columns = await database.query<ColumnRow>(
    `SELECT COLUMN_NAME AS name, DATA_TYPE AS type, CHARACTER_MAXIMUM_LENGTH AS length, IS_NULLABLE AS nullable, 0 AS pk
     FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`,
    [table],
  );
  const parts = await database.query<IndexRow>(
    `SELECT INDEX_NAME AS i, COLUMN_NAME AS c, SUB_PART AS part FROM information_schema.STATISTICS
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY INDEX_NAME, SEQ_IN_INDEX`,
    [table],
  );
  return {
    engine: found.engine ?? 'no table of its own',
    columns: columns.map((row) => columnOf(row, row.nullable === 'YES')),
    primaryKey: wholeColumns(parts.filter(({ i }) => i === 'PRIMARY')),
    indexes: indexesOf(parts),
  };
}

async function onSqlite(database: Database, table: string): Promise<FoundTable | undefined> {
  const columns = await database.query<ColumnRow & { notnull: number }>(
    `SELECT name, lower(type) AS type, NULL AS length, "notnull" = 0 AS nullable, pk FROM pragma_table_info(?) ORDER BY cid`,
    [table],
  );
  if (columns.length === 0) return undefined;
  const parts = await database.query<IndexRow>(
    `SELECT l.name AS i, k.name AS c, NULL AS part FROM pragma_index_list(?) l JOIN pragma_index_info(l.name) k
     WHERE l.partial = 0 ORDER BY l.name, k.seqno`,
    [table],
  );
  const inKey = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
  return {
    engine: null,
    columns: columns.map((row) => columnOf(row, row.nullable === 1)),
    primaryKey: inKey.map(({ name }) => name),
    indexes: indexesOf(parts),
  };
}

function columnOf({ name, type, length }: ColumnRow, nullable: boolean): FoundColumn {
  const [, bare = '', size] = /^([a-z ]*)(?:\((\d+))?/.exec(type.toLowerCase()) ?? [];
  return { name, type: bare.trim(), length: length ?? (size === undefined ? null : Number(size)), nullable };
}

function indexesOf(parts: readonly IndexRow[]): readonly (readonly string[])[] {
  return [...new Set(parts.map(({ i }) => i))].map((name) => wholeColumns(parts.filter(({ i }) => i === name)));
}

/** The columns of an index up to the first that is only in it in part, or is an expression. */
function wholeColumns(parts: readonly IndexRow[]): readonly string[] {
  const end = parts.findIndex(({ c, part }) => c === null || part !== null);
  return (end < 0 ? parts : parts.slice(0, end)).map(({ c }) => c ?? '');
}
